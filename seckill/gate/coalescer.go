package gate

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/seckill-go/seckill/seckill"
)

var (
	errQueueFull = errors.New("too many requests wait for this sale")
	errClosed    = errors.New("the gate is closed")
)

// call is one request on its way through a lane.
type call struct {
	request seckill.Request
	ticket  string // of an order that was admitted before and lost
	state   atomic.Int32
	done    chan outcome // has room for the one outcome
}

type outcome struct {
	admission seckill.Admission
	err       error
}

// A call waits, and then is either taken by a worker or left by its caller.
const (
	callWaits int32 = iota
	callTaken
	callLeft
)

func newCall(r seckill.Request) *call {
	return &call{request: r, done: make(chan outcome, 1)}
}

func (c *call) take() bool { return c.state.CompareAndSwap(callWaits, callTaken) }

// leave tells that the caller is gone. It returns false when a worker was
// faster: then the request may take effect.
func (c *call) leave() bool { return c.state.CompareAndSwap(callWaits, callLeft) }

func (c *call) finish(o outcome) { c.done <- o }

// coalescer brings requests for one sale together: a worker takes all that
// waits, up to the batch limit, and never waits for more to come. So a lone
// request goes at once, and a crowd goes in as few calls as Redis allows.
type coalescer struct {
	batch, workers, limit int
	run                   func(sale seckill.ID, calls []*call)

	mu      sync.Mutex
	lanes   map[seckill.ID]*lane
	closed  bool
	running sync.WaitGroup
}

// lane holds what waits for one sale. It lives while something waits or runs.
type lane struct {
	waiting []*call
	workers int
}

func newCoalescer(batch, workers, limit int, run func(seckill.ID, []*call)) *coalescer {
	return &coalescer{batch: batch, workers: workers, limit: limit, run: run, lanes: map[seckill.ID]*lane{}}
}

// do runs a request with others, and returns its outcome. When ctx ends first,
// the request is withdrawn if nobody has taken it yet.
func (c *coalescer) do(ctx context.Context, r seckill.Request) (seckill.Admission, error) {
	k := newCall(r)
	if err := c.enqueue(k); err != nil {
		return seckill.Admission{}, seckill.Unavailable(err, "too many requests at once")
	}
	select {
	case o := <-k.done:
		return o.admission, o.err
	case <-ctx.Done():
	}
	if k.leave() {
		return seckill.Admission{}, seckill.Unavailable(context.Cause(ctx), "the request ended before its turn")
	}
	return seckill.Admission{}, seckill.Unavailable(errors.Join(seckill.ErrOutcomeUnknown, context.Cause(ctx)), outcomeUnknown)
}

func (c *coalescer) enqueue(k *call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	sale := k.request.SaleID
	l := c.lanes[sale]
	if l == nil {
		l = &lane{}
		c.lanes[sale] = l
	}
	if len(l.waiting) >= c.limit {
		return errQueueFull
	}
	l.waiting = append(l.waiting, k)
	if l.workers < c.workers {
		l.workers++
		c.running.Go(func() { c.work(sale, l) })
	}
	return nil
}

func (c *coalescer) work(sale seckill.ID, l *lane) {
	for {
		calls, ok := c.next(sale, l)
		if !ok {
			return
		}
		if len(calls) > 0 {
			c.run(sale, calls)
		}
	}
}

// next takes a batch; without one it ends the worker.
func (c *coalescer) next(sale seckill.ID, l *lane) ([]*call, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(l.waiting), c.batch)
	if n == 0 {
		l.workers--
		if l.workers == 0 {
			delete(c.lanes, sale)
		}
		return nil, false
	}
	calls := make([]*call, 0, n)
	for _, k := range l.waiting[:n] {
		if k.take() {
			calls = append(calls, k)
		}
	}
	clear(l.waiting[:n])
	l.waiting = l.waiting[n:]
	return calls, true
}

// close refuses new requests and waits until those that were let in are done.
func (c *coalescer) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.running.Wait()
}
