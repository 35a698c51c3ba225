package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestAnOrderHasOneOpenPayment(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		o := f.settle(f.orders(sale, 1)...)[0]
		want := seckill.Payment{ID: "p1", OrderID: o.ID, Provider: "standard", Amount: o.Amount, Currency: "CNY", Status: "open", CreatedAt: start}

		first, err := f.CreatePayment(t.Context(), o.ID, o.Buyer, "standard", "p1")
		require.NoError(t, err)
		require.Equal(t, want, first)
		second, err := f.CreatePayment(t.Context(), o.ID, o.Buyer, "standard", "p2")
		require.NoError(t, err)
		require.Equal(t, want, second)
		read, err := f.Payment(t.Context(), "standard", "p1")
		require.NoError(t, err)
		require.Equal(t, want, read)
		_, err = f.Payment(t.Context(), "standard", "p2")
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))

		f.apply(event(o, seckill.PaymentFailed, "p1"), seckill.PaymentApplied)
		third, err := f.CreatePayment(t.Context(), o.ID, o.Buyer, "standard", "p3")
		require.NoError(t, err)
		require.Equal(t, "p3", third.ID, "a failed payment makes room for another")
	})
}

func TestConcurrentCallsToPayGetTheSamePayment(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		o := f.settle(f.orders(sale, 1)...)[0]
		var got [6]seckill.Payment
		var calls []func() error
		for i := range got {
			calls = append(calls, func() (err error) {
				got[i], err = f.CreatePayment(t.Context(), o.ID, o.Buyer, "standard", fmt.Sprintf("p%d", i))
				return
			})
		}
		race(t, calls...)
		for _, p := range got {
			require.Equal(t, got[0], p)
		}
		require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM payments"))
	})
}

func TestWhoCannotPay(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.settle(f.orders(sale, 3)...)
		f.pay(orders[0])
		_, err := f.Cancel(t.Context(), orders[1].ID, orders[1].Buyer)
		require.NoError(t, err)
		for name, c := range map[string]struct {
			id           seckill.ID
			buyer, newID string
			code         seckill.Code
			state        seckill.OrderStatus
		}{
			"paid":              {orders[0].ID, orders[0].Buyer, "n1", seckill.CodeConflict, seckill.OrderPaid},
			"cancelled":         {orders[1].ID, orders[1].Buyer, "n2", seckill.CodeConflict, seckill.OrderCancelled},
			"another's":         {orders[2].ID, orders[0].Buyer, "n3", seckill.CodeNotFound, ""},
			"nobody's":          {f.id(), orders[0].Buyer, "n4", seckill.CodeNotFound, ""},
			"an id that exists": {orders[2].ID, orders[2].Buyer, "pay-" + orders[0].ID.String(), seckill.CodeInternal, ""},
			"no id":             {orders[2].ID, orders[2].Buyer, "", seckill.CodeInvalidRequest, ""},
		} {
			_, err := f.CreatePayment(t.Context(), c.id, c.buyer, "standard", c.newID)
			require.Equal(t, c.code, seckill.CodeOf(err), "%s: %v", name, err)
			require.Equal(t, string(c.state), conflictState(err), name)
		}
	})
}

