package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Redis answers and is full: orders are refused, and everyone who asks is told why. A
// setting says whether the load balancer is.
func TestEveryoneIsToldThatRedisRefusesWrites(t *testing.T) {
	t.Parallel()
	s, _ := onOwnRedis(t, 1, 0)
	stays := start(t, append(s.env, "SECKILL_OPS_READY_NEEDS_WRITES=false"), "web")
	sale := s.openSale(longHold, item{"phone-1", 10, 1})
	redis := s.redis()
	require.NoError(t, redis.ConfigSet(t.Context(), "maxmemory", "1").Err())
	require.Equal(t, 503, sale.buy(0, buyerToken("alice"), "", line{"phone-1", 1}).HTTP)

	leaves := s.webs[0]
	testkit.Eventually(t, func() bool { return get(leaves.opsURL+"/readyz") == 503 }, "it leaves the load balancer")
	a := must(t, "GET", leaves.opsURL+"/readyz", "", nil)
	require.Contains(t, string(a.Body), "refuses writes: out of memory")
	testkit.Eventually(t, func() bool {
		a := must(t, "GET", stays.opsURL+"/readyz", "", nil)
		return a.HTTP == 200 && a.Status == "refusing"
	}, "the other one stays, and says so")
	text := must(t, "GET", leaves.opsURL+"/metrics", "", nil)
	require.Contains(t, string(text.Body), `seckill_ready{check="redis"} 0`)

	var system struct {
		Parts []struct {
			Name, Problem      string
			Connected, Refuses bool
		}
	}
	a = must(t, "GET", s.url(0)+"/api/v1/admin/system", adminToken, nil)
	require.NoError(t, json.Unmarshal(a.Body, &system))
	require.Equal(t, "redis", system.Parts[0].Name)
	require.True(t, system.Parts[0].Connected && system.Parts[0].Refuses, "%s", a.Body)
	require.Contains(t, system.Parts[0].Problem, "out of memory")

	require.NoError(t, redis.ConfigSet(t.Context(), "maxmemory", "0").Err())
	s.awaitReady()
	require.Equal(t, 202, sale.insist(0, buyerToken("alice"), "", "phone-1").HTTP)
}
