package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill"
)

// AckMode says when a buyer is told that an order is accepted.
type AckMode string

const (
	// AckAdmitted answers as soon as Redis has taken the order.
	AckAdmitted AckMode = "admitted"
	// AckSettled answers after the SQL commit, so that a 202 always means committed.
	AckSettled AckMode = "settled"
)

// Defaults of Config.
const (
	DefaultSettledWait = 5 * time.Second
	DefaultMaxStreams  = 10_000
	DefaultMaxStream   = 30 * time.Minute
	DefaultHeartbeat   = 15 * time.Second
	DefaultPoll        = 2 * time.Second
	DefaultDemoTTL     = 12 * time.Hour
	DefaultTokenLife   = 24 * time.Hour
)

// minSecretBytes is the least length of a secret.
const minSecretBytes = 32

// Config is what a Server needs. New checks it.
type Config struct {
	// Gate is Redis. Required.
	Gate Gate
	// Ledger is SQL. Required.
	Ledger Ledger
	// IDs makes ids. Required.
	IDs IDs
	// Providers are the payment providers; the first one takes new payments.
	// Callbacks are served for all. Default: none; then /pay is unavailable.
	Providers []Provider
	// Auditor serves the audit. Default: none; then it answers unavailable.
	Auditor Auditor
	// DeadLetters serves dead letters. Default: none; then they are unavailable.
	DeadLetters DeadLetters
	// System tells of the program and what it stands on. Default: nil; then that is
	// unavailable.
	System func(context.Context) System

	// HS256Secret verifies buyers' tokens. At least 32 bytes. This or JWKSURL is
	// required; with both, each serves its own algorithms.
	HS256Secret []byte
	// JWKSURL is where the public keys for RS256 and ES256 tokens are. https, or
	// http on loopback.
	JWKSURL string
	// JWKSClient fetches JWKSURL. Default: a client with a 5 s timeout that
	// follows no redirects.
	JWKSClient *http.Client
	// Issuer and Audience must be in a token when set. Default: not checked.
	Issuer, Audience string
	// Hosts are the names, beside localhost and IP addresses, under which browsers may
	// ask for what anybody gets: a demo login. Without a list, a page elsewhere could
	// make its own name mean this machine (DNS rebinding) and ask in a visitor's place.
	Hosts []string
	// MaxTokenLife is the longest that a buyer's token may be good from now on; one
	// that is good for longer is refused, as it would be for as long whoever took it.
	// Default: 24 hours.
	MaxTokenLife time.Duration
	// DemoLogin serves /api/v1/demo/login, which gives anybody a token. It needs
	// HS256Secret. Default: off.
	DemoLogin bool
	// Rehearsals lets operators have a simulated crowd buy at a copy of a sale, through
	// this process. It needs HS256Secret. Default: off.
	Rehearsals bool
	// AdminToken is what operators show. At least 32 bytes. Required.
	AdminToken string

	// Opened is closed once the process can do its work for the first time. Until then
	// every request waits a moment and is then unavailable. Default: open at once.
	Opened <-chan struct{}

	// Ack says when a buyer is told that an order is accepted. Default: AckAdmitted.
	Ack AckMode
	// SettledWait bounds how long AckSettled waits for the commit. Default: 5 s.
	SettledWait time.Duration

	// PerIPRPS and PerIPBurst limit the buyers' API by address, in requests per
	// second. 0 is off.
	PerIPRPS   float64
	PerIPBurst int
	// PerBuyerRPS and PerBuyerBurst limit it by buyer. 0 is off.
	PerBuyerRPS   float64
	PerBuyerBurst int
	// TrustedProxies are the addresses or networks whose X-Forwarded-For is
	// believed. Default: none, so the address is the connection's own.
	TrustedProxies []string

	// MaxStreams bounds the event streams of this process that follow an order, and
	// those that follow a sale. Default: 10,000 each.
	MaxStreams int
	// MaxAllStreams bounds both together. Default: twice MaxStreams.
	MaxAllStreams int
	// StreamsPerIP bounds those of one address, of IPv6: of its network. 0 is off.
	StreamsPerIP int
	// MaxStream bounds how long one stream lasts. Default: 30 minutes.
	MaxStream time.Duration
	// Heartbeat is how often a quiet stream sends a comment. Default: 15 s.
	Heartbeat time.Duration
	// Poll is how often SQL is asked about all orders that streams follow, beneath what
	// Redis announces. Default: 2 s.
	Poll time.Duration

	// UI serves the pages. Default: none.
	UI http.Handler
	// MockPay serves the stand-in payment page under /mock-pay/. Default: none.
	MockPay http.Handler

	// Registry takes the metrics. Default: a new one.
	Registry *prometheus.Registry
	// Clock tells the time. Default: the system's.
	Clock seckill.Clock
	// Logger takes the log. Default: slog.Default().
	Logger *slog.Logger
}

