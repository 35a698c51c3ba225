package gate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// Who takes units again and again without paying keeps them from others.
func TestABuyerWhoseOrdersComeBackAgainAndAgainHasToWait(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		cool := func(after int, wait time.Duration) func(*Config) {
			return func(c *Config) { c.CoolDown = CoolDown{After: after, For: wait} }
		}
		g := s.gate(t, cool(2, time.Hour))
		sale := load(t, g, aSale(anItem("phone", 10), anItem("cup", 10)))
		buyAndReturn := func() {
			a := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
			require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{a.OrderID}))
			require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{a.OrderID}), "again, which counts once")
		}
		key := wish(t, sale, "alice", "key", of("phone", 1))
		first := admit(t, g, key)
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{first.OrderID}))
		buyAndReturn()

		err := refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeRateLimited)
		require.Greater(t, err.RetryAfter, 59*time.Minute)
		require.LessOrEqual(t, err.RetryAfter, time.Hour)
		refused(t, g, wish(t, sale, "alice", "", of("cup", 1), of("phone", 1)), seckill.CodeRateLimited)
		again := admit(t, g, key)
		require.Equal(t, first.OrderID, again.OrderID, "a repeated key is answered as ever")
		admit(t, g, wish(t, sale, "alice", "", of("cup", 1)))
		admit(t, g, wish(t, sale, "bob", "", of("phone", 1)))
		require.Equal(t, int64(9), countersOf(t, g, sale)["phone"].Available)

		soon := s.gate(t, cool(2, time.Millisecond))
		require.Eventually(t, func() bool {
			_, err := soon.Admit(t.Context(), wish(t, sale, "alice", "", of("phone", 1)))
			return err == nil
		}, patience, 2*time.Millisecond, "the wait is over")
		refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeRateLimited)
		admit(t, s.gate(t), wish(t, sale, "alice", "", of("phone", 1)))
	})
}

// What he has let go and is not back yet counts against the limit per buyer: so it is
// After - 1 and the limit that a buyer gets at most, however fast he cancels.
func TestABuyerGetsNoMoreOrdersBeforeTheWaitThanTheLimitAllowsAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) { c.CoolDown = CoolDown{After: 2, For: time.Hour} })
		three := anItem("phone", 10)
		three.LimitPerBuyer = 3
		sale := load(t, g, aSale(three))
		var orders []seckill.ID
		for len(orders) < 3 {
			orders = append(orders, admit(t, g, wish(t, sale, "alice", "", of("phone", 1))).OrderID)
		}
		refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeLimitExceeded)
		require.NoError(t, releaseOf(t, g, sale.ID, orders[:1]))
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		require.NoError(t, releaseOf(t, g, sale.ID, orders[1:]))
		refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeRateLimited)
	})
}

// What is not used takes no room in Redis.
func TestReturnsAreNotCountedWhereNobodyHasToWait(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		a := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{a.OrderID}))
		held, err := g.cfg.Client.HGet(t.Context(), g.keys(sale.ID).buyers(), "phone alice").Result()
		require.NoError(t, err)
		require.Equal(t, "0 "+a.OrderID.Short(), held)
	})
}
