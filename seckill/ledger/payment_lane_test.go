package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// related makes an order of each way, and events about them of which many touch the
// same order or payment, or come twice.
func (f *fixture) related(sale seckill.Sale, prefix string, ticket int64) (orders []seckill.Order, events []seckill.PaymentEvent) {
	for i, way := range []string{"awaiting", "attempt failed", "refund came first", "paid", "cancelled", "expired", "paid late",
		"paid late, then returned", "taken again", "failed", "refund due", "refunded"} {
		payment := fmt.Sprintf("%s-%d", prefix, i)
		o := f.orderAt(sale, way, ticket+int64(i), payment)
		orders = append(orders, o)
		e := func(kind seckill.PaymentEventType, payment string) seckill.PaymentEvent {
			e := event(o, kind, payment)
			e.ID = "test-" + e.ID
			return e
		}
		wrong := e(seckill.PaymentSucceeded, payment+"-wrong")
		wrong.Amount++
		events = append(events, wrong, wrong, e(seckill.PaymentFailed, payment+"-other"), e(seckill.PaymentSucceeded, payment),
			e(seckill.PaymentSucceeded, payment), e(seckill.PaymentSucceeded, payment+"-other"),
			e(seckill.RefundFailed, payment+"-other"), e(seckill.RefundSucceeded, payment), e(seckill.RefundSucceeded, payment+"-other"))
	}
	return orders, events
}

func TestEventsThatArriveTogetherDoWhatTheyDoOneByOne(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 100, "gone": 0})
		apart, single := f.related(sale, "single", 1)
		joined, batch := f.related(sale, "batch", 101)
		var want []applied
		for _, e := range single {
			outcome, order, err := f.ApplyPayment(t.Context(), e)
			want = append(want, applied{outcome, order, err})
		}
		require.Len(t, batch, len(want))
		for i, got := range f.applyPayments(struct{}{}, batch) {
			name := fmt.Sprintf("event %d: %s of %s", i, batch[i].Type, batch[i].PaymentID)
			require.NoError(t, got.err, name)
			require.Equal(t, want[i].outcome, got.outcome, name)
			require.Equal(t, want[i].order.Status, got.order.Status, name)
			require.Equal(t, want[i].order.Reason, got.order.Reason, name)
			a, errA := f.Payment(t.Context(), "standard", single[i].PaymentID)
			b, errB := f.Payment(t.Context(), "standard", batch[i].PaymentID)
			require.Equal(t, seckill.CodeOf(errA), seckill.CodeOf(errB), name)
			require.Equal(t, a.Status, b.Status, name)
		}
		announced := f.announced()
		for i := range apart {
			require.Equal(t, f.status(apart[i].ID), f.status(joined[i].ID))
			require.Equal(t, announced[apart[i].ID], announced[joined[i].ID])
			const retake = "SELECT retake * 10 + stock_state FROM orders WHERE id = ?"
			require.Equal(t, f.count(retake, int64(apart[i].ID)), f.count(retake, int64(joined[i].ID)))
		}
		f.requireAddsUp(sale.ID)
	})
}

// announced lists the types of each order's events.
func (f *fixture) announced() map[seckill.ID][]string {
	f.t.Helper()
	types := map[seckill.ID][]string{}
	for _, event := range f.events() {
		kind, order, _ := strings.Cut(event, " ")
		id, err := seckill.ParseID(order)
		require.NoError(f.t, err)
		types[id] = append(types[id], kind)
	}
	return types
}

func TestPaymentsThatArriveTogetherShareTransactions(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		const n = 128
		sale := f.sale(map[string]int64{"a": n})
		orders := f.settle(f.orders(sale, n)...)
		before := f.count("SELECT COUNT(*) FROM event_outbox")
		var calls []func() error
		for _, o := range orders {
			calls = append(calls, func() error {
				outcome, paid, err := f.ApplyPayment(t.Context(), succeeded(o))
				if err == nil && (outcome != seckill.PaymentApplied || paid.ID != o.ID || paid.Status != seckill.OrderPaid) {
					err = fmt.Errorf("order %d: %s, order %d is %s", o.ID, outcome, paid.ID, paid.Status)
				}
				return err
			})
		}
		race(t, calls...)
		require.Less(t, f.count("SELECT COUNT(*) FROM event_outbox")-before, int64(n/2), "each transaction announces in one row")
		announced := f.announced()
		for _, o := range orders {
			require.Equal(t, seckill.OrderPaid, f.status(o.ID))
			require.Equal(t, []string{"order.awaiting_payment", "order.paid"}, announced[o.ID])
		}
	})
}

func TestAnEventThatFailsDoesNotHarmItsNeighbours(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		trigger := "CREATE TRIGGER refuse BEFORE INSERT ON payment_events FOR EACH ROW" +
			" IF NEW.event_id = 'bad' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'bad'; END IF"
		if f.driver == database.SQLite {
			trigger = "CREATE TRIGGER refuse BEFORE INSERT ON payment_events WHEN NEW.event_id = 'bad' BEGIN SELECT RAISE(ABORT, 'bad'); END"
		}
		require.NoError(t, f.db.Writes.Exec(trigger).Error)
		defer func() { require.NoError(t, f.db.Writes.Exec("DROP TRIGGER refuse").Error) }()
		sale := f.sale(map[string]int64{"a": 20})
		orders := f.settle(f.orders(sale, 11)...)
		events := make([]seckill.PaymentEvent, len(orders))
		for i, o := range orders {
			events[i] = succeeded(o)
		}
		events[4].ID = "bad"
		for i, got := range f.applyPayments(struct{}{}, events) {
			if i == 4 {
				require.ErrorContains(t, got.err, "bad")
				require.Equal(t, seckill.OrderAwaitingPayment, f.status(orders[i].ID))
				continue
			}
			require.NoError(t, got.err)
			require.Equal(t, seckill.PaymentApplied, got.outcome)
			require.Equal(t, seckill.OrderPaid, f.status(orders[i].ID))
		}
	})
}

// Whoever leaves while SQL stands still is told whether his event may have been
// recorded; if not, it never is.
func TestACallerWhoLeavesIsToldIfHisEventWasWithdrawn(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		const n = 20
		sale := f.sale(map[string]int64{"a": n})
		orders := f.settle(f.orders(sale, n)...)
		holding, release, released := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			released <- f.db.Write(t.Context(), func(tx *gorm.DB, _ int) error {
				_, err := f.lockOrders(tx, numbers(ids(orders)), "1 = 1")
				close(holding)
				<-release
				return err
			})
		}()
		<-holding
		ctx, leave := context.WithCancel(t.Context())
		var left sync.WaitGroup
		errs := make([]error, n)
		for i, o := range orders {
			left.Go(func() { _, _, errs[i] = f.ApplyPayment(ctx, succeeded(o)) })
		}
		leave()
		left.Wait()
		for _, err := range errs {
			require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
			require.ErrorIs(t, err, context.Canceled)
		}
		close(release)
		require.NoError(t, <-released)
		f.payments.Close() // which waits for what was taken
		for i, o := range orders {
			recorded := f.count("SELECT COUNT(*) FROM payment_events WHERE event_id = ?", succeeded(o).ID)
			if errors.Is(errs[i], seckill.ErrOutcomeUnknown) {
				require.Equal(t, int64(1), recorded, "what was taken is done before the lane closes")
			} else {
				require.Zero(t, recorded, "what was withdrawn is never done")
			}
		}
		_, _, err := f.ApplyPayment(t.Context(), succeeded(orders[0]))
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
	})
}
