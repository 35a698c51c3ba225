// Package config reads the program's settings: defaults, then the file, then
// the environment, then flags; the later one wins.
//
// No mistake passes silently: an unknown key, a value that does not fit, and two keys
// that contradict each other stop the start, each with a line that names the key.
// configs/seckill.yaml lists every key.
//
// Begin with Config; keys.go has the names of its fields, defaults.go their defaults,
// validate.go the rules.
package config

import "time"

// Mode chooses what stands behind the service.
type Mode string

const (
	// Embedded runs Redis, SQL and the broker inside the process.
	Embedded Mode = "embedded"
	// External uses real Redis, MySQL and RabbitMQ servers.
	External Mode = "external"
)

// Config is every setting. The tags are the keys.
type Config struct {
	// Mode is embedded or external. Default embedded.
	Mode Mode `mapstructure:"mode"`
	// DataDir keeps everything of embedded mode. Default ./data.
	DataDir string `mapstructure:"data_dir"`
	// ExampleSale makes an example sale in an empty store. Default: in embedded
	// mode.
	ExampleSale bool `mapstructure:"example_sale"`

	Log       Log       `mapstructure:"log"`
	HTTP      HTTP      `mapstructure:"http"`
	Ops       Ops       `mapstructure:"ops"`
	Redis     Redis     `mapstructure:"redis"`
	MySQL     MySQL     `mapstructure:"mysql"`
	RabbitMQ  RabbitMQ  `mapstructure:"rabbitmq"`
	Auth      Auth      `mapstructure:"auth"`
	Admin     Admin     `mapstructure:"admin"`
	Payment   Payment   `mapstructure:"payment"`
	Admission Admission `mapstructure:"admission"`
	Limits    Limits    `mapstructure:"limits"`
	Relay     Relay     `mapstructure:"relay"`
	Settler   Settler   `mapstructure:"settler"`
	Expirer   Expirer   `mapstructure:"expirer"`
	Inquirer  Inquirer  `mapstructure:"inquirer"`
	Refunder  Refunder  `mapstructure:"refunder"`
	Releaser  Loop      `mapstructure:"releaser"`
	Announcer Loop      `mapstructure:"announcer"`
	Webhooks  Webhooks  `mapstructure:"webhooks"`
	Auditor   Loop      `mapstructure:"auditor"`
	Worker    Worker    `mapstructure:"worker"`
	IDs       Lease     `mapstructure:"ids"`
	Rehearsal Rehearsal `mapstructure:"rehearsal"`
	Waitlist  Waitlist  `mapstructure:"waitlist"`
	Queue     Queue     `mapstructure:"queue"`
	Draw      Draw      `mapstructure:"draw"`
	Inventory Inventory `mapstructure:"inventory"`
	RPC       RPC       `mapstructure:"rpc"`
}

// Log is what the program says of itself on standard error.
type Log struct {
	// Level is debug, info, warn or error. Default info.
	Level string `mapstructure:"level"`
	// Format is text or json. Default text in embedded mode, json in external.
	Format string `mapstructure:"format"`
}

// HTTP is the public port.
type HTTP struct {
	// Addr to listen on, host:port. Default 127.0.0.1:8080.
	Addr string `mapstructure:"addr"`
	// DrainTimeout is how long a stop waits for what is under way. Default 20s.
	DrainTimeout time.Duration `mapstructure:"drain_timeout"`
	// MaxConnections is the most open connections of the public port; 0 is as many as
	// the limit of open files leaves, at most 50000. Default 0.
	MaxConnections int `mapstructure:"max_connections"`
	// TrustedProxies are the addresses (IP or CIDR) whose X-Forwarded-For tells a
	// client's address. Default none.
	TrustedProxies []string `mapstructure:"trusted_proxies"`
	// PublicURL is where buyers reach the pages, without a path or a slash at its end.
	// Default: derived from Addr, see Config.PublicURL.
	PublicURL string `mapstructure:"public_url"`
	// Hosts are further names of the service, without a port, for what asks for the
	// Host that it is called by: the demo login, metrics, profiles. Default none.
	Hosts []string `mapstructure:"hosts"`
}

