package gate

import (
	"context"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

func throughSentinels(t *testing.T, pair *testkit.RedisPair) redis.UniversalClient {
	c := NewClient(ClientOptions{Addrs: pair.Sentinels, MasterName: pair.MasterName, SentinelPassword: pair.SentinelPassword, Password: pair.Password})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestClientThroughSentinelsKeepsWhatTheGateNeeds(t *testing.T) {
	t.Parallel()
	c := NewClient(ClientOptions{Addrs: []string{"127.0.0.1:1", "127.0.0.1:2"}, MasterName: "sale"})
	defer c.Close()
	require.IsType(t, &redis.Client{}, c, "one server at a time, never a cluster that reads from replicas")
	o := c.(*redis.Client).Options()
	assert.Equal(t, 0, o.MaxRetries, "never sent again: -1 is kept as 0")
	assert.True(t, o.ContextTimeoutEnabled)
	assert.Equal(t, 1, o.DialerRetries)
	assert.Equal(t, 2, o.Protocol)
	assert.Greater(t, o.DialTimeout, o.ReadTimeout, "a sentinel that hangs could not be left")
	require.NoError(t, checkClient(c))
}

// runID tells which server answers.
func runID(t *testing.T, c redis.UniversalClient) string {
	ctx, cancel := context.WithTimeout(t.Context(), defaultTimeout)
	defer cancel()
	return c.InfoMap(ctx, "server").Item("Server", "run_id")
}

func TestClientFollowsThePrimaryThatSentinelsName(t *testing.T) {
	t.Parallel()
	pair := testkit.NewRedisPair(t)
	c := throughSentinels(t, pair)
	write := func(key string) bool {
		ctx, cancel := context.WithTimeout(t.Context(), defaultTimeout)
		defer cancel()
		return c.Set(ctx, key, 1, 0).Err() == nil
	}
	require.True(t, write("before"))
	before, old := runID(t, c), pair.Primary()

	pair.Kill(old)
	testkit.Eventually(t, func() bool { return write("after") }, "the new primary takes writes")
	after := runID(t, c)
	require.NotEqual(t, before, after)

	// The old one comes back in the belief that it is the primary.
	pair.Start(old, "")
	for i := range 50 {
		require.True(t, write("later"+strconv.Itoa(i)))
		require.Equal(t, after, runID(t, c))
	}
}

// A planned failover leaves the old primary alive: connections to it must not
// go on to be used, not even for reads.
func TestClientLeavesAPrimaryThatWasDemoted(t *testing.T) {
	t.Parallel()
	pair := testkit.NewRedisPair(t)
	c := throughSentinels(t, pair)
	require.NoError(t, c.Set(t.Context(), "n", 0, 0).Err())
	before, old := runID(t, c), pair.Primary()
	sentinel := redis.NewSentinelClient(&redis.Options{Addr: pair.Sentinels[0], Password: pair.SentinelPassword})
	defer sentinel.Close()
	require.NoError(t, sentinel.Failover(t.Context(), pair.MasterName).Err())
	testkit.Eventually(t, func() bool { return pair.Primary() != old }, "the sentinels have a new primary")

	testkit.Eventually(t, func() bool { id := runID(t, c); return id != "" && id != before }, "the client goes to the new primary")
	for range 50 {
		require.NotEqual(t, before, runID(t, c), "a read went to the replica")
	}
}

func TestNewConnectionsToAReplicaAreRefused(t *testing.T) {
	t.Parallel()
	pair := testkit.NewRedisPair(t)
	options := func(server int) *redis.Options {
		return &redis.Options{Addr: pair.Addr(server), Password: pair.Password, Protocol: 2, MaxRetries: -1, OnConnect: refuseReplica}
	}
	primary, replica := redis.NewClient(options(0)), redis.NewClient(options(1))
	defer primary.Close()
	defer replica.Close()
	require.NoError(t, primary.Ping(t.Context()).Err())
	require.ErrorContains(t, replica.Ping(t.Context()).Err(), "not the primary")
}

// The client knows one sentinel, which tells it of the others and then hangs:
// those are asked.
func TestASentinelThatHangsIsLeft(t *testing.T) {
	t.Parallel()
	pair := testkit.NewRedisPair(t)
	proxy := testkit.NewProxy(t, pair.Sentinels[0])
	c := NewClient(ClientOptions{Addrs: []string{proxy.Addr}, MasterName: pair.MasterName,
		SentinelPassword: pair.SentinelPassword, Password: pair.Password, PoolSize: 1})
	defer c.Close()
	require.NoError(t, c.Ping(t.Context()).Err())
	proxy.Pause()
	require.NoError(t, pair.Process(pair.Primary()).Signal(syscall.SIGSTOP))
	testkit.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return c.Set(ctx, "n", 1, 0).Err() == nil
	}, "the client hears of the new primary from another sentinel")
}
