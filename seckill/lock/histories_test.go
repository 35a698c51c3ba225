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
// get lost, calls arrive late, clients cannot reach some servers, servers forget
// everything or have numbers that lie far apart, holders die, and holders sleep and then
// write without a look. Each history is checked by itself.
func TestNoHistoryHasAStaleWrite(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	seed := cmp.Or(testkit.Seed(), rand.Uint64())
	t.Logf("seed %d", seed)
	var sum tally
	todo, total := make(chan uint64), uint64(testkit.Sized(10_000, 60))
	var workers sync.WaitGroup
	for range 30 {
		workers.Go(func() {
			for n := range todo {
				h := newHistory(t, site{s.clients, fmt.Sprintf("%s-%d", s.prefix, n)}, rand.New(rand.NewPCG(seed, n)), sum.ttl())
				h.run()
				for _, wrong := range check(h.sections, h.row.value) {
					t.Errorf("history %d of seed %d: %s", n, seed, wrong)
				}
				sum.add(h)
			}
		})
	}
	// On a machine that is busy there may be more to it than so many, until one of them has
	// seen what this is about.
	n := uint64(0)
	for began := time.Now(); n < total || sum.refused.Load() == 0 && time.Since(began) < patience; n++ {
		todo <- n
	}
	close(todo)
	workers.Wait()
	t.Logf("%d histories: %d holds, %d writes, %d stale writes tried, all refused; %d faults, %d servers forgot all",
		n, sum.holds.Load(), sum.writes.Load(), sum.refused.Load(), sum.faults.Load(), sum.forgot.Load())
	require.NotZero(t, sum.writes.Load())
	require.NotZero(t, sum.refused.Load(), "nobody tried what must be refused")
}

type tally struct{ histories, holds, writes, refused, faults, forgot atomic.Int64 }

// ttl is a longer one where a machine is so busy that few get a lock.
func (y *tally) ttl() time.Duration {
	slow := y.histories.Load() / (y.holds.Load() + 1)
	return historyTTL * time.Duration(min(max(slow, 1), 25))
}

func (y *tally) add(h *history) {
	y.histories.Add(1)
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
	historyHolds   = 2 // of each client, at most
)

// history is one run of some clients.
type history struct {
	t      *testing.T
	site   site
	row    row
	skewed bool // the servers' numbers lie far apart, and none forgets them
	ttl    time.Duration

	mu       sync.Mutex
	dice     *rand.Rand
	sections []section
	claims   chan struct{} // closed, and made anew, when somebody claims the row

	faults, forgot atomic.Int64
	late           sync.WaitGroup
}

func newHistory(t *testing.T, s site, dice *rand.Rand, ttl time.Duration) *history {
	h := &history{t: t, site: s, dice: dice, ttl: ttl, claims: make(chan struct{})}
	if h.skewed = h.chance(2); h.skewed {
		for i, c := range s.clients {
			if err := c.Set(t.Context(), keys{s.prefix}.fence("goods"), int64(1)<<51+int64(i)*1_000_000, 0).Err(); err != nil {
				t.Error(err)
			}
		}
	}
	return h
}

// draw gives a number from 0 on.
func (h *history) draw(below int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dice.IntN(below)
}

// chance is one in so many.
func (h *history) chance(in int) bool { return h.draw(in) == 0 }

// moment is up to some part of a TTL, or some TTLs.
func (h *history) moment(upTo time.Duration) time.Duration { return time.Duration(h.draw(int(upTo))) }

func (h *history) run() {
	var clients sync.WaitGroup
	for range historyClients {
		l, err := New(Config{Nodes: h.site.clients, Prefix: h.site.prefix, TTL: h.ttl, Timeout: h.ttl / 4,
			LongestHold: 3 * h.ttl, Wait: 12 * h.ttl, Pause: h.ttl / 4, Logger: discard})
		if err != nil {
			h.t.Error(err)
			return
		}
		c := &client{history: h, lock: l}
		for server, way := range interpose(l) {
			way.set(func(ctx context.Context, _ verb, call call) (answer, error) { return c.pass(ctx, server, call) })
		}
		clients.Go(func() {
			for range historyHolds {
				c.hold()
			}
			l.Close()
		})
	}
	clients.Wait()
	h.late.Wait()
}

// claimed tells the others that the row was claimed, and gives what is closed when the
// next one does.
func (h *history) claimed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.claims)
	h.claims = make(chan struct{})
	return h.claims
}

// forget makes some of the servers forget everything, or all of them.
func (h *history) forget() {
	if h.skewed {
		return // clocks that far apart are more than a fence bears besides
	}
	all := len(h.site.clients)
	first, servers := h.draw(all), []int{1, 2, all}[h.draw(3)]
	for i := range servers {
		h.forgot.Add(1)
		if err := h.site.forget(h.t.Context(), (first+i)%all, "goods"); err != nil {
			h.t.Error(err)
		}
	}
}

// client is one process of a history.
type client struct {
	*history
	lock *Lock
	cut  [5]atomic.Bool // the servers that it cannot reach
}

// cutOff is from so many servers, others than before.
func (c *client) cutOff(servers int) {
	first := c.draw(len(c.cut))
	for i := range c.cut {
		c.cut[(first+i)%len(c.cut)].Store(i < servers)
	}
}

// pass lets a call to a server through, or not.
func (c *client) pass(ctx context.Context, server int, call call) (answer, error) {
	switch {
	case c.cut[server].Load():
	case c.chance(80): // it never arrives
	case c.chance(80): // it arrives, and its answer does not
		_, _ = call(ctx)
	case c.chance(80): // it arrives when nobody waits for it any more
		c.late.Add(1)
		time.AfterFunc(c.moment(2*c.ttl), func() {
			defer c.late.Done()
			_, _ = call(context.WithoutCancel(ctx))
		})
	default:
		return call(ctx)
	}
	c.faults.Add(1)
	return answer{}, errCut
}

// hold is what a client does once.
func (c *client) hold() {
	c.cutOff(c.draw(3))
	s := section{asked: time.Now()}
	held, err := c.lock.Acquire(c.t.Context(), "goods")
	if err != nil {
		return
	}
	s.got, s.fence = time.Now(), held.Fence()
	s.look(held)
	c.use(&s, held)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sections = append(c.sections, s)
}

func (c *client) use(s *section, held *Held) {
	if c.chance(8) { // it dies
		held.stop()
		return
	}
	defer func() { _ = held.Release(c.t.Context()) }()
	if s.read, s.claimed = c.row.read(s.fence); !s.claimed {
		return
	}
	others := c.claimed()
	if c.chance(2) {
		c.forget()
	}
	if c.chance(4) { // it sleeps until another has claimed the row, or none will any more
		held.stop()
		select {
		case <-others:
		case <-time.After(3 * c.ttl):
		}
	} else {
		if c.chance(3) {
			c.cutOff(3)
		}
		s.work(held, c.moment(2*c.ttl))
	}
	s.tried = true
	s.order, s.wrote = c.row.write(s.fence, s.read+1)
}

// work goes on for a while, as long as the lock is held, and looks again and again.
func (s *section) work(held *Held, while time.Duration) {
	end, again := time.After(while), time.NewTicker(5*time.Millisecond)
	defer again.Stop()
	for {
		s.look(held)
		select {
		case <-again.C:
		case <-held.Context().Done():
			return
		case <-end:
			return
		}
	}
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
