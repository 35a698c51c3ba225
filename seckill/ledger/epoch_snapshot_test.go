package ledger

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

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
