package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// inEpoch loads a sale as often as it takes to be in an epoch.
func (f *fixture) inEpoch(sale seckill.Sale, epoch int64) {
	f.t.Helper()
	for {
		s, err := f.OpenEpoch(f.t.Context(), sale.ID)
		require.NoError(f.t, err)
		if s.Sale.Epoch == epoch {
			return
		}
		require.Less(f.t, s.Sale.Epoch, epoch)
	}
}

func (f *fixture) adoptions() []Adoption {
	f.t.Helper()
	all, err := f.Adoptions(f.t.Context(), 0)
	require.NoError(f.t, err)
	return all
}

func TestAnOrderOfAnOlderEpochIsNotedUntilRedisKnowsIt(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		f.inEpoch(sale, 2)
		orders := f.orders(sale, 3)
		orders[0].Epoch, orders[1].Epoch, orders[2].Epoch = 1, 2, 1
		f.settle(orders...)

		noted := f.adoptions()
		require.Len(t, noted, 2, "Redis has the other one")
		require.Equal(t, []seckill.ID{orders[0].ID, orders[2].ID}, []seckill.ID{noted[0].Order.ID, noted[1].Order.ID})
		require.Equal(t, orders[0].Lines, noted[0].Order.Lines)
		again, err := f.Settle(t.Context(), orders)
		require.NoError(t, err)
		require.Len(t, again.Known, 3)
		require.Len(t, f.adoptions(), 2, "a redelivery notes nothing twice")

		f.clock.Advance(sale.Hold)
		_, err = f.Expire(t.Context(), []seckill.ID{orders[2].ID}, f.clock.Now())
		require.NoError(t, err)
		require.False(t, f.adoptions()[1].Released, "Redis has to be told of it, and then to give its units back")
		require.NoError(t, f.markReleased(orders[2].ID))
		require.True(t, f.adoptions()[1].Released)

		for range 2 {
			require.NoError(t, f.Adopted(t.Context(), []seckill.ID{orders[0].ID}))
			require.Len(t, f.adoptions(), 1)
		}
		f.requireAddsUp(sale.ID)
	})
}

func TestAReleaseUnderAnEpochThatIsOverIsDoneAgain(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		f.inEpoch(sale, 1)
		order := f.order(sale, 1)
		order.Epoch = 1
		f.settle(order)
		_, err := f.Cancel(t.Context(), order.ID, order.Buyer)
		require.NoError(t, err)
		pending := []Release{{SaleID: sale.ID, OrderID: order.ID}}

		// Redis released it, then lost that, and was loaded with the order as held.
		f.inEpoch(sale, 2)
		snapshot, err := f.Snapshot(t.Context(), sale.ID)
		require.NoError(t, err)
		require.True(t, snapshot.Releasing[order.ID])
		require.NoError(t, f.MarkReleased(t.Context(), sale.ID, []seckill.ID{order.ID}, 1))
		got, err := f.PendingReleases(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, pending, got)

		require.NoError(t, f.MarkReleased(t.Context(), sale.ID, []seckill.ID{order.ID}, 2))
		got, err = f.PendingReleases(t.Context(), 0)
		require.NoError(t, err)
		require.Empty(t, got)
		require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 10}, f.counters(sale.ID)["a"])
	})
}

// A buyer whose order nobody finds is told that the sale was restored only if it
// was, at a time at which his order can have been lost.
func TestARestoredSaleIsToldApartFromOneThatIsLoadedFirst(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		ordered := start.Add(time.Minute)
		f.inEpoch(sale, 1)
		f.clock.Advance(2 * time.Minute)
		_, found, err := f.RestoredAfter(t.Context(), ordered)
		require.NoError(t, err)
		require.False(t, found)

		f.inEpoch(sale, 2)
		at, found, err := f.RestoredAfter(t.Context(), ordered)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, start.Add(2*time.Minute), at)
		// The id of an order is older than its admission, by a clock that is not Redis's.
		_, found, err = f.RestoredAfter(t.Context(), sale.StartsAt.Add(-time.Second))
		require.NoError(t, err)
		require.True(t, found)
		_, found, err = f.RestoredAfter(t.Context(), at.Add(time.Minute))
		require.NoError(t, err)
		require.False(t, found, "it was accepted after that")
	})
}
