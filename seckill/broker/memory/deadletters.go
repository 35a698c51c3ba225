package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seckill-go/seckill/seckill/broker"
)

// bury adds a dead letter; b.mu is held.
func (b *Broker) bury(m broker.Message, queue string, attempts int, reason string) error {
	dead := b.queues[broker.QueueDead]
	if b.full(dead) {
		return fmt.Errorf("%w: queue %s is full", broker.ErrRefused, dead.name)
	}
	dead.add(&stored{Message: m, queue: queue, reason: reason, attempts: attempts, died: b.cfg.Clock()})
	return nil
}

// DeadLetters lists the oldest dead letters.
func (b *Broker) DeadLetters(ctx context.Context, limit int) ([]broker.DeadLetter, error) {
	if err := broker.ValidateDeadLetterLimit(limit); err != nil {
		return nil, err
	}
	return b.look(ctx, limit, func(string) bool { return true })
}

// DeadLettersByID finds the dead letters of one message.
func (b *Broker) DeadLettersByID(ctx context.Context, id string) ([]broker.DeadLetter, error) {
	return b.look(ctx, broker.MaxDeadLetters, func(is string) bool { return is == id })
}

// look looks through the oldest dead letters.
func (b *Broker) look(ctx context.Context, most int, wanted func(id string) bool) ([]broker.DeadLetter, error) {
	if err := b.await(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var letters []broker.DeadLetter
	items := b.queues[broker.QueueDead].ready.items
	for _, m := range items[:min(len(items), most)] {
		if wanted(m.ID) {
			letters = append(letters, broker.DeadLetter{
				Message: m.Message, Queue: m.queue, Reason: m.reason, Attempts: m.attempts, At: m.died,
			})
		}
	}
	return letters, nil
}

// Requeue puts dead letters back into their queues.
func (b *Broker) Requeue(ctx context.Context, ids []string) (int, error) {
	if err := b.await(ctx); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	dead := b.queues[broker.QueueDead]
	letters := dead.ready.items
	if len(ids) > 0 {
		letters = letters[:min(len(letters), broker.MaxDeadLetters)]
	}
	gone := make(map[*stored]bool)
	var failed []error
	for _, m := range letters {
		if len(ids) > 0 && !slices.Contains(ids, m.ID) {
			continue
		}
		q, err := b.queue(m.queue)
		if err == nil && b.full(q) {
			err = fmt.Errorf("%w: queue %s is full", broker.ErrRefused, q.name)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("dead letter %s stays: %w", m.ID, err))
			continue
		}
		q.add(&stored{Message: m.Message})
		gone[m] = true
	}
	dead.remove(gone)
	return len(gone), errors.Join(failed...)
}
