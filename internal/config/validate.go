package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
)

// checker gathers what is wrong, and nothing more of a key whose ends are.
type checker struct {
	wrong  []*KeyError
	ragged map[string]bool
}

func (c *checker) that(ok bool, key, format string, args ...any) {
	if !ok && !c.ragged[key] {
		c.wrong = append(c.wrong, &KeyError{Key: key, Reason: fmt.Sprintf(format, args...)})
	}
}

func between[N int | int64 | float64 | time.Duration](c *checker, key string, n, least, most N) {
	c.that(n >= least && n <= most, key, "must be %v to %v", least, most)
}

func oneOf(c *checker, key, value string, choices ...string) {
	c.that(slices.Contains(choices, value), key, "must be %s", strings.Join(choices, " or "))
}

// validate checks every value by itself, the rules between keys, and that a
// role has what it needs.
func (cfg *Config) validate(role Role) []*KeyError {
	c := &checker{ragged: map[string]bool{}}
	cfg.checkEnds(c)
	cfg.checkPorts(c)
	cfg.checkServers(c)
	cfg.checkSecrets(c, role)
	cfg.checkAdmission(c)
	cfg.checkWorker(c)
	cfg.checkWebhooks(c)
	cfg.checkRole(c, roleNeeds[role])
	return c.wrong
}

func (cfg *Config) checkPorts(c *checker) {
	oneOf(c, "log.level", cfg.Log.Level, "debug", "info", "warn", "error")
	oneOf(c, "log.format", cfg.Log.Format, "text", "json")
	c.that(cfg.DataDir != "", "data_dir", "must not be empty")
	c.that(validListen(cfg.HTTP.Addr), "http.addr", "must be host:port")
	c.that(validListen(cfg.Ops.Addr), "ops.addr", "must be host:port")
	c.that(cfg.HTTP.Addr != cfg.Ops.Addr || strings.HasSuffix(cfg.HTTP.Addr, ":0"), "ops.addr", "must differ from http.addr: it is not for the public")
	rpc := cfg.RPC.Addr
	c.that(rpc == "" || validListen(rpc), "rpc.addr", "must be host:port, or empty for no such port")
	c.that(rpc == "" || strings.HasSuffix(rpc, ":0") || rpc != cfg.HTTP.Addr && rpc != cfg.Ops.Addr, "rpc.addr", "must differ from http.addr and ops.addr")
	oneOf(c, "inventory.strategy", cfg.Inventory.Strategy, inventory.Strategies...)
	locks := cfg.Inventory.LockRedis
	c.that(len(locks) == 0 || len(locks)%2 == 1 && len(locks) <= 9, "inventory.lock_redis", "must be an odd number of servers, at most 9: of an even number one more has to be up as well")
	for _, a := range locks {
		c.that(validTarget(a), "inventory.lock_redis", "must be host:port each, without a scheme or a password")
	}
	between(c, "http.drain_timeout", cfg.HTTP.DrainTimeout, time.Second, 10*time.Minute)
	between(c, "http.max_connections", cfg.HTTP.MaxConnections, 0, 1_000_000)
	for _, p := range cfg.HTTP.TrustedProxies {
		_, ipErr := netip.ParseAddr(p)
		network, netErr := netip.ParsePrefix(p)
		c.that(ipErr == nil || netErr == nil, "http.trusted_proxies", "%q is neither an IP address nor a network such as 10.1.2.0/28", p)
		c.that(netErr != nil || network.Bits() > 0, "http.trusted_proxies", "%q trusts everyone, so that everyone can claim any address; name the proxies", p)
	}
	for _, h := range cfg.HTTP.Hosts {
		c.that(validHost(h), "http.hosts", "%q is not a name in lower case, without a port", h)
	}
	u := cfg.HTTP.PublicURL
	c.that(u == "" || validOrigin(u), "http.public_url", "must be an http or https address without user, query, path or a slash at its end: the pages are at the root of a name")
}

// validHost accepts a name in lower case, as it stands in a Host header.
func validHost(s string) bool {
	return len(s) >= 1 && len(s) <= 253 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-')
	})
}

