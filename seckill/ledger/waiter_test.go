package ledger

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// joins gives a buyer a place for units of item a.
func (f *fixture) joins(sale seckill.ID, buyer string, quantity int64) seckill.Waiter {
	f.t.Helper()
	w, joined, err := f.Join(f.t.Context(), seckill.Waiter{SaleID: sale, Buyer: buyer, SKU: "a", Quantity: quantity, OrderID: f.id()})
	require.NoError(f.t, err)
	require.True(f.t, joined)
	return w
}

func (f *fixture) waiting(sale seckill.ID) []int64 {
	f.t.Helper()
	places, err := f.Places(f.t.Context(), sale)
	require.NoError(f.t, err)
	return places["a"]
}

func TestWhoJoinsTwiceKeepsThePlace(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1, "b": 1})
		alice, bob := f.joins(sale.ID, "alice", 1), f.joins(sale.ID, "bob", 2)
		require.Equal(t, []int64{alice.ID, bob.ID}, f.waiting(sale.ID))

		f.clock.Advance(time.Minute)
		again, joined, err := f.Join(t.Context(), seckill.Waiter{SaleID: sale.ID, Buyer: "alice", SKU: "a", Quantity: 1, OrderID: f.id()})
		require.NoError(t, err)
		require.False(t, joined)
		require.Equal(t, alice, again, "with the same order to come")
		for _, other := range []seckill.Waiter{{SKU: "b", Quantity: 1}, {SKU: "a", Quantity: 2}} {
			other.SaleID, other.Buyer, other.OrderID = sale.ID, "alice", f.id()
			_, _, err = f.Join(t.Context(), other)
			requireCode(t, err, seckill.CodeConflict)
		}
		require.Equal(t, []int64{alice.ID, bob.ID}, f.waiting(sale.ID))

		sales, err := f.WaitedSales(t.Context())
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{sale.ID}, sales)
		least, err := f.LeastWanted(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"a": 1}, least)
		snapshot, err := f.Snapshot(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, []string{"a"}, snapshot.Waited)
	})
}

func TestWhoLeavesAndComesBackIsTheLast(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		f.joins(sale.ID, "alice", 1)
		bob := f.joins(sale.ID, "bob", 1)
		for range 2 {
			left, err := f.Leave(t.Context(), sale.ID, "alice")
			require.NoError(t, err)
			require.Equal(t, seckill.WaiterLeft, left.Status)
		}
		require.Equal(t, []int64{bob.ID}, f.waiting(sale.ID))
		again := f.joins(sale.ID, "alice", 1)
		require.Equal(t, []int64{bob.ID, again.ID}, f.waiting(sale.ID))
		_, err := f.Leave(t.Context(), sale.ID, "carol")
		requireCode(t, err, seckill.CodeNotFound)
		_, err = f.Waiter(t.Context(), sale.ID, "carol")
		requireCode(t, err, seckill.CodeNotFound)
	})
}

func TestAPlaceThatIsOfferedUnitsCannotBeLeft(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		alice, bob := f.joins(sale.ID, "alice", 1), f.joins(sale.ID, "bob", 1)
		_, err := f.Leave(t.Context(), sale.ID, "bob")
		require.NoError(t, err)
		moved, err := f.MoveWaiters(t.Context(), []int64{alice.ID, bob.ID}, seckill.WaiterWaiting, seckill.WaiterOffering)
		require.NoError(t, err)
		require.Equal(t, []int64{alice.ID}, moved, "who has left is offered nothing")
		_, err = f.Leave(t.Context(), sale.ID, "alice")
		require.Zero(t, requireCode(t, err, seckill.CodeConflict).OrderID, "there may be no order yet")

		moved, err = f.MoveWaiters(t.Context(), []int64{alice.ID}, seckill.WaiterOffering, seckill.WaiterOffered)
		require.NoError(t, err)
		require.Len(t, moved, 1)
		_, err = f.Leave(t.Context(), sale.ID, "alice")
		require.Equal(t, alice.OrderID, requireCode(t, err, seckill.CodeConflict).OrderID)
		require.Empty(t, f.waiting(sale.ID))
		again := f.joins(sale.ID, "alice", 1)
		require.NotEqual(t, alice.OrderID, again.OrderID, "another wait, another order")
	})
}

func TestAWaitlistEndsWithItsSale(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale, other := f.sale(map[string]int64{"a": 1}), f.sale(map[string]int64{"a": 1})
		f.joins(sale.ID, "alice", 1)
		f.joins(other.ID, "alice", 1)
		require.NoError(t, f.LapseWaiters(t.Context(), sale.ID))
		w, err := f.Waiter(t.Context(), sale.ID, "alice")
		require.NoError(t, err)
		require.Equal(t, seckill.WaiterLapsed, w.Status)
		w, err = f.Leave(t.Context(), sale.ID, "alice")
		require.NoError(t, err)
		require.Equal(t, seckill.WaiterLapsed, w.Status)
		require.Len(t, f.waiting(other.ID), 1)
	})
}

func TestPlacesComeInPages(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		var all []int64
		for n := range 5 {
			all = append(all, f.joins(sale.ID, fmt.Sprintf("buyer-%d", n), 1).ID)
		}
		var got []int64
		for after := int64(0); ; {
			page, err := f.Waiters(t.Context(), WaiterQuery{Sale: sale.ID, Status: seckill.WaiterWaiting, After: after, Limit: 2})
			require.NoError(t, err)
			for _, w := range page {
				got, after = append(got, w.ID), w.ID
			}
			if len(page) < 2 {
				break
			}
		}
		require.Equal(t, all, got)
	})
}

func TestOneBuyerHasOnePlaceHoweverManyClicks(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		var joined sync.Map
		var clicks sync.WaitGroup
		for _, l := range f.processes(2) {
			for range 5 {
				order := f.id()
				clicks.Go(func() {
					w, new, err := l.Join(t.Context(), seckill.Waiter{SaleID: sale.ID, Buyer: "alice", SKU: "a", Quantity: 1, OrderID: order})
					if err != nil {
						t.Error(err)
					}
					if new {
						joined.Store(w.ID, true)
					}
				})
			}
		}
		clicks.Wait()
		n := 0
		joined.Range(func(any, any) bool { n++; return true })
		require.Equal(t, 1, n)
		require.Len(t, f.waiting(sale.ID), 1)
	})
}

func requireCode(t testing.TB, err error, code seckill.Code) *seckill.Error {
	t.Helper()
	var e *seckill.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%v", err)
	return e
}
