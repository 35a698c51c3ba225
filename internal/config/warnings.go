package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/seckill-go/seckill/seckill"
)

// Warnings are settings that have no effect, weaken something or let strangers in,
// each one a line that names its key. They do not stop a start.
func (cfg Config) Warnings() []string {
	w := warnings{}
	reachable := !isLoopback(cfg.HTTP.Addr)
	if cfg.Mode == Embedded {
		cfg.withoutEffect(&w)
		w.that(reachable && cfg.Auth.DemoLogin, "auth.demo_login: is on, and http.addr is reachable from other machines: everyone there can be any buyer; set it to false")
		w.that(reachable && cfg.Payment.Mock, "payment.mock: is on, and http.addr is reachable from other machines: everyone there can have orders without paying; set it to false")
	} else {
		cfg.withoutEncryption(&w)
		w.that(cfg.Auth.DemoLogin, "auth.demo_login: is on: everyone can be any buyer")
		w.that(cfg.Draw.Beacon == seckill.BeaconLocal, "draw.beacon: is local: whoever has draw.local_secret knows each draw beforehand, and buyers are told that they have to trust you; take drand")
		w.that(cfg.Payment.Mock, "payment.mock: is on: orders can be paid without money")
	}
	w = append(w, cfg.openKeys()...)
	w.that(onAllInterfaces(cfg.Ops.Addr), "ops.addr: listens on all interfaces, and shows metrics and profiles to whoever reaches it: keep it from the public with a firewall or network policy, or name one address")
	w.that(cfg.RPC.Addr != "" && cfg.RPC.Token != "" && !isLoopback(cfg.RPC.Addr), "rpc.addr: is reachable from other machines and not encrypted: rpc.token can be read on the way; put a proxy with TLS before it, or keep it within a network of your own")
	slices.Sort(w)
	return w
}

type warnings []string

func (w *warnings) that(so bool, warning string) {
	if so {
		*w = append(*w, warning)
	}
}

func (cfg Config) withoutEffect(w *warnings) {
	const nothing = ": has no effect in embedded mode; set mode to external to use it"
	w.that(len(cfg.Redis.Addrs) > 0, "redis.addrs"+nothing)
	w.that(cfg.MySQL.DSN != "", "mysql.dsn"+nothing)
	w.that(cfg.RabbitMQ.URL != "", "rabbitmq.url"+nothing)
}

// withoutEncryption tells of stores on other machines that are spoken to in plain
// text: their passwords can be read on the way.
func (cfg Config) withoutEncryption(w *warnings) {
	const plain = ": is on another machine and not encrypted: passwords and orders can be read on the way"
	w.that(!cfg.Redis.TLS && slices.ContainsFunc(cfg.Redis.Addrs, func(a string) bool { return !isLoopback(a) }),
		"redis.tls"+plain+"; set it to true")
	if dsn, err := mysql.ParseDSN(string(cfg.MySQL.DSN)); err == nil {
		w.that(dsn.Net == "tcp" && !isLoopback(dsn.Addr) && (dsn.TLSConfig == "" || dsn.TLSConfig == "false"),
			"mysql.dsn"+plain+"; add tls=true")
	}
	if u, err := url.Parse(string(cfg.RabbitMQ.URL)); err == nil {
		w.that(u.Scheme == "amqp" && !isLoopback(u.Host), "rabbitmq.url"+plain+"; use amqps")
	}
}

// hostOf is the host of an address with or without a port.
func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return strings.Trim(addr, "[]")
}

// isLoopback tells whether an address can be reached from this machine alone.
func isLoopback(addr string) bool {
	host := hostOf(addr)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func onAllInterfaces(addr string) bool {
	host := hostOf(addr)
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

// openKeys warns of public keys without a name beside them: a login signs tokens for
// many services with one key.
func (cfg Config) openKeys() []string {
	if cfg.Auth.JWKSURL == "" {
		return nil
	}
	var missing []string
	for key, value := range map[string]string{"auth.audience": cfg.Auth.Audience, "auth.issuer": cfg.Auth.Issuer} {
		if value == "" {
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return []string{"auth.jwks_url: is set without " + strings.Join(missing, " and ") +
		": a token that the same login made for another service is good here too"}
}
