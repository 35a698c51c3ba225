package worker

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

// waited is an audited sale whose one item, a, is sold out: ten orders of one unit each
// hold all that there is.
type waited struct {
	*audited
	offerer *Offerer
	sale    seckill.Sale
	sold    ways
}

func newWaited(t *testing.T) *waited {
	t.Helper()
	w := &waited{audited: newAudited(t)}
	w.sale = w.open("a")
	for n := range 10 {
		w.sold = append(w.sold, w.sells(fmt.Sprintf("buyer-%d", n)))
	}
	for _, step := range []step{inItsEpoch, settled, cleared} {
		step(w.audited, w.sale, w.sold)
	}
	w.offerer = &Offerer{Waitlist: w.ledger, Stock: w.gate, Hold: time.Minute, Leases: freeLease{}, Log: quiet}
	return w
}

func (w *waited) sells(buyer string) *way {
	w.t.Helper()
	r, err := seckill.NewRequest(&w.sale, w.id(), buyer, "", []seckill.Line{{SKU: "a", Quantity: 1}})
	require.NoError(w.t, err)
	_, err = w.gate.Admit(w.t.Context(), r)
	require.NoError(w.t, err)
	entries, err := w.gate.ReadOutbox(w.t.Context(), w.sale.ID, "test", 2, 0)
	require.NoError(w.t, err)
	require.Len(w.t, entries, 1)
	return &way{sku: "a", entry: entries[0].ID, order: entries[0].Orders[0]}
}

func (w *waited) joins(buyer string, quantity int64) seckill.Waiter {
	w.t.Helper()
	p, _, err := w.ledger.Join(w.t.Context(), seckill.Waiter{SaleID: w.sale.ID, Buyer: buyer, SKU: "a", Quantity: quantity, OrderID: w.id()})
	require.NoError(w.t, err)
	return p
}

// comesBack gives back the units of so many of the sold orders.
func (w *waited) comesBack(n int) {
	w.t.Helper()
	back := w.sold[:n]
	w.sold = w.sold[n:]
	for _, step := range []step{expired, released, marked} {
		step(w.audited, w.sale, back)
	}
}

func (w *waited) step() error {
	w.t.Helper()
	_, err := w.offerer.step(w.t.Context())
	return err
}

// settles brings all that is in the outbox into SQL.
func (w *waited) settles() {
	w.t.Helper()
	if orders := w.inFlight(w.sale.ID); len(orders) > 0 {
		_, err := w.ledger.Settle(w.t.Context(), orders)
		require.NoError(w.t, err)
	}
}

// stands asserts how a buyer's place is.
func (w *waited) stands(buyer string, status seckill.WaiterStatus) seckill.Waiter {
	w.t.Helper()
	p, err := w.ledger.Waiter(w.t.Context(), w.sale.ID, buyer)
	require.NoError(w.t, err)
	require.Equal(w.t, status, p.Status, buyer)
	return p
}

// forEverybody asserts how many units anybody can buy.
func (w *waited) forEverybody(n int64) {
	w.t.Helper()
	counters, err := w.gate.Counters(w.t.Context(), w.sale.ID)
	require.NoError(w.t, err)
	require.Equal(w.t, n, counters["a"].ForBuyers())
}

func TestWhatComesBackIsOfferedToThoseWhoWait(t *testing.T) {
	t.Parallel()
	w := newWaited(t)
	w.joins("alice", 1)
	w.joins("bob", 1)
	w.joins("carol", 1)
	require.NoError(t, w.step())
	w.comesBack(2)
	w.forEverybody(0)
	require.NoError(t, w.step())
	w.stands("alice", seckill.WaiterOffering)
	w.settles()
	require.NoError(t, w.step())
	for _, buyer := range []string{"alice", "bob"} {
		p := w.stands(buyer, seckill.WaiterOffered)
		o, err := w.ledger.OrderOfBuyer(t.Context(), p.OrderID, buyer)
		require.NoError(t, err)
		require.Equal(t, seckill.OrderAwaitingPayment, o.Status)
		require.Equal(t, time.Minute, o.HoldUntil.Sub(o.CreatedAt))
		require.Equal(t, []seckill.Line{{SKU: "a", Quantity: 1, Price: 5}}, o.Lines)
	}
	w.stands("carol", seckill.WaiterWaiting)
	w.forEverybody(0)

	// Once nobody waits, what comes back is for everybody.
	_, err := w.ledger.Leave(t.Context(), w.sale.ID, "carol")
	require.NoError(t, err)
	w.comesBack(1)
	require.NoError(t, w.step())
	w.forEverybody(1)
}

func TestAGroupGetsAllOrNothing(t *testing.T) {
	t.Parallel()
	w := newWaited(t)
	w.joins("group", 3)
	w.joins("alice", 1)
	require.NoError(t, w.step())
	w.comesBack(2)
	require.NoError(t, w.step())
	w.stands("group", seckill.WaiterWaiting)
	w.stands("alice", seckill.WaiterOffering)
	w.settles()
	require.NoError(t, w.step())
	w.forEverybody(0) // the one that is left is kept for the group
	w.comesBack(2)
	require.NoError(t, w.step())
	w.stands("group", seckill.WaiterOffering)
	w.settles()
	require.NoError(t, w.step())
	w.stands("group", seckill.WaiterOffered)
	w.forEverybody(0)
}