func (cfg *Config) checkServers(c *checker) {
	for _, a := range cfg.Redis.Addrs {
		c.that(validTarget(a), "redis.addrs", "must be host:port each, without a scheme or a password")
	}
	c.that(cfg.Redis.Username == "" || cfg.Redis.Password != "", "redis.username", "needs redis.password")
	c.that(cfg.Redis.MasterName == "" || validName(cfg.Redis.MasterName), "redis.master_name", "must be up to 64 letters, digits, '.', '_' or '-'")
	c.that(cfg.Redis.SentinelUsername == "" || cfg.Redis.SentinelPassword != "", "redis.sentinel_username", "needs redis.sentinel_password")
	c.that(cfg.Redis.SentinelPassword == "" || cfg.Redis.MasterName != "", "redis.sentinel_password", "needs redis.master_name")
	c.that(validName(cfg.Redis.Prefix), "redis.prefix", "must be 1 to 64 letters, digits, '.', '_' or '-'")
	between(c, "redis.timeout", cfg.Redis.Timeout, 10*time.Millisecond, time.Minute)
	between(c, "redis.pool_size", cfg.Redis.PoolSize, 0, 10_000)
	if cfg.MySQL.DSN != "" {
		dsn, err := mysql.ParseDSN(string(cfg.MySQL.DSN))
		c.that(err == nil && dsn.DBName != "", "mysql.dsn", "must have the form user:password@tcp(host:port)/database")
	}
	between(c, "mysql.max_open", cfg.MySQL.MaxOpen, 1, 10_000)
	if cfg.RabbitMQ.URL != "" {
		c.that(validURL(string(cfg.RabbitMQ.URL), "amqp", "amqps"), "rabbitmq.url", "must have the form amqp://user:password@host:port/vhost")
	}
	c.that(validName(cfg.RabbitMQ.Prefix), "rabbitmq.prefix", "must be 1 to 64 letters, digits, '.', '_' or '-'")
}

func (cfg *Config) checkSecrets(c *checker, role Role) {
	secret := cfg.Auth.HS256Secret
	cfg.checkSecretTexts(c, role)
	if u := cfg.Auth.JWKSURL; u != "" {
		c.that(validURL(string(u), "https") || loopbackURL(string(u)), "auth.jwks_url", "must be an https address: who can change the keys can be any buyer")
	}
	if u := string(cfg.Auth.LoginURL); u != "" {
		c.that((validURL(u, "https") || loopbackURL(u)) && !strings.ContainsAny(u, "#@"), "auth.login_url", "must be an https address (or http on this machine) without user or fragment")
		c.that(!cfg.Auth.DemoLogin, "auth.login_url", "goes with auth.demo_login: false alone: a page has one way to sign in")
	}
	between(c, "auth.max_token_life", cfg.Auth.MaxTokenLife, time.Minute, 366*24*time.Hour)
	c.that(!cfg.Rehearsal.Enabled || secret != "" || cfg.Mode == Embedded, "rehearsal.enabled", "needs auth.hs256_secret to sign its buyers' tokens with")
	c.that(!cfg.Auth.DemoLogin || secret != "" || cfg.Mode == Embedded, "auth.demo_login", "needs auth.hs256_secret to sign with")
	if u := cfg.Payment.Standard.CheckoutURL; u != "" {
		filled := strings.NewReplacer("{payment_id}", "1", "{order_id}", "1").Replace(u)
		c.that(filled != u && validURL(filled, "http", "https") && !hasUser(filled), "payment.standard.checkout_url",
			"must be an http or https address with {payment_id} or {order_id} in it, and without a user, since every buyer sees it")
	}
	if u := cfg.Payment.Standard.APIURL; u != "" {
		c.that((validURL(u, "https") || loopbackURL(u)) && !strings.HasSuffix(u, "/") && !strings.ContainsAny(u, "?#@"),
			"payment.standard.api_url", "must be an https address (or http on this machine) without user, query or a slash at its end: it says which money is there")
	}
}