// Ops is the operations port: health, metrics, profiles.
type Ops struct {
	// Addr to listen on, host:port. Default 127.0.0.1:9090.
	Addr string `mapstructure:"addr"`
	// ReadyNeedsWrites says that a process is not ready while Redis or SQL answers and
	// refuses writes. Default true.
	ReadyNeedsWrites bool `mapstructure:"ready_needs_writes"`
}

// Redis is the server, cluster or watched pair that admits buyers.
type Redis struct {
	// Addrs, host:port each: one is a single server, several are a cluster; with
	// MasterName they are sentinels.
	Addrs []string `mapstructure:"addrs"`
	// MasterName is the name under which sentinels know the primary; empty for a
	// Redis without sentinels.
	MasterName string `mapstructure:"master_name"`
	// SentinelUsername of the sentinels' own access list; empty for the default
	// user.
	SentinelUsername string `mapstructure:"sentinel_username"`
	// SentinelPassword of the sentinels; empty for none.
	SentinelPassword Secret `mapstructure:"sentinel_password"`
	// Username of Redis's access list; empty for the default user.
	Username string `mapstructure:"username"`
	// Password; empty for none.
	Password Secret `mapstructure:"password"`
	// TLS encrypts the connections. Default false.
	TLS bool `mapstructure:"tls"`
	// Prefix begins every key. Default seckill.
	Prefix string `mapstructure:"prefix"`
	// Timeout bounds each call. Default 2s.
	Timeout time.Duration `mapstructure:"timeout"`
	// PoolSize is the most connections per server; 0 chooses by the number of
	// CPUs. Default 0.
	PoolSize int `mapstructure:"pool_size"`
}

// MySQL is the database of record: MySQL or MariaDB.
type MySQL struct {
	// DSN in the form of go-sql-driver: user:password@tcp(host:port)/database.
	DSN Address `mapstructure:"dsn"`
	// MaxOpen is the most connections of this process. Default 50.
	MaxOpen int `mapstructure:"max_open"`
	// AutoMigrate brings the schema up to date at the start. Default: in embedded
	// mode.
	AutoMigrate bool `mapstructure:"auto_migrate"`
}

// RabbitMQ is the broker between admission and settlement.
type RabbitMQ struct {
	// URL in the form amqp://user:password@host:port/vhost, or amqps.
	URL Address `mapstructure:"url"`
	// Prefix begins the name of every queue and exchange. Default seckill.
	Prefix string `mapstructure:"prefix"`
}

// Auth is how buyers prove who they are.
type Auth struct {
	// HS256Secret signs and checks tokens, at least 32 bytes; like every secret, not
	// the same as another one.
	HS256Secret Secret `mapstructure:"hs256_secret"`
	// JWKSURL has the public keys of RS256 and ES256 tokens.
	JWKSURL Address `mapstructure:"jwks_url"`
	// Issuer that a token must name in iss; empty accepts any.
	Issuer string `mapstructure:"issuer"`
	// Audience that a token must name in aud; empty accepts any.
	Audience string `mapstructure:"audience"`
	// MaxTokenLife is the longest that a token may be good from now on. Default 24h.
	MaxTokenLife time.Duration `mapstructure:"max_token_life"`
	// LoginURL is the shop's page that hands a buyer's token over to the pages, by
	// docs/integration.md. Default: none.
	LoginURL Address `mapstructure:"login_url"`
	// DemoLogin gives a token to whoever asks for one. Default: in embedded mode.
	DemoLogin bool `mapstructure:"demo_login"`
}

// Admin is how operators prove who they are.
type Admin struct {
	// Token of at least 32 visible ASCII characters.
	Token Secret `mapstructure:"token"`
}

// Payment is who takes the buyers' money.
type Payment struct {
	// Mock serves a stand-in payment page. Default: in embedded mode.
	Mock bool `mapstructure:"mock"`
	// Standard is the provider that follows the Standard Webhooks specification.
	Standard StandardPayment `mapstructure:"standard"`
}

