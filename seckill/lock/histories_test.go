package lock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Many histories of a few clients on five real servers, in which calls get lost, answers
// get lost, calls arrive late, servers forget everything, holders die, and holders sleep
// and then write without a look. Each history is checked by itself.
func TestNoHistoryHasAStaleWrite(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	seed := cmp.Or(testkit.Seed(), rand.Uint64())
	t.Logf("seed %d", seed)
	var sum tally
	todo, total := make(chan uint64), testkit.Sized(10_000, 60)
	var workers sync.WaitGroup
	for range 24 {
		workers.Go(func() {
			for n := range todo {
				h := newHistory(t, site{s.clients, fmt.Sprintf("%s-%d", s.prefix, n)}, rand.New(rand.NewPCG(seed, n)))
				h.run()
				for _, wrong := range check(h.sections, h.row.value) {
					t.Errorf("history %d of seed %d: %s", n, seed, wrong)
				}
				sum.add(h)
			}
		})
	}
	for n := range total {
		todo <- uint64(n)
	}
	close(todo)
	workers.Wait()
	t.Logf("%d histories: %d holds, %d writes, %d stale writes tried, all refused; %d faults, %d servers forgot all",
		total, sum.holds.Load(), sum.writes.Load(), sum.refused.Load(), sum.faults.Load(), sum.forgot.Load())
	require.Greater(t, sum.writes.Load(), int64(total))
	require.NotZero(t, sum.refused.Load(), "nobody tried what must be refused")
}

type tally struct{ holds, writes, refused, faults, forgot atomic.Int64 }

func (y *tally) add(h *history) {
	y.holds.Add(int64(len(h.sections)))
	y.faults.Add(h.faults.Load())
	y.forgot.Add(h.forgot.Load())
	for _, s := range h.sections {
		if s.wrote {
			y.writes.Add(1)
		} else if s.tried {
			y.refused.Add(1)
		}
	}
}

const (
	historyTTL     = 80 * time.Millisecond
	historyClients = 3
	historyHolds   = 3 // of each client, at most
)

// history is one run of some clients.
type history struct {
	t    *testing.T
	site site
	row  row

	mu       sync.Mutex
	dice     *rand.Rand
	sections []section
	claims   chan struct{} // closed, and made anew, when somebody claims the row

	faults, forgot atomic.Int64
	late           sync.WaitGroup
}

func newHistory(t *testing.T, s site, dice *rand.Rand) *history {
	return &history{t: t, site: s, dice: dice, claims: make(chan struct{})}
}

// chance is one in so many.
func (h *history) chance(in int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dice.IntN(in) == 0
}

func (h *history) run() {
	var clients sync.WaitGroup
	for range historyClients {
		l, err := New(Config{Nodes: h.site.clients, Prefix: h.site.prefix, TTL: historyTTL, Timeout: historyTTL / 4,
			LongestHold: 2 * historyTTL, Wait: 10 * historyTTL, Pause: 10 * time.Millisecond, Logger: discard})
		if err != nil {
			h.t.Error(err)
			return
		}
		for server, way := range interpose(l) {
			way.set(func(ctx context.Context, _ verb, call call) (answer, error) { return h.pass(ctx, server, call) })
		}
		clients.Go(func() {
			for range historyHolds {
				h.hold(l)
			}
			l.Close()
		})
	}
	clients.Wait()
	h.late.Wait()
}

// pass lets a call to a server through, or not.
func (h *history) pass(ctx context.Context, server int, call call) (answer, error) {
	if h.chance(150) {
		h.forgot.Add(1)
		if err := h.site.forget(context.WithoutCancel(ctx), server, "goods"); err != nil {
			h.t.Error(err)
		}
	}
	switch {
	case h.chance(20): // it never arrives
	case h.chance(20): // it arrives, and its answer does not
		_, _ = call(ctx)
	case h.chance(20): // it arrives when nobody waits for it any more
		h.late.Add(1)
		time.AfterFunc(h.moment(), func() {
			defer h.late.Done()
			_, _ = call(context.WithoutCancel(ctx))
		})
	default:
		return call(ctx)
	}
	h.faults.Add(1)
	return answer{}, errCut
}

// moment is some time of which a lock has a few.
func (h *history) moment() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Duration(h.dice.Int64N(int64(2 * historyTTL)))
}

// hold is what a client does once.
func (h *history) hold(l *Lock) {
	s := section{asked: time.Now()}
	held, err := l.Acquire(h.t.Context(), "goods")
	if err != nil {
		return
	}
	s.got, s.fence = time.Now(), held.Fence()
	s.look(held)
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.sections = append(h.sections, s)
	}()

	if h.chance(8) {
		held.stop()
		return
	}
	if s.read, s.claimed = h.row.read(s.fence); !s.claimed {
		_ = held.Release(h.t.Context())
		return
	}
	others := h.claimed()
	if h.chance(3) { // until another has claimed the row, or it is certain that none will
		held.stop()
		select {
		case <-others:
		case <-time.After(3 * historyTTL):
		}
	} else {
		s.look(held)
	}
	s.tried = true
	s.order, s.wrote = h.row.write(s.fence, s.read+1)
	_ = held.Release(h.t.Context())
}

// look notes that the lock is held now, if the holder is told so.
func (s *section) look(held *Held) {
	if now := time.Now(); held.Err() == nil {
		s.sure = now
	}
}

// stop does to a hold what the stop of its process would: nobody extends the lock, and
// nobody is told anything.
func (h *Held) stop() {
	h.end(errStopped)
	h.expiry.Stop()
}

var errStopped = errors.New("the process was stopped")

// claimed tells the others that the row was claimed, and gives what is closed when the
// next one does.
func (h *history) claimed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.claims)
	h.claims = make(chan struct{})
	return h.claims
}
