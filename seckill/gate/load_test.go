package gate

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestLoadingTwiceChangesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))

		moved := sale
		moved.State, moved.Revision, moved.Items = seckill.SalePaused, 9, []seckill.Item{anItem("phone", 99)}
		again, err := loadSnapshot(t, g, seckill.Snapshot{Sale: moved})
		require.NoError(t, err)
		require.False(t, again, "state, revision and totals are no part of the definition")
		require.Equal(t, Counters{Total: 10, Available: 9, InFlight: 1}, countersOf(t, g, sale)["phone"])

		other := sale
		other.EndsAt = sale.EndsAt.Add(time.Minute)
		_, err = loadSnapshot(t, g, seckill.Snapshot{Sale: other})
		coded(t, err, seckill.CodeConflict)
	})
}

func TestSaleReadsWhatWasLoaded(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 10), anItem("cup", 20))
		_, err := g.Sale(t.Context(), sale.ID)
		coded(t, err, seckill.CodeNotFound)
		_, err = g.Counters(t.Context(), sale.ID)
		coded(t, err, seckill.CodeNotFound)
		_, err = g.ReadOutbox(t.Context(), sale.ID, "reader", 1, 0)
		coded(t, err, seckill.CodeNotFound)
		_, err = g.ClaimOutbox(t.Context(), sale.ID, "reader", time.Second, 1)
		coded(t, err, seckill.CodeNotFound)
		_, err = g.SetState(t.Context(), sale.ID, seckill.SalePaused, 9)
		coded(t, err, seckill.CodeNotFound)
		coded(t, g.SetTotal(t.Context(), sale.ID, "phone", 1, 9), seckill.CodeNotFound)

		load(t, g, sale)
		got, err := g.Sale(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, sale, got)

		sales, err := g.Sales(t.Context())
		require.NoError(t, err)
		require.Equal(t, []ActiveSale{{ID: sale.ID, StartsAt: sale.StartsAt, EndsAt: sale.EndsAt, Hold: sale.Hold}}, sales)

		_, err = g.SetState(t.Context(), sale.ID, seckill.SalePaused, 7)
		require.NoError(t, err)
		require.NoError(t, g.SetTotal(t.Context(), sale.ID, "cup", 25, 8))
		sale.State, sale.Revision, sale.Items[1].Total = seckill.SalePaused, 8, 25
		got, err = g.Sale(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, sale, got)
	})
}

// rebuilt is a sale as SQL has it after Redis lost it: more orders than one part
// of a load holds.
func rebuilt() seckill.Snapshot {
	phone, cup := anItem("phone", 5000), anItem("cup", 50)
	phone.LimitPerBuyer, cup.LimitPerBuyer = 2, 2
	s := seckill.Snapshot{Sale: aSale(phone, cup), Taken: map[string]int64{}, Releasing: map[seckill.ID]bool{}}
	order := func(buyer string, status seckill.OrderStatus, releasing bool, lines ...seckill.Line) {
		s.Ticket++
		o := seckill.Order{
			ID: newID(), SaleID: s.Sale.ID, Buyer: buyer, RequestKey: fmt.Sprint("key-", s.Ticket), Ticket: s.Ticket, Lines: lines,
			Amount: 1, Currency: "CNY", Status: status, CreatedAt: s.Sale.StartsAt, HoldUntil: s.Sale.StartsAt.Add(s.Sale.Hold),
		}
		if releasing {
			s.Releasing[o.ID] = true
		}
		if status.HoldsStock() || releasing {
			for _, l := range lines {
				s.Taken[l.SKU] += l.Quantity
			}
		}
		s.Orders = append(s.Orders, o)
	}
	order("alice", seckill.OrderPaid, false, of("phone", 1), of("cup", 2))
	order("alice", seckill.OrderExpired, true, of("phone", 1))
	order("alice", seckill.OrderExpired, false, of("cup", 1))
	order("bob", seckill.OrderCancelled, false, of("phone", 2))
	for i := range 3 * loadPairs {
		order(buyerName(i), seckill.OrderAwaitingPayment, false, of("phone", 1))
	}
	return s
}

func TestRebuiltSaleGoesOnWhereItWas(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		snapshot := rebuilt()
		sale := snapshot.Sale
		ok, err := loadSnapshot(t, g, snapshot)
		require.NoError(t, err)
		require.True(t, ok)
		requireAvailable := func(phones, cups int64) {
			c := countersOf(t, g, sale)
			require.Equal(t, Counters{Total: 5000, Available: phones}, c["phone"])
			require.Equal(t, Counters{Total: 50, Available: cups}, c["cup"])
		}
		phones := int64(5000 - 3*loadPairs - 2)
		requireAvailable(phones, 48)

		e := refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeLimitExceeded)
		require.Equal(t, snapshot.Orders[1].ID, e.OrderID, "the newest order of the item")
		e = refused(t, g, wish(t, sale, "alice", "", of("cup", 1)), seckill.CodeLimitExceeded)
		require.Equal(t, snapshot.Orders[2].ID, e.OrderID)
		again := admit(t, g, wish(t, sale, "bob", "key-4", of("phone", 2)))
		require.Equal(t, seckill.Admission{OrderID: snapshot.Orders[3].ID, Ticket: 4, At: snapshot.Orders[3].CreatedAt,
			HoldUntil: snapshot.Orders[3].HoldUntil, Repeated: true}, again)
		queued, err := g.QueuedOrder(t.Context(), sale.ID, snapshot.Orders[700].ID)
		require.NoError(t, err)
		require.Equal(t, snapshot.Orders[700].Buyer, queued.Buyer)

		// Released already: nothing. Releasing and held: given back.
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{snapshot.Orders[2].ID, snapshot.Orders[3].ID}))
		requireAvailable(phones, 48)
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{snapshot.Orders[1].ID, snapshot.Orders[4].ID}))
		requireAvailable(phones+2, 48)

		require.Equal(t, snapshot.Ticket+1, admit(t, g, wish(t, sale, "alice", "", of("phone", 1))).Ticket)
		require.Len(t, readAll(t, g, sale), 1)
	})
}

