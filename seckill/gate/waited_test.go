package gate

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// offer offers units and wants the orders.
func offer(t testing.TB, g *Gate, hold time.Duration, requests ...seckill.Request) []Offered {
	t.Helper()
	offers, err := g.Offer(t.Context(), requests[0].SaleID, hold, requests)
	require.NoError(t, err)
	require.Len(t, offers, len(requests))
	return offers
}

func TestUnitsThatAreWaitedForGoToNobodyElse(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 2), anItem("cup", 5)))
		gone := admit(t, g, wish(t, sale, "alice", "", of("phone", 2)))
		require.NoError(t, g.SetWaited(t.Context(), sale.ID, "phone"))
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{gone.OrderID}))

		c := countersOf(t, g, sale)["phone"]
		require.Equal(t, int64(2), c.Available, "they are there")
		require.Zero(t, c.ForBuyers(), "and for nobody who comes now")
		refused(t, g, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeSoldOut)
		refused(t, g, wish(t, sale, "bob", "", of("cup", 1), of("phone", 1)), seckill.CodeSoldOut)
		admit(t, g, wish(t, sale, "bob", "", of("cup", 1)))

		const hold = 90 * time.Second
		first, second := wish(t, sale, "carol", "", of("phone", 1)), wish(t, sale, "dave", "", of("phone", 2))
		offers := offer(t, g, hold, first, second)
		require.NoError(t, offers[0].Err)
		require.Equal(t, first.OrderID, offers[0].OrderID)
		require.Equal(t, hold, offers[0].HoldUntil.Sub(offers[0].At), "the offer's own time to pay")
		coded(t, offers[1].Err, seckill.CodeSoldOut)
		entries := readAll(t, g, sale)
		last := entries[len(entries)-1]
		require.Equal(t, hold, last.Hold, "and SQL is told the same")
		require.Equal(t, int64(1), countersOf(t, g, sale)["phone"].Available)

		again := offer(t, g, hold, first)
		require.NoError(t, again[0].Err)
		require.Equal(t, first.OrderID, again[0].OrderID, "the same order, however often it is offered")
		require.Equal(t, int64(1), countersOf(t, g, sale)["phone"].Available)
		requireInFlight(t, g, sale)
	})
}

func TestAMarkIsTakenAwayAsItWasSeen(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 1)))
		require.NoError(t, g.SetWaited(t.Context(), sale.ID, "phone"))
		seen := countersOf(t, g, sale)["phone"].Waited
		require.NoError(t, g.SetWaited(t.Context(), sale.ID, "phone")) // somebody else has come
		cleared, err := g.ClearWaited(t.Context(), sale.ID, "phone", seen)
		require.NoError(t, err)
		require.False(t, cleared)
		refused(t, g, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeSoldOut)
		cleared, err = g.ClearWaited(t.Context(), sale.ID, "phone", countersOf(t, g, sale)["phone"].Waited)
		require.NoError(t, err)
		require.True(t, cleared)
		admit(t, g, wish(t, sale, "bob", "", of("phone", 1)))

		coded(t, g.SetWaited(t.Context(), sale.ID, "cup"), seckill.CodeNotFound)
		coded(t, g.SetWaited(t.Context(), newID(), "phone"), seckill.CodeNotFound)
	})
}

// Whoever remembers that an item is sold out hears that it is for everybody again.
func TestWhatNobodyWaitsForAnyMoreIsOnSaleAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) { c.SoldOutTTL = 10 * time.Second })
		other := s.gate(t)
		run(t, g)
		sale := load(t, g, aSale(anItem("phone", 1)))
		require.NoError(t, g.SetWaited(t.Context(), sale.ID, "phone"))
		for range 3 { // until it is remembered
			refused(t, g, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeSoldOut)
		}
		_, err := other.ClearWaited(t.Context(), sale.ID, "phone", countersOf(t, g, sale)["phone"].Waited)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err := g.Admit(t.Context(), wish(t, sale, "bob", "", of("phone", 1)))
			return err == nil
		}, patience, 5*time.Millisecond)
	})
}

func TestALoadKnowsWhatIsWaitedFor(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 1), anItem("cup", 1))
		_, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale, Waited: []string{"phone"}})
		require.NoError(t, err)
		refused(t, g, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeSoldOut)
		admit(t, g, wish(t, sale, "bob", "", of("cup", 1)))
	})
}

// What was lost was somebody's already.
func TestALostOrderComesBeforeThoseWhoWait(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) {
			c.Journal, c.Lost = 100, func(context.Context, seckill.Order) error { return nil }
		})
		sale := load(t, g, aSale(anItem("phone", 1)))
		a := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		require.NoError(t, g.cfg.Client.Del(t.Context(), g.keys(sale.ID).all()...).Err())
		sale.Epoch++
		_, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale, Waited: []string{"phone"}})
		require.NoError(t, err)
		require.NoError(t, g.HandIn(t.Context(), sale.ID))
		require.Zero(t, countersOf(t, g, sale)["phone"].Available)
		_, err = g.QueuedOrder(t.Context(), sale.ID, a.OrderID)
		require.NoError(t, err)
	})
}
