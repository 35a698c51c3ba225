package e2e

import (
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// onRedisPair starts processes on a Redis primary with a replica, which sentinels
// watch.
func onRedisPair(t *testing.T, webs, workers int) (*stage, *testkit.RedisPair) {
	pair := testkit.NewRedisPair(t)
	s := onRedis(t, strings.Join(pair.Sentinels, ","), pair.Password, "seckill")
	s.env = append(s.env, "SECKILL_REDIS_MASTER_NAME="+pair.MasterName, "SECKILL_REDIS_SENTINEL_PASSWORD="+pair.SentinelPassword)
	s.launch(webs, workers)
	return s, pair
}

// failover makes the primary of a pair die with orders that its replica never got.
type failover struct {
	t    *testing.T
	pair *testkit.RedisPair
}

// stopReplication freezes the replica and takes its connection away, so that
// nothing that is admitted from now on reaches it.
func (f failover) stopReplication() {
	if err := f.pair.Process(1).Signal(syscall.SIGSTOP); err != nil {
		f.t.Errorf("freeze the replica: %v", err)
	}
	client := redis.NewClient(&redis.Options{Addr: f.pair.Addr(0), Password: f.pair.Password})
	defer client.Close()
	if err := client.ClientKillByFilter(f.t.Context(), "TYPE", "replica").Err(); err != nil {
		f.t.Errorf("disconnect the replica: %v", err)
	}
}

// killPrimary kills the primary and lets the replica go on.
func (f failover) killPrimary() {
	replica := f.pair.Process(1)
	f.pair.Kill(0)
	if err := replica.Signal(syscall.SIGCONT); err != nil {
		f.t.Errorf("thaw the replica: %v", err)
	}
}

func TestARushSurvivesAFailoverThatLosesOrders(t *testing.T) {
	t.Parallel()
	part := testkit.Sized(300, 100) // of the rush
	stage, pair := onRedisPair(t, 2, 1)
	s := stage.openSale(longHold, item{"phone-1", int64(3 * part), 1})
	f := failover{t, pair}
	freeze := sync.OnceFunc(func() {
		// No worker brings to SQL what the replica does not get.
		stage.workers[0].kill()
		f.stopReplication()
	})
	kill := sync.OnceFunc(func() {
		freeze() // has begun, and must be over
		f.killPrimary()
		stage.replaceWorker()
	})
	orders := s.rush(crowd{buyers: 4 * part, clicks: 2, connections: 32, done: func(n int64) {
		switch {
		case n >= int64(2*part):
			kill()
		case n >= int64(part):
			freeze()
		}
	}}, "phone-1")
	require.Equal(t, 1, pair.Primary())
	s.awaitLoads(1, s.workers...)

	became := s.fates(orders)
	again, lost := s.recoveryMetrics()
	t.Logf("%+v, %d taken again, loaded in %v", became, again, s.loads(s.workers...))
	require.Equal(t, len(orders), became.told())
	require.Equal(t, lost, became.lost)
	require.NotZero(t, again, "the failover lost orders")
	it := s.units("phone-1", 0, became)
	require.LessOrEqual(t, it.Available, int64(became.refused))
}

// replaceWorker starts a worker in place of one that is dead.
func (s *stage) replaceWorker() {
	fresh := start(s.t, s.env, "worker")
	stageMu.Lock()
	defer stageMu.Unlock()
	s.workers[0] = fresh
}

func TestOrdersThatNobodyKnowsOfAnyMoreAreExplained(t *testing.T) {
	t.Parallel()
	const before, each, stock = 60, 80, 400
	stage, pair := onRedisPair(t, 2, 1)
	s := stage.openSale(longHold, item{"phone-1", stock, 1})
	lives, dies := s.webs[0], s.webs[1]
	f := failover{t, pair}
	require.Equal(t, fates{payable: before}, s.fates(s.rush(crowd{name: "early", buyers: before, clicks: 1, connections: 8}, "phone-1")))
	s.workers[0].kill()
	f.stopReplication()
	byDead := s.at(dies).rush(crowd{name: "dead", buyers: each, clicks: 1, connections: 8}, "phone-1")
	byLiving := s.at(lives).rush(crowd{name: "living", buyers: each, clicks: 1, connections: 8}, "phone-1")
	last := s.at(lives).buy(0, buyerToken("last"), "", line{"phone-1", 1})
	require.EqualValues(t, before+2*each+1, last.Ticket, "each order has one ticket, and none was left out")

	f.killPrimary()
	dies.kill()
	stage.replace(dies, start(t, stage.env, "web"))
	stage.replaceWorker()
	s.awaitLoads(1, s.workers...)

	living := append(byLiving, told{"last", last.OrderID})
	require.Equal(t, fates{payable: each + 1}, s.fates(living), "of the web process that lives")
	for _, o := range byDead {
		var a answer
		testkit.Eventually(t, func() bool {
			a = s.order(buyerToken(o.buyer), o.order)
			return a.HTTP != 503
		}, "the sale is open again")
		require.True(t, explained(a), "not found, with a word about what happened: %s", a.Body)
	}
	again, lost := s.recoveryMetrics()
	require.Equal(t, each+1, again)
	require.Zero(t, lost, "nobody is left who could count them")
	it := s.units("phone-1", before, fates{payable: each + 1})
	require.EqualValues(t, last.Ticket-it.Reserved, each, "the tickets tell how many are lost")

	// Their buyers can order again, until everything is sold.
	for _, o := range byDead {
		a := s.insist(0, buyerToken(o.buyer), "again", "phone-1")
		require.Equal(t, 202, a.HTTP, "%s", a.Body)
	}
	rest := s.rush(crowd{name: "rest", buyers: stock, clicks: 1, connections: 8}, "phone-1")
	require.EqualValues(t, stock, s.audit()["phone-1"].Reserved)
	require.Equal(t, stock-before-2*each-1, len(rest))
}
