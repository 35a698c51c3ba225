package rabbit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/seckill-go/seckill/seckill/broker"
)

// Run keeps a session up until ctx ends.
func (b *Broker) Run(ctx context.Context) error {
	if err := b.begin(); err != nil {
		return err
	}
	defer b.end()
	wait := b.cfg.BackoffMin
	failing := false
	for {
		lived := b.attempt(ctx, failing)
		failing = lived == 0
		if ctx.Err() != nil {
			return nil
		}
		if lived > b.cfg.BackoffMax {
			wait = b.cfg.BackoffMin
		}
		// Half of the wait is chance: processes that lost one broker together must
		// not all come back in the same moment.
		if !sleep(ctx, wait/2+rand.N(wait/2+1)) {
			return nil
		}
		wait = min(2*wait, b.cfg.BackoffMax)
	}
}

// attempt connects and stays until the session is lost or ctx ends. It tells how
// long the session lived. A failure after another one says nothing new to an
// operator.
func (b *Broker) attempt(ctx context.Context, failing bool) time.Duration {
	s, err := connect(ctx, b.cfg, b.names, b.log)
	if err != nil {
		if ctx.Err() == nil {
			level := slog.LevelWarn
			if failing {
				level = slog.LevelDebug
			}
			b.log.Log(ctx, level, "no session with the broker, will try again", "error", err)
			b.set(nil, err)
		}
		return 0
	}
	since := time.Now()
	b.set(s, nil)
	b.log.Info("session with the broker is up")
	select {
	case <-ctx.Done():
		b.set(nil, nil)
		if err := s.close(broker.ErrClosed); err != nil {
			b.log.Warn("the session with the broker is cut short: it took no farewell", "error", err)
		} else {
			b.log.Info("session with the broker is closed")
		}
	case <-s.over:
		b.set(nil, s.err())
		_ = s.close(nil) // it is lost
		b.log.Warn("session with the broker is lost, will connect again", "error", s.err())
	}
	return time.Since(since)
}

func (b *Broker) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running || b.ended {
		return fmt.Errorf("%w: Run is called once", broker.ErrInvalid)
	}
	b.running = true
	return nil
}

func (b *Broker) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running, b.ended = false, true
	b.tell()
}

func (b *Broker) set(s *session, lost error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.session, b.lost = s, lost
	b.tell()
}

// tell wakes those who wait; b.mu is held.
func (b *Broker) tell() {
	close(b.state)
	b.state = make(chan struct{})
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

var errLost = errors.New("connection lost")