// Every status that an order can have meets every event.
func TestWhatAnEventDoesToAnOrder(t *testing.T) {
	const same, other = "p1", "p2" // p1 is the payment that the order's way went over
	cases := []struct {
		way     string // how the order came where it is
		kind    seckill.PaymentEventType
		payment string
		outcome seckill.PaymentOutcome
		status  seckill.OrderStatus
		after   string // the payment's status; empty: nobody knows of one
	}{
		{"awaiting", seckill.PaymentSucceeded, same, seckill.PaymentApplied, seckill.OrderPaid, "succeeded"},
		{"awaiting", seckill.PaymentSucceeded, other, seckill.PaymentApplied, seckill.OrderPaid, "succeeded"},
		{"awaiting", seckill.PaymentFailed, same, seckill.PaymentApplied, seckill.OrderAwaitingPayment, "failed"},
		{"awaiting", seckill.PaymentFailed, other, seckill.PaymentIgnored, seckill.OrderAwaitingPayment, ""},
		{"awaiting", seckill.RefundFailed, other, seckill.PaymentIgnored, seckill.OrderAwaitingPayment, ""},
		{"awaiting", seckill.RefundSucceeded, same, seckill.PaymentApplied, seckill.OrderAwaitingPayment, "refunded"},
		{"awaiting", seckill.RefundSucceeded, other, seckill.PaymentApplied, seckill.OrderAwaitingPayment, "refunded"},
		{"awaiting", seckill.RefundFailed, same, seckill.PaymentIgnored, seckill.OrderAwaitingPayment, "open"},
		{"attempt failed", seckill.PaymentSucceeded, same, seckill.PaymentApplied, seckill.OrderPaid, "succeeded"},
		{"attempt failed", seckill.PaymentFailed, same, seckill.PaymentDuplicate, seckill.OrderAwaitingPayment, "failed"},
		{"refund came first", seckill.PaymentSucceeded, same, seckill.PaymentDuplicate, seckill.OrderAwaitingPayment, "refunded"},
		{"paid", seckill.PaymentSucceeded, same, seckill.PaymentDuplicate, seckill.OrderPaid, "succeeded"},
		{"paid", seckill.PaymentSucceeded, other, seckill.PaymentRefundDue, seckill.OrderPaid, "refund_due"},
		{"paid", seckill.PaymentFailed, same, seckill.PaymentIgnored, seckill.OrderPaid, "succeeded"},
		{"paid", seckill.RefundSucceeded, same, seckill.PaymentApplied, seckill.OrderPaid, "refunded"},
		{"expired", seckill.PaymentSucceeded, same, seckill.PaymentLate, seckill.OrderExpired, "late"},
		{"expired", seckill.PaymentSucceeded, other, seckill.PaymentLate, seckill.OrderExpired, "late"},
		{"expired", seckill.PaymentFailed, same, seckill.PaymentApplied, seckill.OrderExpired, "failed"},
		{"cancelled", seckill.PaymentSucceeded, same, seckill.PaymentLate, seckill.OrderCancelled, "late"},
		{"paid late", seckill.PaymentSucceeded, same, seckill.PaymentLate, seckill.OrderExpired, "late"},
		{"paid late", seckill.PaymentSucceeded, other, seckill.PaymentRefundDue, seckill.OrderExpired, "refund_due"},
		{"paid late", seckill.PaymentFailed, same, seckill.PaymentIgnored, seckill.OrderExpired, "late"},
		{"paid late", seckill.RefundFailed, same, seckill.PaymentIgnored, seckill.OrderExpired, "late"},
		{"paid late", seckill.RefundSucceeded, same, seckill.PaymentApplied, seckill.OrderExpired, "refunded"},
		{"paid late, then returned", seckill.PaymentSucceeded, same, seckill.PaymentDuplicate, seckill.OrderExpired, "refunded"},
		{"paid late, then returned", seckill.PaymentSucceeded, other, seckill.PaymentRefundDue, seckill.OrderRefundDue, "refund_due"},
		{"taken again", seckill.PaymentSucceeded, same, seckill.PaymentDuplicate, seckill.OrderPaid, "succeeded"},
		{"taken again", seckill.PaymentSucceeded, other, seckill.PaymentRefundDue, seckill.OrderPaid, "refund_due"},
		{"failed", seckill.PaymentSucceeded, same, seckill.PaymentRefundDue, seckill.OrderRefundDue, "refund_due"},
		{"refund due", seckill.PaymentSucceeded, same, seckill.PaymentDuplicate, seckill.OrderRefundDue, "refund_due"},
		{"refund due", seckill.PaymentSucceeded, other, seckill.PaymentRefundDue, seckill.OrderRefundDue, "refund_due"},
		{"refund due", seckill.RefundSucceeded, same, seckill.PaymentApplied, seckill.OrderRefunded, "refunded"},
		{"refund due", seckill.RefundFailed, same, seckill.PaymentRefundDue, seckill.OrderRefundDue, "refund_due"},
		{"refunded", seckill.RefundSucceeded, same, seckill.PaymentDuplicate, seckill.OrderRefunded, "refunded"},
		{"refunded", seckill.PaymentSucceeded, same, seckill.PaymentDuplicate, seckill.OrderRefunded, "refunded"},
		{"refunded", seckill.PaymentSucceeded, other, seckill.PaymentRefundDue, seckill.OrderRefunded, "refund_due"},
		{"awaiting", "payment.pondered", same, seckill.PaymentIgnored, seckill.OrderAwaitingPayment, "open"},
	}
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 100, "gone": 0})
		for i, c := range cases {
			name := fmt.Sprintf("%s, %s of %s", c.way, c.kind, c.payment)
			o := f.orderAt(sale, c.way, int64(i+1), fmt.Sprintf("%s-%d", same, i))
			announcements := func() int64 { return f.count("SELECT COUNT(*) FROM event_outbox") }
			before := announcements()
			payment := fmt.Sprintf("%s-%d", c.payment, i)
			e := event(o, c.kind, payment)
			e.ID = "test-" + e.ID

			order := f.apply(e, c.outcome)
			require.Equal(t, c.status, order.Status, name)
			require.Equal(t, c.status, f.status(o.ID), name)
			p, err := f.Payment(t.Context(), "standard", payment)
			require.Equal(t, c.after == "", seckill.CodeOf(err) == seckill.CodeNotFound, name)
			require.Equal(t, c.after, p.Status, name)
			if order.Status != o.Status || c.kind == seckill.RefundSucceeded && c.status == seckill.OrderPaid {
				before++
			}
			require.Equal(t, before, announcements(), name)

			// The very same event again is a duplicate, whatever it did, unless it is
			// still to be decided about, or nothing is done for its type.
			again := seckill.PaymentDuplicate
			if c.outcome == seckill.PaymentLate || !c.kind.Known() {
				again = c.outcome
			}
			order = f.apply(e, again)
			require.Equal(t, c.status, order.Status, name)
			require.Equal(t, before, announcements(), name)
		}
		f.requireAddsUp(sale.ID)
	})
}

