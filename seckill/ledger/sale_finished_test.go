package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestSaleIsUnfinishedUntilEachOrderHasEndedAndIsReleased(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5})
		other := f.sale(map[string]int64{"a": 5})
		unfinished := func(want bool, why string) {
			t.Helper()
			got, err := f.Unfinished(t.Context(), sale.ID)
			require.NoError(t, err)
			require.Equal(t, want, got, why)
		}
		f.settle(f.order(other, 1))
		unfinished(false, "nobody has bought; another sale's orders are not its own")

		expiring, paid := f.order(sale, 1), f.order(sale, 2)
		f.settle(expiring, paid)
		unfinished(true, "two await their payment")
		f.pay(paid)
		_, err := f.Expire(t.Context(), []seckill.ID{expiring.ID}, expiring.HoldUntil)
		require.NoError(t, err)
		unfinished(true, "a unit is still to come back to Redis")
		require.NoError(t, f.markReleased(expiring.ID))
		unfinished(false, "a paid order is nobody's wait")

		_, err = f.OpenEpoch(t.Context(), sale.ID)
		require.NoError(t, err)
		stray := f.order(sale, 3)
		f.settle(stray)
		f.pay(stray)
		unfinished(true, "Redis is to be told of it")
		require.NoError(t, f.Adopted(t.Context(), []seckill.ID{stray.ID}))
		unfinished(false, "it has been")
	})
}

func TestClosedAtIsWhenItWasClosed(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5})
		_, err := f.ClosedAt(t.Context(), sale.ID)
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
		f.clock.Advance(time.Hour)
		closed := f.clock.Now()
		_, err = f.TransitionSale(t.Context(), sale.ID, seckill.SaleReady, "operator")
		require.NoError(t, err)
		_, err = f.TransitionSale(t.Context(), sale.ID, seckill.SaleClosed, "operator")
		require.NoError(t, err)
		f.clock.Advance(time.Hour)
		_, err = f.TransitionSale(t.Context(), sale.ID, seckill.SaleClosed, "operator")
		require.NoError(t, err)
		at, err := f.ClosedAt(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, closed, at)
	})
}
