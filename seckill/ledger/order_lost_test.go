package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestALostOrderIsToldAndLeavesItsKeyToTheNext(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5})
		lost := f.order(sale, 1)
		next := f.order(sale, 2)
		next.Buyer, next.RequestKey = lost.Buyer, lost.RequestKey

		for range 2 {
			require.NoError(t, f.RecordLost(t.Context(), lost))
		}
		stored, err := f.Order(t.Context(), lost.ID)
		require.NoError(t, err)
		require.Equal(t, seckill.OrderFailed, stored.Status)
		require.Equal(t, seckill.ReasonLost, stored.Reason)
		r, err := f.Settle(t.Context(), []seckill.Order{next, lost})
		require.NoError(t, err)
		require.Len(t, r.Settled, 1)
		require.Equal(t, next.ID, r.Settled[0].ID)
		require.Equal(t, []seckill.ID{lost.ID}, r.Known)

		// Redis is told to give back what it may have taken for it meanwhile.
		pending, err := f.PendingReleases(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, []Release{{SaleID: sale.ID, OrderID: lost.ID}}, pending)
		counters, err := f.Counters(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, int64(1), counters[0].Reserved)
	})
}

func TestAnOrderThatIsRecordedIsNotLost(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5})
		o := f.order(sale, 1)
		_, err := f.Settle(t.Context(), []seckill.Order{o})
		require.NoError(t, err)
		require.NoError(t, f.RecordLost(t.Context(), o))
		stored, err := f.Order(t.Context(), o.ID)
		require.NoError(t, err)
		require.Equal(t, seckill.OrderAwaitingPayment, stored.Status)
	})
}