// orderAt makes an order that came to where a way leads, by payment.
func (f *fixture) orderAt(sale seckill.Sale, way string, ticket int64, payment string) seckill.Order {
	f.t.Helper()
	o := f.order(sale, ticket, line("a", 1))
	if way == "failed" {
		o.Lines = []seckill.Line{line("gone", 1)}
	}
	_, err := f.Settle(f.t.Context(), []seckill.Order{o})
	require.NoError(f.t, err)
	if way != "failed" {
		_, err = f.CreatePayment(f.t.Context(), o.ID, o.Buyer, "standard", payment)
		require.NoError(f.t, err)
	}
	switch way {
	case "attempt failed":
		f.apply(event(o, seckill.PaymentFailed, payment), seckill.PaymentApplied)
	case "refund came first":
		f.apply(event(o, seckill.RefundSucceeded, payment), seckill.PaymentApplied)
	case "paid":
		f.apply(event(o, seckill.PaymentSucceeded, payment), seckill.PaymentApplied)
	case "cancelled":
		_, err = f.Cancel(f.t.Context(), o.ID, o.Buyer)
		require.NoError(f.t, err)
	case "expired", "refund due", "refunded", "paid late", "paid late, then returned", "taken again":
		expired, err := f.Expire(f.t.Context(), []seckill.ID{o.ID}, start.Add(time.Hour))
		require.NoError(f.t, err)
		require.Len(f.t, expired, 1)
	}
	switch way {
	case "refund due", "refunded", "paid late", "paid late, then returned", "taken again":
		f.apply(event(o, seckill.PaymentSucceeded, payment), seckill.PaymentLate)
	}
	switch way {
	case "refund due", "refunded":
		f.retake(o, false, seckill.PaymentRefundDue)
	case "taken again":
		f.retake(o, true, seckill.PaymentApplied)
	}
	switch way {
	case "refunded", "paid late, then returned":
		f.apply(event(o, seckill.RefundSucceeded, payment), seckill.PaymentApplied)
	}
	o, err = f.Order(f.t.Context(), o.ID)
	require.NoError(f.t, err)
	return o
}

func TestAnEventThatDoesNotFitChangesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.settle(f.orders(sale, 2)...)
		_, err := f.CreatePayment(t.Context(), orders[1].ID, orders[1].Buyer, "standard", "others")
		require.NoError(t, err)
		before := len(f.events())
		for name, spoil := range map[string]func(e *seckill.PaymentEvent){
			"too little":        func(e *seckill.PaymentEvent) { e.Amount-- },
			"too much":          func(e *seckill.PaymentEvent) { e.Amount++ },
			"other currency":    func(e *seckill.PaymentEvent) { e.Currency = "USD" },
			"odd currency":      func(e *seckill.PaymentEvent) { e.Currency = "cny" },
			"unknown order":     func(e *seckill.PaymentEvent) { e.OrderID = 5 },
			"another's payment": func(e *seckill.PaymentEvent) { e.PaymentID = "others" },
		} {
			e := succeeded(orders[0])
			e.ID = name
			spoil(&e)
			f.apply(e, seckill.PaymentMismatch)
			f.apply(e, seckill.PaymentMismatch)
			require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM payment_events WHERE event_id = ? AND outcome = 'mismatch' AND note <> ''", name), name)
		}
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(orders[0].ID))
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(orders[1].ID))
		require.Len(t, f.events(), before)
		require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM payments"))
	})
}

func TestConcurrentDeliveriesOfOneEventApplyOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		processes := f.processes(3)
		sale := f.sale(map[string]int64{"a": 20})
		for _, o := range f.settle(f.orders(sale, 10)...) {
			var outcomes [3]seckill.PaymentOutcome
			var calls []func() error
			for i := range outcomes {
				calls = append(calls, func() (err error) {
					outcomes[i], _, err = processes[i].ApplyPayment(t.Context(), succeeded(o))
					return
				})
			}
			race(t, calls...)
			require.ElementsMatch(t, []seckill.PaymentOutcome{seckill.PaymentApplied, seckill.PaymentDuplicate, seckill.PaymentDuplicate}, outcomes[:])
		}
	})
}

func TestAnOrderIsRefundedWhenNoRefundOfItIsDueAnyMore(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		o := f.orderAt(sale, "refund due", 1, "p1")
		require.Equal(t, seckill.ReasonPaidLate, o.Reason)
		f.clock.Advance(time.Second)
		f.apply(event(o, seckill.PaymentSucceeded, "p2"), seckill.PaymentRefundDue)

		due, err := f.RefundsDue(t.Context(), RefundCursor{}, 10)
		require.NoError(t, err)
		require.Len(t, due, 2)
		require.Equal(t, "p1", due[0].ID, "the longest waiting first")

		require.Equal(t, seckill.OrderRefundDue, f.apply(event(o, seckill.RefundSucceeded, "p1"), seckill.PaymentApplied).Status)
		require.Equal(t, seckill.OrderRefunded, f.apply(event(o, seckill.RefundSucceeded, "p2"), seckill.PaymentApplied).Status)
		due, err = f.RefundsDue(t.Context(), RefundCursor{}, 10)
		require.NoError(t, err)
		require.Empty(t, due)
	})
}

