package gate

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// withoutClock makes a client of a cluster that never looks by itself who has which
// slots, so that it learns of a change only from what goes wrong.
func withoutClock(t *testing.T, c *testkit.RedisCluster, change ...func(*redis.ClusterOptions)) *redis.ClusterClient {
	o := clientOptions(ClientOptions{Addrs: c.Addrs[:], Password: c.Password}).Cluster()
	o.ClusterStateReloadInterval = time.Hour
	for _, f := range change {
		f(o)
	}
	client := newClusterClient(o)
	t.Cleanup(func() { client.Close() })
	return client
}

// soon bounds one call as the gate does.
func soon(t *testing.T, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(t.Context(), defaultTimeout)
	defer cancel()
	return do(ctx)
}

// masterOf tells which server has the slot of a key.
func masterOf(t *testing.T, c *testkit.RedisCluster, key string) (master, slot int) {
	slot = c.Slot(key)
	master = c.Master(slot)
	require.GreaterOrEqual(t, master, 0)
	return master, slot
}

func promoted(t *testing.T, c *testkit.RedisCluster, slot, old int) {
	t.Helper()
	testkit.Eventually(t, func() bool { m := c.Master(slot); return m >= 0 && m != old }, "a replica is promoted")
}

func TestAClusterClientGoesToThePromotedReplicaAtOnce(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*testkit.RedisCluster, int) error{
		"master killed": func(c *testkit.RedisCluster, master int) error { c.Kill(master); return nil },
		"master frozen": func(c *testkit.RedisCluster, master int) error {
			return c.Process(master).Signal(syscall.SIGSTOP)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := testkit.NewRedisCluster(t)
			client := withoutClock(t, c)
			write := func() error {
				return soon(t, func(ctx context.Context) error { return client.Set(ctx, "{a}", 1, 0).Err() })
			}
			require.NoError(t, write())
			old, slot := masterOf(t, c, "{a}")
			require.NoError(t, lose(c, old))
			testkit.Eventually(t, func() bool { return write() != nil }, "the master is missed")
			promoted(t, c, slot, old)
			began := time.Now()
			testkit.Eventually(t, func() bool { return write() == nil }, "the client found the new master")
			t.Logf("%v after the promotion", time.Since(began).Round(time.Millisecond))
		})
	}
}

// A master that dies must not take along what every other server can tell.
func TestTheTimeIsToldWhileAMasterIsDead(t *testing.T) {
	t.Parallel()
	c := testkit.NewRedisCluster(t)
	g, err := New(Config{Client: withoutClock(t, c)})
	require.NoError(t, err)
	t.Cleanup(g.Close)
	_, err = g.Now(t.Context())
	require.NoError(t, err)
	c.Kill(0)
	for range 300 {
		_, err = g.Now(t.Context())
		require.NoError(t, err)
	}
}

// throughProxies makes a client reach each server of a cluster through a proxy.
func throughProxies(t *testing.T, c *testkit.RedisCluster) (client *redis.ClusterClient, proxies map[string]*testkit.Proxy) {
	proxies = map[string]*testkit.Proxy{}
	for _, addr := range c.Addrs {
		proxies[addr] = testkit.NewProxy(t, addr)
	}
	return withoutClock(t, c, func(o *redis.ClusterOptions) {
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, proxies[addr].Addr)
		}
	}), proxies
}

func TestAClusterClientSendsNothingAgainThatMayHaveBeenRun(t *testing.T) {
	t.Parallel()
	c, prefix := testkit.SharedRedisCluster(t)
	direct := withoutClock(t, c)
	client, proxies := throughProxies(t, c)
	for name, incr := range map[string]func(ctx context.Context, key string) error{
		"one command": func(ctx context.Context, key string) error { return client.Incr(ctx, key).Err() },
		"a pipeline": func(ctx context.Context, key string) error {
			_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, key); return nil })
			return err
		},
		"a transaction": func(ctx context.Context, key string) error {
			_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, key); return nil })
			return err
		},
	} {
		key := prefix + name
		master, _ := masterOf(t, c, key)
		proxy := proxies[c.Addrs[master]]
		require.NoError(t, incr(t.Context(), key), name)
		proxy.LoseAnswers()
		failed := make(chan error, 1)
		go func() { failed <- incr(t.Context(), key) }()
		testkit.Eventually(t, func() bool { n, _ := direct.Get(t.Context(), key).Int(); return n == 2 }, "the command was run")
		proxy.Restore() // closes the connection without the answer, and takes new ones
		err := <-failed
		require.Error(t, err, name)
		assert.False(t, notExecuted(err), "%s: it is not known whether it was run: %v", name, err)
		n, err := direct.Get(t.Context(), key).Int()
		require.NoError(t, err)
		assert.Equal(t, 2, n, name)
	}
}

