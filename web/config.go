package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web/token"
)

// DefaultMaxStream is how long an event stream lasts at most, where nothing else is set.
const DefaultMaxStream = 30 * time.Minute

// minSecretBytes is the least length of the operators' token.
const minSecretBytes = 32

// Tokens tells whose a buyer's token is.
type Tokens interface {
	Identify(ctx context.Context, token string) (token.Identity, error)
}

var _ Tokens = (*token.Tokens)(nil)

// Config is what a Server needs. New checks it.
type Config struct {
	// Gate is Redis. Required.
	Gate Gate
	// Tokens are buyers'. Required.
	Tokens Tokens
	// AdminToken is what operators show. At least 32 bytes. Required.
	AdminToken string
	// Hosts are the names, beside localhost and IP addresses, under which browsers may
	// ask for what anybody gets: a demo login. Without a list, a page elsewhere could
	// make its own name mean this machine (DNS rebinding) and ask in a visitor's place.
	Hosts []string

	// Opened is closed once the process can do its work for the first time. Until then
	// every request waits a moment and is then unavailable. Default: open at once.
	Opened <-chan struct{}

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

	// MaxStream bounds how long one event stream lasts. Default: 30 minutes.
	MaxStream time.Duration

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
	c.MaxStream = cmp.Or(c.MaxStream, DefaultMaxStream)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	var bad []error
	wrong := func(format string, args ...any) { bad = append(bad, fmt.Errorf("web: "+format, args...)) }
	if c.Gate == nil || c.Tokens == nil {
		wrong("Gate and Tokens are required")
	}
	if len(c.AdminToken) < minSecretBytes || strings.ContainsAny(c.AdminToken, " \t\r\n") {
		wrong("AdminToken must have at least %d bytes and no spaces", minSecretBytes)
	}
	if c.MaxStream < 0 {
		wrong("MaxStream must not be negative")
	}
	if c.PerIPRPS < 0 || c.PerBuyerRPS < 0 {
		wrong("PerIPRPS and PerBuyerRPS must not be negative")
	}
	if c.PerIPRPS > 0 && c.PerIPBurst < 1 || c.PerBuyerRPS > 0 && c.PerBuyerBurst < 1 {
		wrong("PerIPBurst and PerBuyerBurst must be at least 1 where their rate is on")
	}
	if _, err := parseProxies(c.TrustedProxies); err != nil {
		wrong("TrustedProxies: %v", err)
	}
	return errors.Join(bad...)
}
