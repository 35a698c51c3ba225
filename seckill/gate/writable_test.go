package gate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

func TestARedisThatTakesWritesIsLeftAsItIs(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		require.NoError(t, g.Writable(t.Context()))
		require.Zero(t, g.cfg.Client.Exists(t.Context(), g.proofKey()).Val())
	})
}

func TestARedisThatAnswersAndRefusesWritesIsNamed(t *testing.T) {
	t.Parallel()
	addr, password := testkit.ServiceSet(t, "redis").Redis()
	g := server{addr: addr, password: password, prefix: "test", real: true}.gate(t)
	redis := g.cfg.Client
	set := func(name, value string) func() {
		return func() { require.NoError(t, redis.ConfigSet(t.Context(), name, value).Err()) }
	}
	for why, c := range map[string]struct{ begin, end func() }{
		"out of memory":    {set("maxmemory", "1"), set("maxmemory", "0")},
		"too few replicas": {set("min-replicas-to-write", "1"), set("min-replicas-to-write", "0")},
		"read only":        {func() { require.NoError(t, redis.SlaveOf(t.Context(), "127.0.0.1", "1").Err()) }, func() { require.NoError(t, redis.SlaveOf(t.Context(), "NO", "ONE").Err()) }},
	} {
		c.begin()
		require.NoError(t, g.Ping(t.Context()), why)
		refusal, refuses := seckill.RefusesWrites(g.Writable(t.Context()))
		require.True(t, refuses, why)
		require.Contains(t, refusal.Error(), why)
		c.end()
		require.NoError(t, g.Writable(t.Context()), "after: "+why)
	}
}