// clusterGate makes a gate on a cluster that belongs to the test.
func clusterGate(t *testing.T, c *testkit.RedisCluster) *Gate {
	return server{cluster: c.Addrs[:], password: c.Password, prefix: "test", real: true}.gate(t,
		func(cfg *Config) { cfg.Timeout = defaultTimeout })
}

func TestASaleIsFencedWhenItsReplicaIsPromotedAndOpensAgain(t *testing.T) {
	t.Parallel()
	c := testkit.NewRedisCluster(t)
	g, other := clusterGate(t, c), clusterGate(t, c)
	run(t, other)
	sale := load(t, g, aSale(anItem("phone", 10)))
	first := wish(t, sale, "alice", "k", of("phone", 1))
	admit(t, g, first)
	old, slot := masterOf(t, c, g.keys(sale.ID).meta())
	c.Kill(old)
	promoted(t, c, slot, old)
	testkit.Eventually(t, func() bool {
		intact, err := g.Intact(t.Context(), sale.ID)
		return err == nil && !intact
	}, "the sale is fenced")
	refused(t, g, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeUnavailable)
	testkit.Eventually(t, func() bool {
		loaded, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale})
		return err == nil && loaded
	}, "the sale is loaded anew")
	testkit.Eventually(t, func() bool {
		_, err := other.Admit(t.Context(), wish(t, sale, "carol", "", of("phone", 1)))
		return err == nil
	}, "another process sells it too")

	// News reaches who listens, wherever the channel has its master now.
	order := newID()
	heard, stop := other.Watch(order)
	defer stop()
	testkit.Eventually(t, func() bool {
		_ = g.Publish(t.Context(), seckill.Change{OrderID: order, Status: seckill.OrderPaid})
		return len(heard) > 0
	}, "the subscription is made again")
}

func TestTheSalesOfOtherMastersSellOnWhileOneIsDead(t *testing.T) {
	t.Parallel()
	c := testkit.NewRedisCluster(t)
	g := clusterGate(t, c)
	dying := load(t, g, aSale(anItem("phone", 10)))
	dead, slot := masterOf(t, c, g.keys(dying.ID).meta())
	lives := dying
	for at := dead; at == dead; at, _ = masterOf(t, c, g.keys(lives.ID).meta()) {
		lives = load(t, g, aSale(anItem("phone", 1000)))
	}
	c.Kill(dead)
	for n := 0; n < 10 || c.Master(slot) < 0; n++ {
		admit(t, g, wish(t, lives, buyerName(n), "", of("phone", 1)))
		refused(t, g, wish(t, dying, buyerName(n), "", of("phone", 1)), seckill.CodeUnavailable)
		if n == 900 {
			break // the promotion takes its time
		}
	}
}

// While a slot moves, its keys may lie on two servers: then nobody gets in, and
// everybody is told that he did not.
func TestASaleWhoseSlotMovesRefusesClearlyAndGoesOnWithAllOrders(t *testing.T) {
	t.Parallel()
	c := testkit.NewRedisCluster(t)
	g := clusterGate(t, c)
	sale := load(t, g, aSale(anItem("phone", 100)))
	first := wish(t, sale, "alice", "k", of("phone", 1))
	told := admit(t, g, first)
	returned := admit(t, g, wish(t, sale, "bob", "", of("phone", 1)))
	require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{returned.OrderID}))
	from, slot := masterOf(t, c, g.keys(sale.ID).meta())
	to := (from + 1) % 3
	shut := func(when string) {
		t.Helper()
		e := refused(t, g, wish(t, sale, "carol", "", of("phone", 1)), seckill.CodeUnavailable)
		require.False(t, errors.Is(e, seckill.ErrOutcomeUnknown), "%s: %v", when, e)
		refused(t, g, first, seckill.CodeUnavailable)
	}

	move, err := c.MoveSlot(slot, to)
	require.NoError(t, err)
	admit(t, g, wish(t, sale, "dora", "", of("phone", 1)))
	_, err = move.MoveKeys(4)
	require.NoError(t, err)
	shut("its keys lie on two servers")
	_, err = move.MoveKeys(100)
	require.NoError(t, err)
	shut("its keys lie on the new server, which does not own the slot yet")
	require.NoError(t, move.Finish())
	shut("it has moved, and was loaded elsewhere")

	loaded, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale})
	require.NoError(t, err)
	require.True(t, loaded)
	require.EqualValues(t, Counters{Total: 100, Available: 97, InFlight: 3}, countersOf(t, g, sale)["phone"], "the outbox has moved too")
	retry := first
	retry.OrderID = newID()
	require.Equal(t, told.OrderID, admit(t, g, retry).OrderID)
	admit(t, g, wish(t, sale, "carol", "", of("phone", 1)))
}
