package gate

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestReleaseGivesUnitsBackOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10), anItem("cup", 10)))
		kept := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		gone := admit(t, g, wish(t, sale, "alice", "", of("phone", 2), of("cup", 3)))

		var crowd sync.WaitGroup
		for range 20 {
			crowd.Go(func() {
				if err := releaseOf(t, g, sale.ID, []seckill.ID{gone.OrderID, newID(), gone.OrderID}); err != nil {
					t.Error(err)
				}
			})
		}
		crowd.Wait()
		c := countersOf(t, g, sale)
		require.Equal(t, int64(9), c["phone"].Available)
		require.Equal(t, int64(10), c["cup"].Available)

		_, err := g.QueuedOrder(t.Context(), sale.ID, gone.OrderID)
		coded(t, err, seckill.CodeNotFound)
		_, err = g.QueuedOrder(t.Context(), sale.ID, kept.OrderID)
		require.NoError(t, err)
		requireInFlight(t, g, sale)
	})
}

func TestReleasedUnitsCanBeBoughtAgain(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		one := anItem("phone", 1)
		one.LimitPerBuyer = 1
		sale := load(t, g, aSale(one))
		for range 3 {
			a := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
			refused(t, g, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeSoldOut)
			require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{a.OrderID}))
		}
	})
}

func TestReleaseNeverMakesMoreThanTheTotal(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 3), anItem("cup", 3)))
		drifted := admit(t, g, wish(t, sale, "alice", "", of("cup", 1), of("phone", 2)))
		fine := admit(t, g, wish(t, sale, "bob", "", of("phone", 1)))
		require.NoError(t, g.cfg.Client.HSet(t.Context(), g.keys(sale.ID).stock(), "phone", 2).Err())

		orders := []seckill.ID{drifted.OrderID, fine.OrderID}
		coded(t, releaseOf(t, g, sale.ID, orders), seckill.CodeConflict)
		c := countersOf(t, g, sale)
		require.Equal(t, int64(3), c["phone"].Available, "the other order was released")
		require.Equal(t, int64(2), c["cup"].Available, "a refused order keeps all of its units")
		_, err := g.QueuedOrder(t.Context(), sale.ID, drifted.OrderID)
		require.NoError(t, err)
	})
}

// A release that was taken for done while the sale is being loaded would lose
// its units: the snapshot may have the order as held.
func TestReleaseIsNotDoneOnASaleThatIsNotThere(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 3))
		coded(t, releaseOf(t, g, sale.ID, []seckill.ID{newID()}), seckill.CodeNotFound)
		begun, _, err := g.beginLoad(t.Context(), sale)
		require.NoError(t, err)
		require.True(t, begun)
		coded(t, releaseOf(t, g, sale.ID, []seckill.ID{newID()}), seckill.CodeUnavailable)
	})
}

func TestReleaseOfManyOrders(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		const total = 2*releasesPerCall + 17
		sale := load(t, g, aSale(anItem("phone", total)))
		var orders []seckill.ID
		for range total / 100 {
			var requests []seckill.Request
			for range 100 {
				requests = append(requests, wish(t, sale, "alice", "", of("phone", 1)))
			}
			for _, o := range batch(t, g, requests...) {
				require.NoError(t, o.err)
				orders = append(orders, o.admission.OrderID)
			}
		}
		require.NoError(t, releaseOf(t, g, sale.ID, orders))
		require.Equal(t, int64(total), countersOf(t, g, sale)["phone"].Available)
	})
}
