package coalesce

import (
	"context"
	"errors"
	"sync"

	"github.com/seckill-go/seckill/seckill"
)

var (
	// ErrFull is the cause where too many calls of one key wait already.
	ErrFull = errors.New("too many calls wait")
	// ErrClosed is the cause after Close.
	ErrClosed = errors.New("no more calls are taken")
)

// Config says how calls are brought together.
type Config[K comparable, In, Out any] struct {
	// Batch is the most calls that go together, Workers is how many batches of one
	// key run at once, Limit is the most calls of one key that wait. All are 1 or
	// more. Required.
	Batch, Workers, Limit int
	// Gather lets another worker begin only once as many calls wait as the others have
	// under way: it would take the first that comes, and have nobody to share with. For
	// batches that cost much however few calls they have. Calls wait longer for it.
	Gather bool
	// Run does what the calls of one key ask for, and returns what becomes of each,
	// in their order. The callers' contexts do not end it, so it has to end by
	// itself. Required.
	Run func(key K, calls []In) []Out
	// Unknown is for people: what a caller is told who leaves while his call is
	// under way. Required.
	Unknown string
}

// Lanes brings calls together by their key. It is safe for concurrent use.
type Lanes[K comparable, In, Out any] struct {
	cfg Config[K, In, Out]

	mu      sync.Mutex
	lanes   map[K]*lane[In, Out]
	closed  bool
	running sync.WaitGroup
}

// lane holds what waits for one key. It lives while something waits or runs.
type lane[In, Out any] struct {
	waiting  []*call[In, Out]
	workers  int
	underWay int // calls that workers have taken, until they look for the next ones
}

// New makes lanes. They have no worker until there is work.
func New[K comparable, In, Out any](cfg Config[K, In, Out]) *Lanes[K, In, Out] {
	return &Lanes[K, In, Out]{cfg: cfg, lanes: map[K]*lane[In, Out]{}}
}

// Do runs a call with others and returns what became of it. An error is
// seckill.CodeUnavailable: too much waits, the lanes are closed, or ctx ended. When
// it ends before a worker has taken the call, the call is withdrawn; after that the
// error is seckill.ErrOutcomeUnknown too.
func (l *Lanes[K, In, Out]) Do(ctx context.Context, key K, in In) (Out, error) {
	var none Out
	c := newCall[In, Out](in)
	if err := l.enqueue(key, c); err != nil {
		return none, seckill.Unavailable(err, "too many requests at once")
	}
	select {
	case out := <-c.done:
		return out, nil
	case <-ctx.Done():
	}
	if c.leave() {
		return none, seckill.Unavailable(context.Cause(ctx), "the request ended before its turn")
	}
	return none, seckill.Unavailable(errors.Join(seckill.ErrOutcomeUnknown, context.Cause(ctx)), "%s", l.cfg.Unknown)
}

// Start lets a call run with others, and nobody hears what becomes of it. The error is
// ErrFull or ErrClosed.
func (l *Lanes[K, In, Out]) Start(key K, in In) error {
	return l.enqueue(key, newCall[In, Out](in))
}

func (l *Lanes[K, In, Out]) enqueue(key K, c *call[In, Out]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	own := l.lanes[key]
	if own == nil {
		own = &lane[In, Out]{}
		l.lanes[key] = own
	}
	if len(own.waiting) >= l.cfg.Limit {
		return ErrFull
	}
	own.waiting = append(own.waiting, c)
	if own.workers < l.cfg.Workers && l.enough(own) {
		own.workers++
		l.running.Go(func() { l.work(key, own) })
	}
	return nil
}

func (l *Lanes[K, In, Out]) work(key K, own *lane[In, Out]) {
	var had int
	for {
		calls, ok := l.next(key, own, had)
		if !ok {
			return
		}
		if had = len(calls); had == 0 {
			continue
		}
		l.run(key, calls)
	}
}

// enough tells whether so much waits that a worker is worth while. The last one always
// is: nothing else is under way then.
func (l *Lanes[K, In, Out]) enough(own *lane[In, Out]) bool {
	return !l.cfg.Gather || len(own.waiting) >= own.underWay
}

// next takes a batch for a worker that is done with so many calls; without one, or
// enough for one, it ends the worker.
func (l *Lanes[K, In, Out]) next(key K, own *lane[In, Out], had int) ([]*call[In, Out], bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own.underWay -= had
	n := min(len(own.waiting), l.cfg.Batch)
	if n == 0 || !l.enough(own) {
		own.workers--
		if own.workers == 0 {
			delete(l.lanes, key)
		}
		return nil, false
	}
	calls := make([]*call[In, Out], 0, n)
	for _, c := range own.waiting[:n] {
		if c.take() {
			calls = append(calls, c)
		}
	}
	clear(own.waiting[:n])
	own.waiting = own.waiting[n:]
	own.underWay += len(calls)
	return calls, true
}

func (l *Lanes[K, In, Out]) run(key K, calls []*call[In, Out]) {
	in := make([]In, len(calls))
	for i, c := range calls {
		in[i] = c.in
	}
	for i, out := range l.cfg.Run(key, in) {
		calls[i].done <- out
	}
}

// Close refuses new calls and waits until those that were let in are done.
func (l *Lanes[K, In, Out]) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.running.Wait()
}