func (c *Config) check() error {
	c.setDefaults()
	var bad []error
	wrong := func(format string, args ...any) { bad = append(bad, fmt.Errorf("web: "+format, args...)) }
	if c.Gate == nil || c.Ledger == nil || c.IDs == nil {
		wrong("Gate, Ledger and IDs are required")
	}
	if len(c.HS256Secret) == 0 && c.JWKSURL == "" {
		wrong("HS256Secret or JWKSURL is required")
	}
	if n := len(c.HS256Secret); n > 0 && n < minSecretBytes {
		wrong("HS256Secret must have at least %d bytes", minSecretBytes)
	}
	if c.DemoLogin && len(c.HS256Secret) == 0 {
		wrong("DemoLogin needs HS256Secret")
	}
	if c.Rehearsals && len(c.HS256Secret) == 0 {
		wrong("Rehearsals needs HS256Secret")
	}
	if len(c.AdminToken) < minSecretBytes || strings.ContainsAny(c.AdminToken, " \t\r\n") {
		wrong("AdminToken must have at least %d bytes and no spaces", minSecretBytes)
	}
	if c.Ack != AckAdmitted && c.Ack != AckSettled {
		wrong("Ack must be %q or %q", AckAdmitted, AckSettled)
	}
	c.checkNumbers(wrong)
	c.checkNames(wrong)
	return errors.Join(bad...)
}

func (c *Config) setDefaults() {
	orElse(&c.Ack, AckAdmitted)
	orElse(&c.SettledWait, DefaultSettledWait)
	orElse(&c.MaxStreams, DefaultMaxStreams)
	orElse(&c.MaxAllStreams, 2*c.MaxStreams)
	orElse(&c.MaxStream, DefaultMaxStream)
	orElse(&c.MaxTokenLife, DefaultTokenLife)
	orElse(&c.Heartbeat, DefaultHeartbeat)
	orElse(&c.Poll, DefaultPoll)
	orElse(&c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
}

func (c *Config) checkNumbers(wrong func(format string, args ...any)) {
	if c.SettledWait < 0 || c.MaxStream < 0 || c.Heartbeat < 0 || c.Poll < 0 || c.MaxStreams < 0 || c.MaxAllStreams < 0 || c.StreamsPerIP < 0 || c.MaxTokenLife < 0 {
		wrong("SettledWait, MaxTokenLife, MaxStreams, MaxAllStreams, StreamsPerIP, MaxStream, Heartbeat and Poll must not be negative")
	}
	if c.SettledWait > writeTimeout/2 {
		wrong("SettledWait must be at most %v, for the answer to arrive within the write timeout", writeTimeout/2)
	}
	if c.PerIPRPS < 0 || c.PerBuyerRPS < 0 {
		wrong("PerIPRPS and PerBuyerRPS must not be negative")
	}
	if c.PerIPRPS > 0 && c.PerIPBurst < 1 || c.PerBuyerRPS > 0 && c.PerBuyerBurst < 1 {
		wrong("PerIPBurst and PerBuyerBurst must be at least 1 where their rate is on")
	}
}

func (c *Config) checkNames(wrong func(format string, args ...any)) {
	seen := map[string]bool{}
	for _, p := range c.Providers {
		if p == nil {
			wrong("Providers must not hold nil")
			continue
		}
		if seen[p.Name()] {
			wrong("payment provider %q is there twice", p.Name())
		}
		seen[p.Name()] = true
	}
	if _, err := parseProxies(c.TrustedProxies); err != nil {
		wrong("TrustedProxies: %v", err)
	}
}

func orElse[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}