func TestStockIsConfirmedOnceForEachPaidOrder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 50, "b": 50})
		orders := f.settle(f.orders(sale, 30)...)
		for _, o := range orders[:20] {
			f.pay(o)
		}
		waiting, err := f.UnconfirmedPaid(t.Context(), 0)
		require.NoError(t, err)
		require.ElementsMatch(t, ids(orders[:20]), waiting)

		var confirmed [3]int
		var calls []func() error
		for i := range confirmed {
			calls = append(calls, func() (err error) {
				confirmed[i], err = f.ConfirmStock(t.Context(), ids(orders))
				return
			})
		}
		race(t, calls...)
		require.Equal(t, 20, confirmed[0]+confirmed[1]+confirmed[2])
		require.Equal(t, seckill.ItemCounters{SKU: "b", Total: 50, Reserved: 10, Sold: 20}, f.counters(sale.ID)["b"])
		waiting, err = f.UnconfirmedPaid(t.Context(), 0)
		require.NoError(t, err)
		require.Empty(t, waiting)
		f.requireAddsUp(sale.ID)
	})
}

// A provider that delivers what does not fit several times at once must not be told
// by one of the answers that all is well.
func TestEveryDeliveryOfAPaymentThatDoesNotFitIsToldSo(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		o := f.settle(f.orders(sale, 1)...)[0]
		processes := f.processes(3)
		for round := range f.rounds(100) {
			e := succeeded(o)
			e.ID, e.Amount = fmt.Sprintf("wrong-%d", round), o.Amount+1
			var calls []func() error
			for _, l := range processes {
				calls = append(calls, func() error {
					outcome, _, err := l.ApplyPayment(t.Context(), e)
					if err == nil && outcome != seckill.PaymentMismatch {
						err = fmt.Errorf("round %d: %s", round, outcome)
					}
					return err
				})
			}
			race(t, calls...)
		}
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(o.ID))
	})
}

// A buyer presses "pay" at the very moment at which the order is settled: it is
// not there yet, or it can be paid.
func TestPayingWhileTheOrderIsBeingSettled(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		rounds := f.rounds(100)
		sale := f.sale(map[string]int64{"a": int64(rounds)})
		for i, o := range f.orders(sale, rounds) {
			settled := make(chan struct{})
			race(t, func() error {
				defer close(settled)
				_, err := f.Settle(t.Context(), []seckill.Order{o})
				return err
			}, func() error {
				for {
					_, err := f.CreatePayment(t.Context(), o.ID, o.Buyer, "standard", fmt.Sprintf("p%d", i))
					select {
					case <-settled:
						return nil
					default:
					}
					if err != nil && seckill.CodeOf(err) != seckill.CodeNotFound {
						return err
					}
				}
			})
		}
	})
}

func TestAFailedAttemptToPayIsKnownUntilTheNextOneBegins(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		o := f.orderAt(f.sale(map[string]int64{"a": 10}), "awaiting", 1, "p1")
		stands := func(status seckill.OrderStatus, failed time.Time) {
			t.Helper()
			want := seckill.Standing{Status: status, PaymentFailedAt: failed}
			read, err := f.Order(t.Context(), o.ID)
			require.NoError(t, err)
			require.Equal(t, want, read.Standing())
			together, err := f.Standings(t.Context(), []seckill.ID{o.ID})
			require.NoError(t, err)
			require.Equal(t, want, together[o.ID])
		}
		stands(seckill.OrderAwaitingPayment, time.Time{})
		f.clock.Advance(time.Second)
		told := f.apply(event(o, seckill.PaymentFailed, "p1"), seckill.PaymentApplied)
		require.Equal(t, f.clock.Now(), told.PaymentFailedAt)
		stands(seckill.OrderAwaitingPayment, f.clock.Now())
		_, err := f.CreatePayment(t.Context(), o.ID, "somebody else", "standard", "p2")
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
		stands(seckill.OrderAwaitingPayment, f.clock.Now())

		_, err = f.CreatePayment(t.Context(), o.ID, o.Buyer, "standard", "p2")
		require.NoError(t, err)
		stands(seckill.OrderAwaitingPayment, time.Time{})
		f.apply(event(o, seckill.PaymentFailed, "p2"), seckill.PaymentApplied)
		stands(seckill.OrderAwaitingPayment, f.clock.Now())
		f.apply(event(o, seckill.PaymentSucceeded, "p1"), seckill.PaymentApplied)
		stands(seckill.OrderPaid, time.Time{})
	})
}