func (cfg *Config) checkAdmission(c *checker) {
	a, l := cfg.Admission, cfg.Limits
	oneOf(c, "admission.ack", a.Ack, AckAdmitted, AckSettled)
	between(c, "admission.batch_limit", a.BatchLimit, 1, 1000)
	between(c, "admission.workers", a.Workers, 1, 64)
	between(c, "admission.queue_limit", a.QueueLimit, 1, 1_000_000)
	between(c, "admission.journal", a.Journal, 0, 1_000_000)
	c.that(a.QueueLimit >= a.BatchLimit, "admission.queue_limit", "must be at least admission.batch_limit")
	between(c, "admission.sold_out_ttl", a.SoldOutTTL, 0, 10*time.Second)
	between(c, "admission.settled_wait", a.SettledWait, 100*time.Millisecond, time.Minute)
	between(c, "admission.max_in_flight", a.MaxInFlight, 1, 10_000_000)
	c.that(a.MaxInFlight >= int64(a.BatchLimit), "admission.max_in_flight", "must be at least admission.batch_limit")
	between(c, "admission.min_in_flight", a.MinInFlight, 1, 10_000_000)
	c.that(a.MinInFlight <= a.MaxInFlight, "admission.min_in_flight", "must be at most admission.max_in_flight")
	checkRate(c, "limits.per_ip", l.PerIPRPS, l.PerIPBurst)
	checkRate(c, "limits.per_buyer", l.PerBuyerRPS, l.PerBuyerBurst)
	between(c, "limits.cool_down_after", l.CoolDownAfter, 0, 1_000_000)
	between(c, "limits.cool_down", l.CoolDown, time.Second, 24*time.Hour)
	between(c, "limits.streams_per_ip", l.StreamsPerIP, 0, 1_000_000)
	between(c, "limits.connections_per_ip", l.ConnectionsPerIP, 0, 1_000_000)
}

func checkRate(c *checker, key string, rps float64, burst int) {
	between(c, key+"_rps", rps, 0, 1_000_000)
	between(c, key+"_burst", burst, 0, 1_000_000)
	c.that(rps == 0 || burst >= 1, key+"_burst", "must be at least 1 while %s_rps is on, or nobody gets through", key)
}

func (cfg *Config) checkWorker(c *checker) {
	between(c, "relay.republish_after", cfg.Relay.RepublishAfter, time.Second, 10*time.Minute)
	between(c, "relay.batch", cfg.Relay.Batch, 1, 1000)
	between(c, "settler.batch", cfg.Settler.Batch, 1, 10_000)
	between(c, "settler.consumers", cfg.Settler.Consumers, 1, 64)
	between(c, "expirer.sweep_every", cfg.Expirer.SweepEvery, 10*time.Millisecond, time.Hour)
	between(c, "expirer.sweep_grace", cfg.Expirer.SweepGrace, 0, time.Hour)
	between(c, "inquirer.every", cfg.Inquirer.Every, 10*time.Millisecond, time.Minute)
	between(c, "inquirer.patience", cfg.Inquirer.Patience, 0, time.Hour)
	between(c, "refunder.every", cfg.Refunder.Every, 10*time.Millisecond, time.Minute)
	between(c, "refunder.backoff", cfg.Refunder.Backoff, 10*time.Millisecond, time.Hour)
	between(c, "refunder.max_attempts", cfg.Refunder.MaxAttempts, 1, 1000)
	between(c, "releaser.every", cfg.Releaser.Every, 10*time.Millisecond, time.Minute)
	between(c, "announcer.every", cfg.Announcer.Every, 10*time.Millisecond, time.Minute)
	between(c, "auditor.every", cfg.Auditor.Every, 100*time.Millisecond, time.Hour)
	between(c, "worker.lease_ttl", cfg.Worker.LeaseTTL, time.Second, 10*time.Minute)
	between(c, "worker.unload_after", cfg.Worker.UnloadAfter, 0, 30*24*time.Hour)
	between(c, "waitlist.hold", cfg.Waitlist.Hold, time.Second, 24*time.Hour)
	c.that(cfg.Waitlist.Hold%time.Millisecond == 0, "waitlist.hold", "must be whole milliseconds")
	between(c, "queue.rate", cfg.Queue.Rate, 0.1, 100_000)
	between(c, "queue.factor", cfg.Queue.Factor, 1, 100)
	between(c, "queue.pass_ttl", cfg.Queue.PassTTL, time.Second, time.Hour)
	between(c, "queue.grace", cfg.Queue.Grace, 0, time.Hour)
	cfg.checkDraw(c)
	between(c, "ids.lease_ttl", cfg.IDs.LeaseTTL, 10*time.Second, 24*time.Hour)
}

