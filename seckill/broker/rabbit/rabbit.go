// Package rabbit is the broker on RabbitMQ, 3.10 or later.
//
// A session has two connections, one to publish and one to consume. RabbitMQ's memory
// and disk alarms block a connection that publishes; acknowledgements, which lead out
// of the alarm, go over the other.
//
// A session is opened and closed as a whole: when one connection or channel is lost,
// all of them are closed and a new session begins. Delivery tags and pending confirms
// are void in another session, so the client library's own recovery is not used.
//
// Begin with run.go, which keeps a session open, and session.go.
package rabbit

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

// Config sets the line to RabbitMQ up.
type Config struct {
	// URL is amqp:// or amqps:// with user, password and vhost. It is never logged
	// with its password. Required.
	URL string
	// Prefix begins the name of every exchange and queue. Default "seckill".
	Prefix string
	// Name is how the connections are called in RabbitMQ's own lists. Default
	// "seckill".
	Name string
	// Heartbeat is the longest silence before the connection is taken for lost.
	// Default 10 s, at least 1 s.
	Heartbeat time.Duration
	// DialTimeout bounds connecting and the handshake. Default 10 s.
	DialTimeout time.Duration
	// CloseTimeout bounds the good end of a consumer and of a connection; then it is
	// cut. Default 2 s.
	CloseTimeout time.Duration
	// Grace is that of Consume where its options name none. Default 10 s.
	Grace time.Duration
	// BackoffMin and BackoffMax bound the wait between two tries to connect; it
	// doubles from one to the other. Default 100 ms and 5 s.
	BackoffMin, BackoffMax time.Duration
	// PublishTimeout bounds Publish when its ctx has no deadline, and the moving of
	// dead letters. Default 30 s.
	PublishTimeout time.Duration
	// PublishChannels is how many calls of Publish are under way at the same time;
	// more wait. Default 8, at most 256.
	PublishChannels int
	// Clock stamps dead letters. Default seckill.SystemClock.
	Clock seckill.Clock
	// Logger takes what an operator should know. Default slog.Default().
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	c.Prefix = orDefault(c.Prefix, "seckill")
	c.Name = orDefault(c.Name, "seckill")
	c.Heartbeat = orDefault(c.Heartbeat, 10*time.Second)
	c.DialTimeout = orDefault(c.DialTimeout, 10*time.Second)
	c.CloseTimeout = orDefault(c.CloseTimeout, 2*time.Second)
	c.Grace = orDefault(c.Grace, 10*time.Second)
	c.BackoffMin = orDefault(c.BackoffMin, 100*time.Millisecond)
	c.BackoffMax = orDefault(c.BackoffMax, max(5*time.Second, c.BackoffMin))
	c.PublishTimeout = orDefault(c.PublishTimeout, 30*time.Second)
	c.PublishChannels = orDefault(c.PublishChannels, 8)
	c.Logger = orDefault(c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if _, err := amqp.ParseURI(c.URL); err != nil {
		// The library's error may repeat the URL, and with it the password.
		return c, fmt.Errorf("%w: the RabbitMQ URL is not of the form amqp://user:password@host:port/vhost", broker.ErrInvalid)
	}
	switch {
	case c.Heartbeat < time.Second:
		return c, fmt.Errorf("%w: heartbeat must be at least 1s, not %s", broker.ErrInvalid, c.Heartbeat)
	case c.DialTimeout < 0 || c.CloseTimeout < 0 || c.Grace < 0 || c.PublishTimeout < 0:
		return c, fmt.Errorf("%w: timeouts must not be negative", broker.ErrInvalid)
	case c.BackoffMin < 0 || c.BackoffMax < c.BackoffMin:
		return c, fmt.Errorf("%w: backoff must be 0 < min <= max, not %s to %s", broker.ErrInvalid, c.BackoffMin, c.BackoffMax)
	case c.PublishChannels < 1 || c.PublishChannels > 256:
		return c, fmt.Errorf("%w: publish channels must be 1 to 256, not %d", broker.ErrInvalid, c.PublishChannels)
	}
	return c, broker.Names{Prefix: c.Prefix}.Validate()
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Broker is one process's line to RabbitMQ.
type Broker struct {
	cfg   Config
	names broker.Names
	log   *slog.Logger

	mu      sync.Mutex
	running bool
	ended   bool          // Run has ended
	session *session      // nil while there is none
	lost    error         // why there is none
	state   chan struct{} // closed and made anew with each change of the above

	dead sync.Mutex // one call at a time looks through the dead letters
}

var _ broker.Broker = (*Broker)(nil)

// New checks the config. It does not connect: Run does.
func New(cfg Config) (*Broker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Broker{
		cfg:   cfg,
		names: broker.Names{Prefix: cfg.Prefix},
		log:   cfg.Logger.With("rabbitmq", address(cfg.URL)),
		state: make(chan struct{}),
	}, nil
}

// Names tells the broker's names of the exchanges and queues.
func (b *Broker) Names() broker.Names { return b.names }

// address is what of the URL may be shown.
func address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Host + u.Path
}

// Ready returns nil while a session is up and RabbitMQ takes messages.
func (b *Broker) Ready() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended:
		return broker.ErrClosed
	case b.session == nil && b.lost != nil:
		return fmt.Errorf("%w: %w", broker.ErrNoSession, b.lost)
	case b.session == nil:
		return broker.ErrNoSession
	}
	return b.session.ready()
}

// await waits for a session up to ctx's end.
func (b *Broker) await(ctx context.Context) (*session, error) {
	for {
		b.mu.Lock()
		s, ended, state, lost := b.session, b.ended, b.state, b.lost
		b.mu.Unlock()
		switch {
		case ended:
			return nil, broker.ErrClosed
		case s != nil && s.alive():
			return s, nil
		}
		select {
		case <-ctx.Done():
			if lost != nil {
				return nil, fmt.Errorf("%w: %w, last: %w", broker.ErrNoSession, context.Cause(ctx), lost)
			}
			return nil, fmt.Errorf("%w: %w", broker.ErrNoSession, context.Cause(ctx))
		case <-state:
		}
	}
}

// bounded gives ctx the publish timeout, unless it has a deadline.
func (b *Broker) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, b.cfg.PublishTimeout)
}
