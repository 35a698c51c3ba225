package callback

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
)

// Config is what Mount needs.
type Config struct {
	// Gate is Redis. Required.
	Gate Gate
	// Ledger is SQL. Required.
	Ledger Ledger
	// Providers are those whose callbacks are taken. Default: none.
	Providers []Provider

	// Registry takes the metrics. Default: a new one.
	Registry *prometheus.Registry
	// Clock tells the time. Default: the system's.
	Clock seckill.Clock
	// Logger takes the log. Default: slog.Default().
	Logger *slog.Logger

	byName map[string]Provider // the Providers
}

func (c *Config) check() error {
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	var bad []error
	if c.Gate == nil || c.Ledger == nil {
		bad = append(bad, errors.New("callback: Gate and Ledger are required"))
	}
	var err error
	if c.byName, err = payment.ByName(c.Providers); err != nil {
		bad = append(bad, fmt.Errorf("callback: %w", err))
	}
	return errors.Join(bad...)
}

type api struct {
	web.Calls
	server    *web.Server
	cfg       Config
	outcomes  *prometheus.CounterVec
	disbelief *web.SampledLog
}

// Mount checks the config and adds the webhook to a server.
func Mount(server *web.Server, cfg Config) error {
	if err := cfg.check(); err != nil {
		return err
	}
	s := &api{
		Calls: server.Calls, server: server, cfg: cfg,
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seckill_payment_callbacks_total",
			Help: "Payment callbacks by outcome: applied, duplicate, refund_due, ignored, mismatch, malformed, unavailable;" +
				" or why they are not believed: unsigned, stale, signature, body, provider.",
		}, []string{"outcome"}),
		disbelief: web.NewSampledLog(cfg.Logger, cfg.Clock),
	}
	for _, outcome := range outcomes {
		s.outcomes.WithLabelValues(outcome) // an alert sees the first one only where there was none before
	}
	if err := cfg.Registry.Register(s.outcomes); err != nil {
		return err
	}
	server.Callbacks().POST("/:provider", s.webhook)
	return nil
}