func (cfg *Config) checkDraw(c *checker) {
	d := cfg.Draw
	between(c, "draw.hold", d.Hold, time.Second, 24*time.Hour)
	c.that(d.Hold%time.Millisecond == 0, "draw.hold", "must be whole milliseconds")
	between(c, "draw.lead", d.Lead, time.Second, 24*time.Hour)
	oneOf(c, "draw.beacon", d.Beacon, seckill.BeaconDrand, seckill.BeaconLocal)
	c.that(d.Beacon != seckill.BeaconLocal || d.LocalSecret != "" || cfg.Mode == Embedded, "draw.local_secret", "is required with draw.beacon: local")
	c.that(len(d.Drand.URLs) > 0, "draw.drand.urls", "must be one or more servers")
	for _, u := range d.Drand.URLs {
		c.that(validURL(u, "https", "http"), "draw.drand.urls", "must be http or https addresses")
	}
	c.that(isHex(d.Drand.ChainHash, 64), "draw.drand.chain_hash", "must be 64 hexadecimal digits in lower case")
	c.that(isHex(d.Drand.PublicKey, 192), "draw.drand.public_key", "must be 192 hexadecimal digits in lower case: a point of G2 of BLS12-381")
	between(c, "draw.drand.genesis", d.Drand.Genesis, 0, 4_000_000_000)
	between(c, "draw.drand.period", d.Drand.Period, time.Second, time.Hour)
	c.that(d.Drand.Period%time.Second == 0, "draw.drand.period", "must be whole seconds")
	q := seckill.Quicknet
	c.that(d.Drand.ChainHash != q.ChainHash || d.Drand.PublicKey == q.PublicKey && d.Drand.Genesis == q.Genesis && d.Drand.Period == time.Duration(q.Period)*time.Second,
		"draw.drand.chain_hash", "is quicknet's, and draw.drand.public_key, genesis or period is not")
}

func isHex(s string, digits int) bool {
	return len(s) == digits && !strings.ContainsFunc(s, func(r rune) bool { return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'f') })
}

// checkRole asks for what nothing can stand in for: in external mode no secret
// is made up, and no server is invented.
func (cfg *Config) checkRole(c *checker, n needs) {
	required := func(needed, there bool, key, what string) {
		c.that(!needed || there, key, "%s", what)
	}
	required(n.signing, cfg.Auth.HS256Secret != "", "auth.hs256_secret", "is required to sign a token")
	required(n.delivers && cfg.Webhooks.URL != "", cfg.Webhooks.Secret != "", "webhooks.secret", "is required with webhooks.url: it signs what the shop is told")
	if cfg.Mode == Embedded {
		c.that(!n.external, "mode", "must be external for this command; `seckill serve` runs embedded")
		return
	}
	required(n.redis, len(cfg.Redis.Addrs) > 0, "redis.addrs", "is required in external mode")
	required(n.mysql, cfg.MySQL.DSN != "", "mysql.dsn", "is required in external mode")
	required(n.rabbitmq, cfg.RabbitMQ.URL != "", "rabbitmq.url", "is required in external mode")
	required(n.people, cfg.Auth.HS256Secret != "" || cfg.Auth.JWKSURL != "", "auth.hs256_secret", "is required in external mode, unless auth.jwks_url is set")
	required(n.people, cfg.Admin.Token != "", "admin.token", "is required in external mode")
	required(n.money, cfg.Payment.Standard.Secret != "", "payment.standard.secret", "is required in external mode")
}

// validListen accepts an address to listen on: the host may be empty.
func validListen(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	return err == nil && validPort(port)
}

func validTarget(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	return err == nil && host != "" && validPort(port) && port != "0"
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}

func validURL(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && slices.Contains(schemes, u.Scheme) && u.Host != ""
}

// validOrigin accepts an address that is a scheme, a host and perhaps a port.
func validOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && validURL(s, "http", "https") && u.Path == "" && !strings.ContainsAny(s, "?#@")
}

func hasUser(s string) bool {
	u, err := url.Parse(s)
	return err != nil || u.User != nil
}

func loopbackURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "http" && isLoopback(u.Host)
}

// validName accepts what may begin a Redis key or a queue's name. Braces would
// change the slot of a key in a cluster.
func validName(s string) bool {
	return len(s) >= 1 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r))
	})
}
