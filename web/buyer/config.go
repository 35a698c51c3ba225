package buyer

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
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
	DefaultHeartbeat   = 15 * time.Second
	DefaultPoll        = 2 * time.Second
)

// Config is what Mount needs.
type Config struct {
	// Gate is Redis. Required.
	Gate Gate
	// Ledger is SQL. Required.
	Ledger Ledger
	// IDs makes ids of orders. Required.
	IDs web.IDs
	// Providers are the payment providers; the first one takes new payments. Default:
	// none; then /pay is unavailable.
	Providers []Provider
	// Demo signs the tokens of /api/v1/demo/login, which gives anybody one. Default: no
	// such call.
	Demo Signer

	// Ack says when a buyer is told that an order is accepted. Default: AckAdmitted.
	Ack AckMode
	// SettledWait bounds how long AckSettled waits for the commit. Default: 5 s.
	SettledWait time.Duration

	// DrawHold is the time to pay of whose turn has come in a draw, for whoever asks.
	// Required where sales are drawn.
	DrawHold time.Duration

	// TurnGrace is how much longer than its turn a buyer's pass to a queue's sale is taken.
	TurnGrace time.Duration

	// MaxStreams bounds the event streams of this process that follow an order, those that
	// follow a sale, and those that follow a place in a queue. Default: 10,000 each.
	MaxStreams int
	// MaxAllStreams bounds them together. Default: twice MaxStreams.
	MaxAllStreams int
	// StreamsPerIP bounds those of one address, of IPv6: of its network. 0 is off.
	StreamsPerIP int
	// Heartbeat is how often a quiet stream sends a comment. Default: 15 s.
	Heartbeat time.Duration
	// Poll is how often SQL is asked about all orders that streams follow, beneath what
	// Redis announces. Default: 2 s.
	Poll time.Duration

	// Registry takes the metrics. Default: a new one.
	Registry *prometheus.Registry
	// Clock tells the time. Default: the system's.
	Clock seckill.Clock

	byName map[string]Provider // the Providers
}

func (c *Config) check() error {
	c.Ack = cmp.Or(c.Ack, AckAdmitted)
	c.SettledWait = cmp.Or(c.SettledWait, DefaultSettledWait)
	c.MaxStreams = cmp.Or(c.MaxStreams, DefaultMaxStreams)
	c.MaxAllStreams = cmp.Or(c.MaxAllStreams, 2*c.MaxStreams)
	c.Heartbeat = cmp.Or(c.Heartbeat, DefaultHeartbeat)
	c.Poll = cmp.Or(c.Poll, DefaultPoll)
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	var bad []error
	wrong := func(format string, args ...any) { bad = append(bad, fmt.Errorf("buyer: "+format, args...)) }
	if c.Gate == nil || c.Ledger == nil || c.IDs == nil {
		wrong("Gate, Ledger and IDs are required")
	}
	if c.Demo != nil && !c.Demo.Signs() {
		wrong("Demo needs a secret to sign with")
	}
	if c.Ack != AckAdmitted && c.Ack != AckSettled {
		wrong("Ack must be %q or %q", AckAdmitted, AckSettled)
	}
	if c.SettledWait < 0 || c.Heartbeat < 0 || c.Poll < 0 || c.MaxStreams < 0 || c.MaxAllStreams < 0 || c.StreamsPerIP < 0 {
		wrong("SettledWait, MaxStreams, MaxAllStreams, StreamsPerIP, Heartbeat and Poll must not be negative")
	}
	if c.SettledWait > web.WriteTimeout/2 {
		wrong("SettledWait must be at most %v, for the answer to arrive within the write timeout", web.WriteTimeout/2)
	}
	var err error
	if c.byName, err = payment.ByName(c.Providers); err != nil {
		wrong("%v", err)
	}
	return errors.Join(bad...)
}
