// Package memory is a broker inside one process: `seckill serve` runs on it where there
// is no RabbitMQ, and so do most tests. It behaves as package rabbit does.
//
// Its messages end with the process, and no order is lost by that. Orders that are not
// settled are still in the outbox of Redis, from where the relay publishes them again;
// events are in the event outbox of SQL; holds that have ended are found by a sweep.
package memory

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

// Config sets the broker up. The zero value is valid.
type Config struct {
	// MaxQueueLength is the most messages of one queue, those in a consumer's hands
	// included; a full queue refuses more. Default broker.MaxQueueLength.
	MaxQueueLength int
	// PublishTimeout bounds how long Publish waits for Run when its ctx has no
	// deadline. Default 30 s.
	PublishTimeout time.Duration
	// Clock stamps dead letters. Default seckill.SystemClock. Holds run on the
	// machine's monotonic time.
	Clock seckill.Clock
	// Logger takes what an operator should know. Default: slog.Default.
	Logger *slog.Logger
}

// Broker is an in-process broker.Broker.
type Broker struct {
	cfg Config

	mu       sync.Mutex
	up       bool
	ended    bool // Run has ended
	session  int  // what a consumer has in hand belongs to one session
	state    chan struct{}
	queues   map[string]*queue
	bindings []binding
	holds    chan struct{} // tells Run that the next end of a hold may have changed
}

type binding struct {
	exchange, pattern string
	queue             *queue
}

var _ broker.Broker = (*Broker)(nil)

// New makes a broker with the fixed topology.
func New(cfg Config) (*Broker, error) {
	if cfg.MaxQueueLength == 0 {
		cfg.MaxQueueLength = broker.MaxQueueLength
	}
	if cfg.PublishTimeout == 0 {
		cfg.PublishTimeout = 30 * time.Second
	}
	if cfg.Clock == nil {
		cfg.Clock = seckill.SystemClock
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.MaxQueueLength < 1 || cfg.PublishTimeout < 0 {
		return nil, fmt.Errorf("%w: limits must be positive", broker.ErrInvalid)
	}
	b := &Broker{
		cfg:    cfg,
		state:  make(chan struct{}),
		queues: make(map[string]*queue),
		holds:  make(chan struct{}, 1),
	}
	for _, q := range broker.Queues() {
		b.declare(q, 0)
	}
	return b, nil
}

// declare adds a queue and its binding. b.mu is held, or b is not shared yet.
func (b *Broker) declare(spec broker.Queue, ttl time.Duration) {
	q := &queue{name: spec.Name, ttl: ttl, changed: make(chan struct{})}
	b.queues[spec.Name] = q
	if spec.Exchange != "" {
		b.bindings = append(b.bindings, binding{spec.Exchange, spec.Pattern, q})
	}
}

// Ready returns nil while Run runs.
func (b *Broker) Ready() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.up:
		return nil
	case b.ended:
		return broker.ErrClosed
	}
	return broker.ErrNoSession
}

// await waits until Run runs.
func (b *Broker) await(ctx context.Context) error {
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, b.cfg.PublishTimeout)
		defer cancel()
	}
	for {
		b.mu.Lock()
		up, ended, state := b.up, b.ended, b.state
		b.mu.Unlock()
		if up {
			return nil
		}
		if ended {
			return broker.ErrClosed
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", broker.ErrNoSession, context.Cause(ctx))
		case <-state:
		}
	}
}

func (b *Broker) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.up || b.ended {
		return fmt.Errorf("%w: Run is called once", broker.ErrInvalid)
	}
	b.up = true
	b.tell()
	return nil
}

// Interrupt loses the session and starts the next one at once, as a cut connection
// to a real broker would: consumers give back what they have in hand. It is there
// to try how the rest bears that.
func (b *Broker) Interrupt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.session++
	b.tell()
}

func (b *Broker) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.up, b.ended = false, true
	b.tell()
}

// tell wakes those who wait for the session's state; b.mu is held.
func (b *Broker) tell() {
	close(b.state)
	b.state = make(chan struct{})
}

// EnsureHold makes the hold queue.
func (b *Broker) EnsureHold(ctx context.Context, hold time.Duration) error {
	if err := broker.ValidateHold(hold); err != nil {
		return err
	}
	if err := b.await(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	name := broker.HoldQueue(hold)
	if b.queues[name] == nil {
		b.declare(broker.Queue{Name: name, Exchange: broker.ExchangeOrders, Pattern: broker.AdmittedKey(hold)}, hold)
	}
	return nil
}

// QueueDepth counts the messages that wait.
func (b *Broker) QueueDepth(ctx context.Context, name string) (int, error) {
	if err := b.await(ctx); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	q, err := b.queue(name)
	if err != nil {
		return 0, err
	}
	return q.waiting(), nil
}

// queue finds a queue; b.mu is held.
func (b *Broker) queue(name string) (*queue, error) {
	if q := b.queues[name]; q != nil {
		return q, nil
	}
	return nil, fmt.Errorf("%w: there is no queue %q", broker.ErrInvalid, name)
}
