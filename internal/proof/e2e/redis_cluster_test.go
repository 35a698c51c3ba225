package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// onCluster starts processes on a Redis Cluster that belongs to the test.
func onCluster(t *testing.T, webs, workers int) (*stage, *testkit.RedisCluster) {
	cluster := testkit.NewRedisCluster(t)
	s := onRedis(t, strings.Join(cluster.Addrs[:], ","), cluster.Password, "seckill")
	s.launch(webs, workers)
	return s, cluster
}

// stream is buyers who come one after the other, on some connections, until it is
// stopped. Each wants one unit and insists.
type stream struct {
	s    sale
	stop chan struct{}
	busy sync.WaitGroup

	mu     sync.Mutex
	orders []told
	latest time.Time // when the latest order was accepted
}

func (s sale) stream(name string, connections int) *stream {
	st := &stream{s: s, stop: make(chan struct{})}
	for c := range connections {
		st.busy.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-st.stop:
					return
				case <-time.After(10 * time.Millisecond): // the next one comes
					st.buyer(c, fmt.Sprintf("%s-%d-%d", name, c, n))
				}
			}
		})
	}
	return st
}

func (st *stream) buyer(web int, name string) {
	a := st.s.insist(web, buyerToken(name), "key", "phone-1")
	if a.HTTP != 202 && a.HTTP != 200 {
		st.s.t.Errorf("%s was answered %d %s", name, a.HTTP, a.Body)
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.orders, st.latest = append(st.orders, told{name, a.OrderID}), time.Now()
}

// soldAfter waits for an order that was accepted after the moment.
func (st *stream) soldAfter(moment time.Time) (at time.Time) {
	st.s.t.Helper()
	testkit.Eventually(st.s.t, func() bool {
		st.mu.Lock()
		defer st.mu.Unlock()
		at = st.latest
		return at.After(moment)
	}, "the sale sells")
	return at
}

func (st *stream) end() []told {
	close(st.stop)
	st.busy.Wait()
	return st.orders
}

// openWithin is how soon after the promotion of a replica a sale must sell. On a
// machine that does other things the test allows far more, which is still far less
// than the minute that a client believes in what it knows of a cluster.
func openWithin() time.Duration {
	if testkit.Soaking() {
		return 3 * time.Second
	}
	return 30 * time.Second
}

func TestASaleOnAClusterOpensSoonAfterTheDeathOfItsMaster(t *testing.T) {
	alone(t)
	began := time.Now()
	stage, cluster := onCluster(t, 2, 1)
	s := stage.openSale(longHold, item{"phone-1", 50_000, 1})
	slot := cluster.Slot(s.key("meta"))
	load := s.stream("buyer", 8)
	for range testkit.Sized(10, 1) {
		load.soldAfter(time.Now())
		old := cluster.Master(slot)
		require.GreaterOrEqual(t, old, 0)
		killed := time.Now()
		cluster.Kill(old)
		testkit.Eventually(t, func() bool { m := cluster.Master(slot); return m >= 0 && m != old }, "a replica is promoted")
		promoted := time.Now()
		closed := load.soldAfter(promoted).Sub(promoted)
		t.Logf("promoted %v after the kill, selling %v later", promoted.Sub(killed).Round(time.Millisecond), closed.Round(time.Millisecond))
		require.LessOrEqual(t, closed, openWithin())

		cluster.Start(old)
		testkit.Eventually(t, cluster.Whole, "the old master is a replica of the new one")
		require.True(t, cluster.IsReplica(old))
	}
	s.allTold(load.end())
	for _, p := range append(s.webs, s.workers...) {
		p.requireOrderlyLog(time.Since(began))
	}
}

// requireOrderlyLog checks that the log has nothing but the service's own lines, and
// that those which a client library wanted to say hundreds of times are few.
func (p *process) requireOrderlyLog(runs time.Duration) {
	p.t.Helper()
	said := 0
	for line := range strings.Lines(p.logged()) {
		require.True(p.t, strings.HasPrefix(line, "{"), "a line that is not the service's: %s", line)
		if strings.Contains(line, "a client library says") {
			said++
		}
	}
	const kinds = 5
	require.LessOrEqual(p.t, said, kinds*(1+int(runs/(10*time.Second))))
}

// allTold checks that each order that a buyer was told of can be paid, or that he is
// told why not, and that the stock adds up.
func (s sale) allTold(orders []told) {
	s.t.Helper()
	f := s.fates(orders)
	again, lost := s.recoveryMetrics()
	s.t.Logf("%d orders: %+v, %d taken again, loaded in %v", len(orders), f, again, s.loads(s.workers...))
	require.Equal(s.t, len(orders), f.told())
	require.Equal(s.t, lost, f.lost)
	s.units("phone-1", 0, f)
}

func TestASaleOnAClusterSellsOnWhileItsSlotMoves(t *testing.T) {
	alone(t)
	stage, cluster := onCluster(t, 2, 1)
	s := stage.openSale(longHold, item{"phone-1", 50_000, 1})
	slot := cluster.Slot(s.key("meta"))
	s.buyAndCancelOne("canceller") // so that the sale has all the keys that it can have
	testkit.Eventually(t, func() bool { return s.audit()["phone-1"].Available == 50_000 }, "the unit is back")
	load := s.stream("buyer", 8)
	for range testkit.Sized(3, 1) {
		load.soldAfter(time.Now())
		to := (cluster.Master(slot) + 1) % 3
		move, err := cluster.MoveSlot(slot, to)
		require.NoError(t, err)
		// Everybody meets the slot in each state that it can be in.
		answered := func(when string) {
			t.Helper()
			a := s.buy(0, buyerToken("early"), "key", line{"phone-1", 1})
			require.Contains(t, []int{200, 202, 503}, a.HTTP, "%s: %s", when, a.Body)
		}
		answered("begun")
		_, err = move.MoveKeys(3)
		require.NoError(t, err)
		answered("keys on two servers")
		_, err = move.MoveKeys(100)
		require.NoError(t, err)
		answered("keys on the new server")
		require.NoError(t, move.Finish())
		moved := time.Now()
		closed := load.soldAfter(moved).Sub(moved)
		t.Logf("selling %v after the slot has moved", closed.Round(time.Millisecond))
		require.LessOrEqual(t, closed, openWithin())
	}
	early := s.insist(0, buyerToken("early"), "key", "phone-1")
	require.Contains(t, []int{200, 202}, early.HTTP, "%s", early.Body)
	s.allTold(append(load.end(), told{"early", early.OrderID}))
}
