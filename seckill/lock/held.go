package lock

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Held is a lock that somebody has. It is safe for concurrent use.
type Held struct {
	claim *claim
	fence int64
	ctx   context.Context // ends with the hold, the cause tells why
	end   context.CancelCauseFunc

	mu     sync.Mutex
	until  time.Time   // what may be relied on
	last   time.Time   // until can never be later: the longest hold
	expiry *time.Timer // looks again at until

	release sync.Once
	freed   error // of the release
}

// hold begins to watch over a lock that was got by a call that began then.
func (l *Lock) hold(ctx context.Context, c *claim, fence int64, began time.Time) *Held {
	h := &Held{claim: c, fence: fence, last: began.Add(l.cfg.LongestHold)}
	h.ctx, h.end = context.WithCancelCause(ctx)
	h.until = h.reaches(began)
	h.mu.Lock() // expiry is read by what it starts
	h.expiry = time.AfterFunc(time.Until(h.until), func() { _ = h.Err() })
	h.mu.Unlock()
	if l.cfg.ExtendAfter > 0 {
		l.running.Go(func() { h.watch(began) })
	}
	return h
}

// reaches tells until when a lock may be relied on whose TTL began with a call that
// began then.
func (h *Held) reaches(began time.Time) time.Time {
	if until := began.Add(h.claim.lock.cfg.validity()); until.Before(h.last) {
		return until
	}
	return h.last
}

// Fence is higher than that of every holder of this name before. What the lock protects
// has to keep the highest that it saw and refuse lower ones: nothing else stops a holder
// who slept.
func (h *Held) Fence() int64 { return h.fence }

// Context ends as soon as the lock is lost, may be lost, was held for too long, or is
// released; context.Cause tells which. Its Err looks at the clock, as Held.Err does.
func (h *Held) Context() context.Context { return heldContext{h.ctx, h} }

// Err tells why the hold has ended, nil while it has not. It looks at the clock itself:
// in a process that was stopped and goes on, no timer has told anybody yet.
func (h *Held) Err() error {
	h.mu.Lock()
	due, longest := !time.Now().Before(h.until), h.until.Equal(h.last)
	h.mu.Unlock()
	switch {
	case due && longest:
		h.lose(ErrLongestHold)
	case due:
		h.lose(ErrLost)
	}
	return context.Cause(h.ctx)
}

// lose ends the hold, unless it has ended.
func (h *Held) lose(why error) {
	e := ended(why)
	h.end(e)
	if context.Cause(h.ctx) == e {
		h.claim.lock.cfg.Logger.Warn("a lock has ended before its holder was done",
			slog.String("lock", h.claim.name), slog.Int64("fence", h.fence), slog.String("why", why.Error()))
	}
}

// prolong takes note that a majority extended the lock in a call that began then. It comes
// too late when the hold has ended.
func (h *Held) prolong(began time.Time) {
	if h.Err() != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = h.reaches(began)
	h.expiry.Reset(time.Until(h.until))
}

// Release gives the lock back, also when ctx has ended. It tells if the lock had ended
// before, in which case others may have had it since; and if too few nodes answered, in
// which case they free it within one TTL. It changes nothing the second time.
func (h *Held) Release(ctx context.Context) error {
	h.release.Do(func() {
		why := h.Err()
		h.end(ErrReleased)
		h.expiry.Stop()
		h.freed = h.claim.free(ctx)
		if errors.Is(why, ErrLost) || errors.Is(why, ErrLongestHold) {
			h.freed = why
		}
	})
	return h.freed
}

// free releases the lock and waits for a majority to say so.
func (c *claim) free(ctx context.Context) error {
	all, quorum := len(c.asked), c.lock.quorum()
	freed, missing := 0, 0
	var silent []error
	for votes := c.release(ctx); ; {
		switch {
		case freed >= quorum:
			return nil
		case missing > all-quorum:
			return ended(ErrLost)
		case freed+missing+len(silent) == all:
			return seckill.Unavailable(errors.Join(silent...), "the lock cannot be given back; it ends by itself")
		}
		switch v := <-votes; {
		case v.err != nil:
			silent = append(silent, v.err)
		case v.word == kept:
			freed++
		default:
			missing++
		}
	}
}

// heldContext is the context of a hold whose Err looks at the clock.
type heldContext struct {
	context.Context
	held *Held
}

func (c heldContext) Err() error {
	_ = c.held.Err()
	return c.Context.Err()
}
