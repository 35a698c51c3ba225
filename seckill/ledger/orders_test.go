package ledger

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestOrdersAreListedNewestFirst(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale, other := f.sale(map[string]int64{"a": 20, "b": 20}), f.sale(map[string]int64{"a": 20})
		orders := append(f.orders(sale, 6), f.orders(other, 2)...)
		for i := range orders {
			orders[i].Buyer = []string{"ann", "买家"}[i%2]
		}
		orders = f.settle(orders...)
		_, err := f.Cancel(t.Context(), orders[1].ID, orders[1].Buyer)
		require.NoError(t, err)
		newest := slices.Clone(orders)
		slices.Reverse(newest)
		pick := func(which func(i int, o seckill.Order) bool) (out []seckill.ID) {
			for i, o := range newest {
				if which(i, o) {
					out = append(out, o.ID)
				}
			}
			return out
		}

		of, err := f.OrdersOfBuyer(t.Context(), "买家", 0, 0)
		require.NoError(t, err)
		require.Equal(t, pick(func(_ int, o seckill.Order) bool { return o.Buyer == "买家" }), ids(of))
		require.Equal(t, orders[1].Lines, of[len(of)-1].Lines)
		of, err = f.OrdersOfBuyer(t.Context(), "买家", of[0].ID, 2)
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{orders[5].ID, orders[3].ID}, ids(of))
		of, err = f.OrdersOfBuyer(t.Context(), "ANN", 0, 0)
		require.NoError(t, err)
		require.Empty(t, of)

		in, err := f.OrdersOfSale(t.Context(), sale.ID, "", 0, 0)
		require.NoError(t, err)
		require.Equal(t, pick(func(_ int, o seckill.Order) bool { return o.SaleID == sale.ID }), ids(in))
		in, err = f.OrdersOfSale(t.Context(), sale.ID, seckill.OrderAwaitingPayment, orders[5].ID, 3)
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{orders[4].ID, orders[3].ID, orders[2].ID}, ids(in))
		in, err = f.OrdersOfSale(t.Context(), sale.ID, seckill.OrderCancelled, 0, 0)
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{orders[1].ID}, ids(in))

		standings, err := f.Standings(t.Context(), []seckill.ID{orders[0].ID, orders[1].ID, f.id()})
		require.NoError(t, err)
		require.Equal(t, map[seckill.ID]seckill.Standing{
			orders[0].ID: {Status: seckill.OrderAwaitingPayment}, orders[1].ID: {Status: seckill.OrderCancelled}}, standings)
		_, err = f.Order(t.Context(), f.id())
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
		counts, err := f.OrderCounts(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, map[seckill.OrderStatus]int64{seckill.OrderAwaitingPayment: 5, seckill.OrderCancelled: 1}, counts)
	})
}

func TestTheNextHoldToEndIsThatOfTheOldestUnpaidOrder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 20})
		_, found, err := f.NextHoldEnd(t.Context(), sale.ID)
		require.NoError(t, err)
		require.False(t, found)
		orders := f.settle(f.orders(sale, 3)...)
		f.settle(f.orders(f.sale(map[string]int64{"a": 5}), 1)...)
		for i, o := range orders {
			at, found, err := f.NextHoldEnd(t.Context(), sale.ID)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, o.HoldUntil, at, "order %d", i)
			_, err = f.Cancel(t.Context(), o.ID, o.Buyer)
			require.NoError(t, err)
		}
		_, found, err = f.NextHoldEnd(t.Context(), sale.ID)
		require.NoError(t, err)
		require.False(t, found)
	})
}

func TestASnapshotHoldsAllThatRedisMustKnow(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 6, "b": 20})
		fresh, err := f.Snapshot(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, seckill.Snapshot{Sale: sale, Taken: map[string]int64{"a": 0, "b": 0},
			Orders: []seckill.Order{}, Releasing: map[seckill.ID]bool{}, Retaken: map[seckill.ID]bool{}}, fresh)

		orders := f.orders(sale, 8) // of which two find no unit
		orders[4].Buyer, orders[5].RequestKey = "hua ⻘ 7", ""
		_, err = f.Settle(t.Context(), orders)
		require.NoError(t, err)
		f.settle(f.orders(f.sale(map[string]int64{"a": 9}), 3)...)
		f.pay(orders[0])
		f.pay(orders[1])
		f.confirm(orders[0].ID)
		_, err = f.Expire(t.Context(), []seckill.ID{orders[2].ID, orders[3].ID}, start.Add(time.Hour))
		require.NoError(t, err)
		require.NoError(t, f.markReleased(orders[2].ID, orders[7].ID))

		s, err := f.Snapshot(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, int64(8), s.Ticket)
		require.Equal(t, map[seckill.ID]bool{orders[3].ID: true, orders[6].ID: true}, s.Releasing)
		require.ElementsMatch(t, ids(orders), ids(s.Orders))
		for _, o := range s.Orders {
			want, err := f.Order(t.Context(), o.ID)
			require.NoError(t, err)
			want.Amount, want.Reason, want.HoldUntil = 0, "", time.Time{} // what Redis does not keep
			require.Equal(t, want, o)
		}
		for sku, c := range f.counters(sale.ID) {
			require.Equal(t, c.Reserved+c.Sold+c.Releasing, s.Taken[sku])
			require.Equal(t, unitsTaken(s, sku), s.Taken[sku], "what the orders of the snapshot hold")
		}
		require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 6, Reserved: 3, Sold: 1, Releasing: 2}, f.counters(sale.ID)["a"])
	})
}