// When nothing can come back any more, what is left of no use to those who wait is sold.
func TestUnitsOfNoUseToThoseWhoWaitAreForEverybody(t *testing.T) {
	t.Parallel()
	w := newWaited(t)
	w.joins("group", 3)
	require.NoError(t, w.step())
	w.comesBack(2)
	require.NoError(t, w.step())
	w.forEverybody(0)
	paid(w.audited, w.sale, w.sold)
	confirmed(w.audited, w.sale, w.sold)
	require.NoError(t, w.step())
	w.forEverybody(2)
	w.stands("group", seckill.WaiterWaiting)
}

// dying is a gate whose caller dies before it is asked, or before it has answered.
type dying struct {
	offererStock
	asks bool
}

func (d dying) Offer(ctx context.Context, sale seckill.ID, hold time.Duration, requests []seckill.Request) ([]gate.Offered, error) {
	if d.asks {
		_, _ = d.offererStock.Offer(ctx, sale, hold, requests)
	}
	return nil, errors.New("died")
}

// Wherever the process dies, the next one makes the same order, and one.
func TestAnOfferThatIsBegunAnewMakesOneOrder(t *testing.T) {
	t.Parallel()
	for _, asks := range []bool{false, true} {
		t.Run(fmt.Sprint(asks), func(t *testing.T) {
			t.Parallel()
			w := newWaited(t)
			alice := w.joins("alice", 1)
			require.NoError(t, w.step())
			w.comesBack(1)
			w.offerer.Stock = dying{w.gate, asks}
			require.Error(t, w.step())
			w.offerer.Stock = w.gate
			_, err := w.ledger.Leave(t.Context(), w.sale.ID, "alice")
			require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err), "an order may be on its way")
			for range 3 {
				require.NoError(t, w.step())
			}
			orders := w.inFlight(w.sale.ID)
			require.Len(t, orders, 1)
			require.Equal(t, alice.OrderID, orders[0].ID)
			w.settles()
			require.NoError(t, w.step())
			w.stands("alice", seckill.WaiterOffered)
		})
	}
}

func TestWhoHasAsManyAsOneMayIsOfferedNothing(t *testing.T) {
	t.Parallel()
	w := newWaited(t)
	w.joins("buyer-9", 9)
	require.NoError(t, w.step())
	w.comesBack(9)
	require.NoError(t, w.step())
	w.stands("buyer-9", seckill.WaiterLapsed)
	require.NoError(t, w.step())
	w.forEverybody(9)
}

func TestNobodyWaitsForASaleThatIsClosed(t *testing.T) {
	t.Parallel()
	w := newWaited(t)
	w.joins("alice", 1)
	require.NoError(t, w.step())
	w.close(w.sale)
	require.NoError(t, w.step())
	w.stands("alice", seckill.WaiterLapsed)
}

// A worker that died before it took a mark away leaves units that nobody can buy.
func TestAForgottenMarkIsFound(t *testing.T) {
	t.Parallel()
	w := newWaited(t)
	w.comesBack(1)
	require.NoError(t, w.gate.SetWaited(t.Context(), w.sale.ID, "a"))
	w.forEverybody(0)
	require.NoError(t, w.step())
	w.forEverybody(1)
}

// An offer that the gate takes nothing of for now, as in a pause, keeps its units, and its
// place before those who came later.
func TestWhoeverIsBeingOfferedUnitsKeepsThemThroughAPause(t *testing.T) {
	t.Parallel()
	w := newWaited(t)
	alice := w.joins("alice", 1)
	require.NoError(t, w.step())
	w.comesBack(1)
	// A worker has noted the offer, and died; then the sale is paused.
	_, err := w.ledger.MoveWaiters(t.Context(), []int64{alice.ID}, seckill.WaiterWaiting, seckill.WaiterOffering)
	require.NoError(t, err)
	w.turn(seckill.SalePaused)
	for range 3 {
		require.NoError(t, w.step())
		w.forEverybody(0)
	}
	snapshot := w.snapshot()
	require.Equal(t, []string{"a"}, snapshot.Waited, "nor are they anybody's in a Redis that is loaded anew")
	w.joins("bob", 1)
	w.turn(seckill.SaleReady)
	require.NoError(t, w.step())
	w.settles()
	require.NoError(t, w.step())
	w.stands("alice", seckill.WaiterOffered)
	w.stands("bob", seckill.WaiterWaiting)
}

// turn moves the sale to a state, in both systems.
func (w *waited) turn(state seckill.SaleState) {
	w.t.Helper()
	sale, err := w.ledger.TransitionSale(w.t.Context(), w.sale.ID, state, "test")
	require.NoError(w.t, err)
	_, err = w.gate.SetState(w.t.Context(), w.sale.ID, state, sale.Revision)
	require.NoError(w.t, err)
}

// snapshot is the first part of what a load is told.
func (w *waited) snapshot() (first seckill.Snapshot) {
	w.t.Helper()
	require.NoError(w.t, w.ledger.Snapshot(w.t.Context(), w.sale.ID, func(s seckill.Snapshot) error {
		if first.Sale.ID == 0 {
			first = s
		}
		return nil
	}))
	return first
}