// StandardPayment is the built-in provider.
type StandardPayment struct {
	// Secret of callbacks: whsec_ and base64 of at least 24 bytes. Several,
	// separated by commas, are accepted while one replaces another.
	Secret Secret `mapstructure:"secret"`
	// CheckoutURL is the page where a buyer pays, with {payment_id} and
	// {order_id} in it.
	CheckoutURL string `mapstructure:"checkout_url"`
	// APIURL is where the provider is asked about payments and for refunds.
	// Default: none; with Mock and a public port, the stand-in's own.
	APIURL string `mapstructure:"api_url"`
}

// Admission is how buyers get in.
type Admission struct {
	// Ack is when a buyer is answered: admitted (after Redis) or settled (after
	// SQL). Default settled in embedded mode, admitted in external.
	Ack string `mapstructure:"ack"`
	// BatchLimit is the most orders of one script call. Default 128.
	BatchLimit int `mapstructure:"batch_limit"`
	// Workers is how many script calls of a sale run at once. Default 2; 1 in
	// embedded mode.
	Workers int `mapstructure:"workers"`
	// QueueLimit is the most requests of a sale that wait. Default 8192.
	QueueLimit int `mapstructure:"queue_limit"`
	// SoldOutTTL is how long a process answers "sold out" by itself; 0 is off.
	// Default 200ms.
	SoldOutTTL time.Duration `mapstructure:"sold_out_ttl"`
	// SettledWait bounds the wait for SQL under ack settled. Default 5s.
	SettledWait time.Duration `mapstructure:"settled_wait"`
	// Journal is the most orders that a web process remembers until they are in
	// SQL, to take them again should Redis lose them. Default 50000.
	Journal int `mapstructure:"journal"`
	// MaxInFlight is the most orders of a sale that are admitted and not in SQL
	// yet; beyond it nobody gets in. Default 200000.
	MaxInFlight int64 `mapstructure:"max_in_flight"`
	// MinInFlight is how many of them may be, however slowly they are seen to get
	// into SQL. Default 1000.
	MinInFlight int64 `mapstructure:"min_in_flight"`
}

// Limits are how often one client may ask, and how much he may hold open. An address
// is an IPv4 address or a network of 64 bits in IPv6.
type Limits struct {
	// PerIPRPS is requests a second from one address; 0 is off. Default 50.
	PerIPRPS float64 `mapstructure:"per_ip_rps"`
	// PerIPBurst is how many may come at once. Default 100.
	PerIPBurst int `mapstructure:"per_ip_burst"`
	// PerBuyerRPS is requests a second of one buyer; 0 is off. Default 5.
	PerBuyerRPS float64 `mapstructure:"per_buyer_rps"`
	// PerBuyerBurst is how many may come at once. Default 10.
	PerBuyerBurst int `mapstructure:"per_buyer_burst"`
	// CoolDownAfter is how often units of an item may come back unpaid from a buyer,
	// cancelled or expired, before he has to wait. 0 is off. Default 5.
	CoolDownAfter int `mapstructure:"cool_down_after"`
	// CoolDown is for how long he then has to wait since the last of them. Default 1m.
	CoolDown time.Duration `mapstructure:"cool_down"`
	// StreamsPerIP is the most event streams of one address; 0 is off. Default 200.
	StreamsPerIP int `mapstructure:"streams_per_ip"`
	// ConnectionsPerIP is the most connections of one address that is no trusted
	// proxy; 0 is off. Default 1000.
	ConnectionsPerIP int `mapstructure:"connections_per_ip"`
}

// Relay carries admitted orders from Redis to the broker.
type Relay struct {
	// RepublishAfter is how long an entry may stay before it is published again.
	// Default 10s.
	RepublishAfter time.Duration `mapstructure:"republish_after"`
	// Batch is the most entries of one reading. Default 100.
	Batch int `mapstructure:"batch"`
}

// Settler writes admitted orders to SQL.
type Settler struct {
	// Batch is the most orders of one transaction. Default 500.
	Batch int `mapstructure:"batch"`
	// Consumers is how many transactions run at once. Default 2.
	Consumers int `mapstructure:"consumers"`
}

