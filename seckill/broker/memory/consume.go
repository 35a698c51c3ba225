package memory

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/internal/intake"
)

// Consume calls handle with batches until ctx ends.
func (b *Broker) Consume(ctx context.Context, name string, opts broker.ConsumeOptions, handle broker.Handler) error {
	if err := broker.ValidateSource(name); err != nil {
		return err
	}
	opts, err := opts.WithDefaults()
	if err != nil {
		return err
	}
	for {
		if err := b.await(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, broker.ErrNoSession) {
				continue // the publish timeout does not bound a consumer
			}
			return err
		}
		s := subscribe(b, name, opts.Prefetch)
		err := intake.Run(ctx, s, opts, handle, b.cfg.Logger)
		s.leave()
		if err == nil {
			return nil
		}
	}
}

// subscription is one consumer of a queue in one session.
type subscription struct {
	b       *Broker
	q       *queue
	session int
	items   chan intake.Item
	quit    chan struct{}
	pump    sync.WaitGroup

	// The Broker's lock guards these.
	tag  uint64
	open map[uint64]*stored
	room chan struct{} // tells the pump that something was acknowledged
}

func subscribe(b *Broker, name string, prefetch int) *subscription {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &subscription{
		b: b, q: b.queues[name], session: b.session,
		items: make(chan intake.Item, prefetch),
		quit:  make(chan struct{}),
		open:  make(map[uint64]*stored),
		room:  make(chan struct{}, 1),
	}
	s.pump.Go(func() { s.run(prefetch) })
	return s
}

// run moves messages from the queue to items while the prefetch allows.
func (s *subscription) run(prefetch int) {
	defer close(s.items)
	for {
		s.b.mu.Lock()
		if s.over() {
			s.b.mu.Unlock()
			return
		}
		for len(s.open) < prefetch {
			m := s.q.take()
			if m == nil {
				break
			}
			s.tag++
			s.open[s.tag] = m
			// items has room for as many as can be open.
			s.items <- intake.Item{Tag: s.tag, Delivery: broker.Delivery{
				Message: m.Message, Attempt: m.redelivered + 1, Queue: s.q.name,
			}}
		}
		changed, state := s.q.changed, s.b.state
		s.b.mu.Unlock()
		select {
		case <-s.quit:
			return
		case <-changed:
		case <-state:
		case <-s.room:
		}
	}
}

// over tells whether the session of the subscription is gone; the Broker's lock
// is held.
func (s *subscription) over() bool { return !s.b.up || s.b.session != s.session }

// Items yields the deliveries.
func (s *subscription) Items() <-chan intake.Item { return s.items }

// Ack acknowledges one message, or all up to it.
func (s *subscription) Ack(tag uint64, through bool) error {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if s.over() {
		return intake.ErrSessionOver
	}
	for t := range s.open {
		if t == tag || through && t < tag {
			delete(s.open, t)
			s.q.unacked--
		}
	}
	select {
	case s.room <- struct{}{}:
	default:
	}
	return nil
}

// Bury adds a dead letter.
func (s *subscription) Bury(_ context.Context, d broker.Delivery, reason string) error {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if s.over() {
		return intake.ErrSessionOver
	}
	return s.b.bury(d.Message, d.Queue, d.Attempt, reason)
}

// leave gives back what was not acknowledged, in its order.
func (s *subscription) leave() {
	close(s.quit)
	s.pump.Wait()
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	var back []*stored
	for _, tag := range slices.Sorted(maps.Keys(s.open)) {
		m := s.open[tag]
		s.q.unacked--
		m.redelivered++
		if m.redelivered > broker.DeliveryLimit &&
			s.b.bury(m.Message, s.q.name, m.redelivered, "delivery limit") == nil {
			continue
		}
		back = append(back, m)
	}
	s.q.returned = append(back, s.q.returned...)
	s.q.wake()
}