// More orders than a part holds are given on while the rest is read.
func TestASnapshotComesInParts(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 2 * snapshotPart})
		orders := f.settle(f.orders(sale, snapshotPart+1)...)
		var got []seckill.ID
		parts := 0
		require.NoError(t, f.Ledger.Snapshot(t.Context(), sale.ID, func(part seckill.Snapshot) error {
			parts++
			got = append(got, ids(part.Orders)...)
			require.Equal(t, sale, part.Sale)
			require.Equal(t, map[string]int64{"a": snapshotPart + 1}, part.Taken)
			require.EqualValues(t, len(got), part.Ticket)
			return nil
		}))
		require.Equal(t, 2, parts)
		require.ElementsMatch(t, ids(orders), got)

		gone := errors.New("Redis is gone")
		require.ErrorIs(t, f.Ledger.Snapshot(t.Context(), sale.ID, func(seckill.Snapshot) error { return gone }), gone)
	})
}

func unitsTaken(s seckill.Snapshot, sku string) (n int64) {
	for _, o := range s.Orders {
		if !o.Status.HoldsStock() && !s.Releasing[o.ID] {
			continue
		}
		for _, l := range o.Lines {
			if l.SKU == sku {
				n += l.Quantity
			}
		}
	}
	return n
}

// A reader that compares counters while orders move must never see a unit twice
// or not at all.
func TestCountersAndSnapshotsAreOfOneMoment(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 300})
		orders := f.settle(f.orders(sale, 60)...)
		whileEachOf(t, orders, func(o seckill.Order) error {
			_, err := f.Expire(t.Context(), []seckill.ID{o.ID}, start.Add(time.Hour))
			return err
		}, func() {
			c := f.counters(sale.ID)["a"]
			require.Equal(t, int64(60), c.Reserved+c.Releasing)
		})
		whileEachOf(t, orders, func(o seckill.Order) error {
			return f.markReleased(o.ID)
		}, func() {
			s, err := f.Snapshot(t.Context(), sale.ID)
			require.NoError(t, err)
			require.Equal(t, unitsTaken(s, "a"), s.Taken["a"])
		})
	})
}

// whileEachOf repeats a check while another goroutine moves order after order,
// and once after.
func whileEachOf(t *testing.T, orders []seckill.Order, move func(seckill.Order) error, check func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, o := range orders {
			if err := move(o); err != nil {
				t.Error(err)
			}
		}
	}()
	t.Cleanup(func() { <-done })
	for moving := true; moving; {
		select {
		case <-done:
			moving = false
		default:
		}
		check()
	}
}

func TestEventsStayUntilTheyAreDeleted(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 20})
		orders := f.settle(f.orders(sale, 3)...)
		f.clock.Advance(time.Second)
		f.pay(orders[1])

		batches, err := f.Events(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, batches, 2, "one for each transaction")
		require.Len(t, batches[0].Events, 3)
		paid := orders[1]
		paid.Status = seckill.OrderPaid
		event := seckill.NewEvent(paid, start.Add(time.Second))
		body, err := json.Marshal(event)
		require.NoError(t, err)
		require.Len(t, batches[1].Events, 1)
		require.Equal(t, event.ID, batches[1].Events[0].ID)
		require.Equal(t, event.Type, batches[1].Events[0].Type)
		require.JSONEq(t, string(body), string(batches[1].Events[0].Body))

		first, err := f.Events(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, batches[:1], first)
		for range 2 {
			require.NoError(t, f.EventsPublished(t.Context(), batches[:1], nil))
		}
		left, err := f.Events(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, batches[1:], left)
	})
}
