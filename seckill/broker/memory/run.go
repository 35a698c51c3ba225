package memory

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill/broker"
)

// Run opens the broker and ends the holds whose time has come, until ctx ends.
func (b *Broker) Run(ctx context.Context) error {
	if err := b.begin(); err != nil {
		return err
	}
	b.cfg.Logger.Info("broker is up", "kind", "in-process")
	defer b.cfg.Logger.Info("broker is closed", "kind", "in-process")
	defer b.end()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Stop()
		if at, ok := b.endHolds(time.Now()); ok {
			timer.Reset(time.Until(at))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-b.holds:
		}
	}
}

// retryHold is when the end of a hold is tried again that the full QueueExpire
// would not take.
const retryHold = 100 * time.Millisecond

// endHolds moves what has been held long enough to QueueExpire, and tells when
// to come again.
func (b *Broker) endHolds(now time.Time) (next time.Time, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	expire := b.queues[broker.QueueExpire]
	for _, q := range b.queues {
		if q.ttl == 0 {
			continue
		}
		for q.ready.len() > 0 {
			at := q.ready.front().held.Add(q.ttl)
			if at.After(now) {
				next, ok = earlier(next, ok, at)
				break
			}
			if b.full(expire) {
				return now.Add(retryHold), true
			}
			m := q.ready.pop()
			m.redelivered = 0
			expire.add(m)
		}
	}
	return next, ok
}

func earlier(a time.Time, has bool, b time.Time) (time.Time, bool) {
	if has && a.Before(b) {
		return a, true
	}
	return b, true
}

func (b *Broker) full(q *queue) bool { return q.length() >= b.cfg.MaxQueueLength }