func TestOverbookedSnapshotSellsOnlyWhatIsLeftOnceItIsReleased(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 10))
		// All but one are sold, and SQL refused an order of three whose release is
		// pending.
		refusedOrder := seckill.Order{ID: newID(), SaleID: sale.ID, Buyer: "bob", Ticket: 1, Lines: []seckill.Line{of("phone", 3)},
			Amount: 1, Currency: "CNY", Status: seckill.OrderFailed, CreatedAt: sale.StartsAt, HoldUntil: sale.StartsAt}
		_, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale, Taken: map[string]int64{"phone": 12},
			Orders: []seckill.Order{refusedOrder}, Releasing: map[seckill.ID]bool{refusedOrder.ID: true}})
		require.NoError(t, err)
		refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeSoldOut)

		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{refusedOrder.ID}))
		require.Equal(t, Counters{Total: 10, Available: 1}, countersOf(t, g, sale)["phone"])
	})
}

func TestHalfDeadLoadIsStartedOver(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		snapshot := rebuilt()
		sale := snapshot.Sale
		begun, dead, err := g.beginLoad(t.Context(), sale)
		require.NoError(t, err)
		require.True(t, begun)
		k := g.keys(sale.ID)
		require.NoError(t, g.sendParts(t.Context(), sale.ID, dead, keyOrders, []string{"1", "left over"}))
		writeAs := func(loader string) error {
			w := g.newLoadWriter(t.Context(), sale.ID, loader, survivors{})
			defer w.close()
			if err := w.write(snapshot); err != nil {
				return err
			}
			_, err := w.finish(t.Context())
			return err
		}

		refused(t, g, wish(t, sale, "carol", "", of("phone", 1)), seckill.CodeUnavailable)
		_, err = g.Sale(t.Context(), sale.ID)
		coded(t, err, seckill.CodeUnavailable)
		_, err = g.SetState(t.Context(), sale.ID, seckill.SaleReady, 9)
		coded(t, err, seckill.CodeUnavailable)

		expire := func() {
			require.NoError(t, g.cfg.Client.HSet(t.Context(), k.meta(), "loader_until", 1).Err())
		}
		expire()
		begun, _, err = g.beginLoad(t.Context(), sale)
		require.NoError(t, err)
		require.True(t, begun)
		// The dead loader wakes up while another is at it: it may not write.
		coded(t, g.sendParts(t.Context(), sale.ID, dead, keyStock, []string{"phone", "77"}), seckill.CodeUnavailable)
		coded(t, writeAs(dead), seckill.CodeUnavailable)

		expire()
		ok, err := loadSnapshot(t, g, snapshot)
		require.NoError(t, err)
		require.True(t, ok)
		left, err := g.cfg.Client.HExists(t.Context(), k.orders(), "1").Result()
		require.NoError(t, err)
		require.False(t, left, "what the dead loader wrote is gone")

		// Nor when the other is done.
		coded(t, g.sendParts(t.Context(), sale.ID, dead, keyStock, []string{"phone", "77"}), seckill.CodeUnavailable)
		coded(t, writeAs(dead), seckill.CodeUnavailable)
		require.NotEqual(t, int64(77), countersOf(t, g, sale)["phone"].Available)
	})
}

func TestOnlyOneOfManyLoadersLoads(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		snapshot := rebuilt()
		loads := make(chan bool)
		for range 6 {
			g := s.gate(t)
			go func() {
				ok, err := loadSnapshot(t, g, snapshot)
				if err != nil {
					t.Error(err)
				}
				loads <- ok
			}()
		}
		n := 0
		for range 6 {
			if <-loads {
				n++
			}
		}
		require.Equal(t, 1, n)
	})
}

func TestUnloadTakesOnlyWhatIsOver(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		admit(t, g, wish(t, sale, "alice", "k", of("phone", 1)))
		require.Equal(t, "ready", coded(t, g.Unload(t.Context(), sale.ID), seckill.CodeConflict).State)
		_, err := g.SetState(t.Context(), sale.ID, seckill.SaleClosed, 9)
		require.NoError(t, err)
		require.Equal(t, "outbox", coded(t, g.Unload(t.Context(), sale.ID), seckill.CodeConflict).State)
		require.NoError(t, g.Settled(t.Context(), sale.ID, readAll(t, g, sale), nil))

		require.NoError(t, g.Unload(t.Context(), sale.ID))
		require.NoError(t, g.Unload(t.Context(), sale.ID), "twice is fine")
		left, err := g.cfg.Client.Exists(t.Context(), g.keys(sale.ID).all()...).Result()
		require.NoError(t, err)
		require.Zero(t, left)
		sales, err := g.Sales(t.Context())
		require.NoError(t, err)
		require.Empty(t, sales)
	})
}