// Expirer ends holds that were not paid.
type Expirer struct {
	// SweepEvery is how often SQL is searched for holds that the broker did not
	// end. Default 2s.
	SweepEvery time.Duration `mapstructure:"sweep_every"`
	// SweepGrace is how long after its end a hold is left to the broker. Default
	// 2s.
	SweepGrace time.Duration `mapstructure:"sweep_grace"`
}

// Inquirer asks providers about payments that are open when their hold ends.
type Inquirer struct {
	// Every is how often it looks. Default 500ms.
	Every time.Duration `mapstructure:"every"`
	// Patience is how long after its hold an order waits for a provider's answer;
	// 0 asks nobody. Default 1m.
	Patience time.Duration `mapstructure:"patience"`
}

// Refunder has money returned that must not be kept.
type Refunder struct {
	// Every is how often it looks. Default 1s.
	Every time.Duration `mapstructure:"every"`
	// Backoff is the wait after a failure; it doubles up to 1h. Default 10s.
	Backoff time.Duration `mapstructure:"backoff"`
	// MaxAttempts is how often one refund may fail before it is left to a person.
	// Default 25.
	MaxAttempts int `mapstructure:"max_attempts"`
}

// Loop is a worker that looks again and again.
type Loop struct {
	// Every is how often. Defaults: releaser and announcer 100ms, auditor 10s.
	Every time.Duration `mapstructure:"every"`
}

// Webhooks tells the shop of what happens to orders, over HTTP.
type Webhooks struct {
	// URL is where the shop takes events. Default: none; then nobody is told.
	URL Hook `mapstructure:"url"`
	// Secret signs the events: whsec_ and base64 of at least 24 bytes. Several,
	// separated by commas, sign each while one replaces another.
	Secret Secret `mapstructure:"secret"`
	// Events are the types that are delivered; empty: all.
	Events []string `mapstructure:"events"`
	// Timeout bounds one try. Default 15s.
	Timeout time.Duration `mapstructure:"timeout"`
	// Concurrency is how many tries are under way at once. Default 8.
	Concurrency int `mapstructure:"concurrency"`
	// Backoff is the wait after a failure; it doubles up to 12h. Default 5s.
	Backoff time.Duration `mapstructure:"backoff"`
	// MaxAttempts is how often an event may fail, while the endpoint takes others, before
	// it is left to a person. Default 16, which is a day and a half.
	MaxAttempts int `mapstructure:"max_attempts"`
}

// Worker is what its agents have in common, and what is done with old sales.
type Worker struct {
	// LeaseTTL is how long a worker may be silent before another one takes over
	// what only one does. Default 10s.
	LeaseTTL time.Duration `mapstructure:"lease_ttl"`
	// UnloadAfter is how long a closed sale stays in Redis. Default 1h.
	UnloadAfter time.Duration `mapstructure:"unload_after"`
}

// Rehearsal is a simulated crowd at a copy of a sale.
type Rehearsal struct {
	// Enabled lets operators run one, in the web process that they ask. Needs
	// auth.hs256_secret. Default: in embedded mode.
	Enabled bool `mapstructure:"enabled"`
}

// Inventory is the shop's stock of goods.
type Inventory struct {
	// Strategy is how goods are sold that have chosen none. Default conditional.
	Strategy string `mapstructure:"strategy"`
	// LockRedis are Redis servers, host:port each, of which a majority gives the locks of
	// the strategy redis_lock; an odd number, at most 9, that have nothing to do with each
	// other, with the user, password and TLS of Redis. Default: none; then it is Redis itself.
	LockRedis []string `mapstructure:"lock_redis"`
}

// RPC is the port for the shop's other services.
type RPC struct {
	// Addr to listen on, host:port; empty: no such port. Default 127.0.0.1:9191.
	Addr string `mapstructure:"addr"`
	// Token that other services show, at least 32 visible ASCII characters. Without
	// one there is no such port.
	Token Secret `mapstructure:"token"`
}

// Lease is how long a process may act on what it leased without renewing it.
type Lease struct {
	// LeaseTTL. Default 10m.
	LeaseTTL time.Duration `mapstructure:"lease_ttl"`
}
