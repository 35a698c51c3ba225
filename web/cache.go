package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/seckill-go/seckill/seckill"
)

// errorFresh is how long a kept error is believed at most: what is missing may be
// there in a moment, as a sale is that is being loaded, and buyers wait for it.
const errorFresh = 100 * time.Millisecond

// FetchTimeout bounds a fetch that several requests wait for.
const FetchTimeout = 3 * time.Second

// Cache keeps what a fetch gave for a short time, errors that callers name as
// lasting included, so that a crowd asking for one thing costs one fetch.
type Cache[V any] struct {
	fresh time.Duration
	// Ease times the time that a fetch took is the least for which its value is
	// fresh, so that a slow source is not asked all the time. 0: no such least.
	Ease int
	// Timeout bounds one fetch.
	Timeout time.Duration
	// keepError tells which errors are an answer like any other.
	keepError func(error) bool
	clock     seckill.Clock
	entries   *lru.Cache[seckill.ID, cached[V]]
	flights   singleflight.Group

	mu         sync.Mutex
	generation uint64 // counts calls of Forget; an older fetch is not kept
}

type cached[V any] struct {
	value V
	err   error
	at    time.Time
	fresh time.Duration
}

// NewCache makes a Cache of so many values at most, each fresh for so long.
func NewCache[V any](size int, fresh time.Duration, keepError func(error) bool, clock seckill.Clock) *Cache[V] {
	entries, _ := lru.New[seckill.ID, cached[V]](size) // fails on a size below 1 alone
	return &Cache[V]{fresh: fresh, Timeout: FetchTimeout, keepError: keepError, clock: clock, entries: entries}
}

// Get gives the kept value, or fetches it, once for all that ask at the time. A
// caller whose context ends stops waiting; the fetch goes on for the others.
func (c *Cache[V]) Get(ctx context.Context, id seckill.ID, fetch func(context.Context) (V, error)) (V, error) {
	if e, found := c.kept(id); found {
		return e.value, e.err
	}
	flight := c.flights.DoChan(id.String(), func() (any, error) {
		// A fetch may have come home since this caller looked.
		if e, found := c.kept(id); found {
			return e.value, e.err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Timeout)
		defer cancel()
		return c.fill(ctx, id, fetch)
	})
	var none V
	select {
	case r := <-flight:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(V), nil
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// kept is what is there and fresh.
func (c *Cache[V]) kept(id seckill.ID) (e cached[V], found bool) {
	if e, found = c.entries.Get(id); !found {
		return e, false
	}
	age := c.clock().Sub(e.at)
	return e, age >= 0 && age < e.fresh
}

func (c *Cache[V]) fill(ctx context.Context, id seckill.ID, fetch func(context.Context) (V, error)) (v V, err error) {
	// It runs in a goroutine of singleflight, where a panic ends the process.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a fetch: %v", p)
		}
	}()
	c.mu.Lock()
	generation := c.generation
	c.mu.Unlock()
	at := c.clock()
	v, err = fetch(ctx)
	fresh := max(c.fresh, time.Duration(c.Ease)*c.clock().Sub(at))
	if err != nil {
		fresh = min(fresh, errorFresh)
	}
	if err == nil || c.keepError(err) {
		c.mu.Lock()
		if generation == c.generation {
			c.entries.Add(id, cached[V]{value: v, err: err, at: at, fresh: fresh})
		}
		c.mu.Unlock()
	}
	return v, err
}

// Forget drops one value, a fetch under way included.
func (c *Cache[V]) Forget(id seckill.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.flights.Forget(id.String())
	c.entries.Remove(id)
}
