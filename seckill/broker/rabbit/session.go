package rabbit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/seckill/broker"
)

// session is two connections and all channels on them, alive or over as one.
type session struct {
	cfg   Config
	names broker.Names
	log   *slog.Logger

	pub, con *amqp.Connection
	wire     *wire         // beneath pub
	slots    chan struct{} // one for each publish channel that may be open
	over     chan struct{} // closed by fail
	tasks    sync.WaitGroup

	mu      sync.Mutex
	cause   error
	blocked string // why RabbitMQ takes no messages; empty when it does
	unblock chan struct{}
	idle    []*publishChannel
	holds   map[time.Duration]bool
}

// connect makes a session and declares the topology on it.
func connect(ctx context.Context, cfg Config, names broker.Names, log *slog.Logger) (*session, error) {
	s := &session{
		cfg: cfg, names: names, log: log,
		slots:   make(chan struct{}, cfg.PublishChannels),
		over:    make(chan struct{}),
		unblock: make(chan struct{}),
		holds:   make(map[time.Duration]bool),
	}
	var err error
	if s.con, _, err = dial(ctx, cfg, "consume"); err != nil {
		return nil, err
	}
	if s.pub, s.wire, err = dial(ctx, cfg, "publish"); err != nil {
		_ = hangUp(s.con, cfg.CloseTimeout) // nothing is under way on it
		return nil, err
	}
	s.watch(s.con)
	s.watch(s.pub)
	s.watchBlocked()
	// A declaration that RabbitMQ does not answer must not hold the stop up.
	stop := context.AfterFunc(ctx, func() { _ = s.close(broker.ErrClosed) })
	timer := time.AfterFunc(cfg.DialTimeout, func() { _ = s.close(fmt.Errorf("no answer in %s", cfg.DialTimeout)) })
	defer timer.Stop()
	defer stop()
	if err := s.declare(); err != nil {
		_ = s.close(err) // why it is closed says more
		return nil, fmt.Errorf("declare exchanges and queues: %w", err)
	}
	return s, nil
}

// dial opens one connection, and tells the wire beneath it. It gives up when ctx
// ends.
func dial(ctx context.Context, cfg Config, role string) (*amqp.Connection, *wire, error) {
	props := amqp.NewConnectionProperties()
	props.SetClientConnectionName(cfg.Name + " " + role)
	var w *wire
	stop := func() bool { return true }
	defer func() { stop() }()
	conn, err := amqp.DialConfig(cfg.URL, amqp.Config{
		Heartbeat:  cfg.Heartbeat,
		Properties: props,
		Recovery:   nil, // see the package comment
		Dial: func(network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{Timeout: cfg.DialTimeout}).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			stop = context.AfterFunc(ctx, func() { c.Close() })
			w = &wire{Conn: c}
			// The library lifts the deadline after the handshake.
			return w, c.SetDeadline(time.Now().Add(cfg.DialTimeout))
		},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("connect to %s: %w", address(cfg.URL), err)
	}
	return conn, w, nil
}

// hangUp closes a connection in good order within a time, or else cuts it.
func hangUp(c *amqp.Connection, within time.Duration) error {
	return c.CloseDeadline(time.Now().Add(within))
}

// watch ends the session when a connection closes.
func (s *session) watch(c *amqp.Connection) {
	closed := c.NotifyClose(make(chan *amqp.Error, 1))
	s.tasks.Go(func() {
		if err := <-closed; err != nil {
			s.fail(err)
			return
		}
		s.fail(errLost)
	})
}

// watchChannel ends the session when a channel closes unasked.
func (s *session) watchChannel(ch *amqp.Channel) {
	closed := ch.NotifyClose(make(chan *amqp.Error, 1))
	s.spawn(func() {
		if err := <-closed; err != nil {
			s.fail(err)
		}
	})
}

// watchBlocked keeps in mind whether RabbitMQ takes messages.
func (s *session) watchBlocked() {
	changes := s.pub.NotifyBlocked(make(chan amqp.Blocking, 16))
	s.tasks.Go(func() {
		for change := range changes {
			s.setBlocked(change)
		}
	})
}

func (s *session) setBlocked(change amqp.Blocking) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case change.Active && s.blocked == "":
		s.blocked = orDefault(change.Reason, "no reason given")
		s.log.Error("the broker takes no messages", "reason", s.blocked)
	case !change.Active && s.blocked != "":
		s.blocked = ""
		close(s.unblock)
		s.unblock = make(chan struct{})
		s.log.Info("the broker takes messages again")
	}
}

// awaitUnblocked waits until RabbitMQ takes messages.
func (s *session) awaitUnblocked(ctx context.Context) error {
	for {
		s.mu.Lock()
		blocked, unblock := s.blocked, s.unblock
		s.mu.Unlock()
		if blocked == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: the broker takes no messages: %s: %w", broker.ErrRefused, blocked, context.Cause(ctx))
		case <-s.over:
			return fmt.Errorf("%w: %w", broker.ErrNoSession, s.err())
		case <-unblock:
		}
	}
}

func (s *session) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.cause != nil:
		return fmt.Errorf("%w: %w", broker.ErrNoSession, s.cause)
	case s.blocked != "":
		return fmt.Errorf("%w: the broker takes no messages: %s", broker.ErrRefused, s.blocked)
	}
	return nil
}

func (s *session) alive() bool {
	select {
	case <-s.over:
		return false
	default:
		return true
	}
}

func (s *session) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// spawn runs something that close waits for, unless the session is over.
func (s *session) spawn(task func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return false
	}
	s.tasks.Go(task)
	return true
}

// do runs a call to the library as a task of the session and waits for it until ctx
// ends. The library has no regard for ctx, and an alarm of RabbitMQ can block what it
// writes: the call itself ends with the session at the latest.
func (s *session) do(ctx context.Context, call func() error) error {
	done := make(chan error, 1)
	if !s.spawn(func() { done <- call() }) {
		return fmt.Errorf("%w: %w", broker.ErrNoSession, s.err())
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", broker.ErrUnconfirmed, context.Cause(ctx))
	}
}

// fail ends the session; the first cause stands.
func (s *session) fail(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = cause
		close(s.over)
	}
}

// close ends the session and waits until all of it is gone. It tells whether a
// connection had to be cut: a lost one always has, and one that RabbitMQ has blocked,
// from which it reads nothing, not even that it is closed.
func (s *session) close(cause error) (cut error) {
	blocked := errors.Is(s.ready(), broker.ErrRefused)
	s.fail(orDefault(cause, errLost))
	patience := s.cfg.CloseTimeout
	if blocked {
		patience = 0
	}
	var both sync.WaitGroup
	var pub, con error
	both.Go(func() { pub = hangUp(s.pub, patience) })
	both.Go(func() { con = hangUp(s.con, s.cfg.CloseTimeout) })
	both.Wait()
	s.tasks.Wait()
	return errors.Join(pub, con)
}
