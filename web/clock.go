package web

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

const (
	clockFresh   = 10 * time.Second
	clockTimeout = 500 * time.Millisecond
)

// RedisClock tells Redis's time, which alone opens and closes a sale, so that a
// page counts down to the true moment. It keeps the distance to the own clock
// and measures it again from time to time; without Redis it goes on by the last
// one.
type RedisClock struct {
	gate  Gate
	own   seckill.Clock
	ahead atomic.Int64 // nanoseconds that Redis is ahead of the own clock

	measuring sync.Mutex
	measured  atomic.Int64 // own unix nanoseconds of the last try
}

func newRedisClock(g Gate, own seckill.Clock) *RedisClock {
	return &RedisClock{gate: g, own: own}
}

// Now is the time on Redis.
func (r *RedisClock) Now(ctx context.Context) time.Time {
	now := r.own()
	since := now.UnixNano() - r.measured.Load()
	if (since < 0 || since >= int64(clockFresh)) && r.measuring.TryLock() {
		r.measure(ctx)
		r.measuring.Unlock()
		now = r.own()
	}
	return now.Add(time.Duration(r.ahead.Load()))
}

// Lead is how far Redis's clock was ahead of the own one when it was measured last.
func (r *RedisClock) Lead() time.Duration { return time.Duration(r.ahead.Load()) }

func (r *RedisClock) measure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, clockTimeout)
	defer cancel()
	before := r.own()
	redis, err := r.gate.Now(ctx)
	after := r.own()
	r.measured.Store(after.UnixNano())
	if err == nil {
		r.ahead.Store(int64(redis.Sub(before.Add(after.Sub(before) / 2))))
	}
}
