package lock

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Lock gives locks by name to one holder at a time. It is safe for concurrent use.
type Lock struct {
	cfg     Config
	nodes   []node
	running sync.WaitGroup // calls to nodes, and watchdogs
}

// New makes a Lock; it does not connect yet.
func New(cfg Config) (*Lock, error) {
	cfg.fill()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	l := &Lock{cfg: cfg}
	for _, client := range cfg.Nodes {
		l.nodes = append(l.nodes, newRedisNode(client, cfg.Prefix))
	}
	return l, nil
}

// Close waits until nothing is under way to a node any more, which is soon once every
// holder has released and no Acquire runs.
func (l *Lock) Close() { l.running.Wait() }

// Option changes one Acquire.
type Option func(*wish)

// wish is what one Acquire asks for.
type wish struct {
	name  string
	above int64
}

// maxAbove leaves numbers above it that a script computes exactly.
const maxAbove = 1<<53 - 1<<20

// Above makes the fence higher than n: the number in a row that refused a lower one. It
// is needed only where the nodes lost more than they can make up for (see the package's
// documentation), so a holder that is not refused need not read the row for it.
func Above(n int64) Option { return func(w *wish) { w.above = n } }

const maxName = 128

func newWish(name string, options []Option) (wish, error) {
	w := wish{name: name}
	for _, o := range options {
		o(&w)
	}
	if name == "" || len(name) > maxName || strings.ContainsAny(name, "{} \t\r\n") {
		return w, seckill.Invalid("name", "must be 1 to %d bytes without braces and spaces", maxName)
	}
	if w.above < 0 || w.above > maxAbove {
		return w, seckill.Invalid("above", "must be 0 to %d", int64(maxAbove))
	}
	return w, nil
}

// Acquire gets the lock of a name, and tries again while it cannot, for as long as
// Config.Wait. Then it is a CodeConflict with ErrTaken where others had it, and
// CodeUnavailable where no majority of the nodes answered and may vote.
//
// Nobody queues: whoever asks at the right moment gets it. Held.Context derives from ctx.
// Whoever gets a Held has to Release it.
func (l *Lock) Acquire(ctx context.Context, name string, options ...Option) (*Held, error) {
	w, err := newWish(name, options)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	for tries := 1; ; tries++ {
		held, err := l.try(ctx, w)
		if err == nil {
			return held, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		pause := l.pause(tries)
		if time.Since(began)+pause > l.cfg.Wait {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// pause is different each time, so that those who kept each other from a majority do not
// meet again and again, and longer after some tries.
func (l *Lock) pause(tries int) time.Duration {
	pause := l.cfg.Pause * time.Duration(min(tries, mostPauses))
	return pause/2 + rand.N(pause)
}

// quorum is the fewest nodes of which any two such sets have one in common.
func (l *Lock) quorum() int { return len(l.nodes)/2 + 1 }

// call asks one node. It is not cut short when a caller goes: a call that was, might
// reach the node after all, and nobody would know.
func (l *Lock) call(ctx context.Context, node int, v verb, name string, args ...any) (answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.cfg.Timeout)
	defer cancel()
	return l.nodes[node].run(ctx, v, name, args...)
}
