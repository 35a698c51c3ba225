package ledger

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// says makes a Redis that gives the same answer to whoever asks for units.
func says(taken bool, epoch int64) TakeAgain {
	refusal := seckill.ReasonPaidLate
	if taken {
		refusal = ""
	}
	return func(context.Context, seckill.Order) (string, int64, error) { return refusal, epoch, nil }
}

// retake decides under the first epoch, in which nothing was loaded yet.
func (f *fixture) retake(o seckill.Order, taken bool, want seckill.PaymentOutcome) seckill.Order {
	f.t.Helper()
	outcome, order, err := f.Retake(f.t.Context(), o, says(taken, 0))
	require.NoError(f.t, err)
	require.Equal(f.t, want, outcome)
	return order
}

func (f *fixture) paymentStatus(id string) string {
	f.t.Helper()
	p, err := f.Payment(f.t.Context(), "standard", id)
	require.NoError(f.t, err)
	return p.Status
}

func (f *fixture) pending() []Release {
	f.t.Helper()
	pending, err := f.PendingReleases(f.t.Context(), 0)
	require.NoError(f.t, err)
	return pending
}

// released is the releaser having been there.
func (f *fixture) released(o seckill.Order) {
	f.t.Helper()
	require.NoError(f.t, f.MarkReleased(f.t.Context(), o.SaleID, []seckill.ID{o.ID}, 0))
}

func (f *fixture) close(sale seckill.Sale) {
	f.t.Helper()
	for _, to := range []seckill.SaleState{seckill.SaleReady, seckill.SaleClosed} {
		_, err := f.TransitionSale(f.t.Context(), sale.ID, to, "operator")
		require.NoError(f.t, err)
	}
}

func TestALatePaymentGetsItsUnitsAgain(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for ticket, noted := range []bool{false, true} { // whether the release was noted before
			sale := f.sale(map[string]int64{"a": 1})
			o := f.orderAt(sale, "expired", int64(ticket+1), "p"+sale.ID.String())
			if noted {
				f.released(o)
			}
			late := event(o, seckill.PaymentSucceeded, "p"+o.SaleID.String())
			f.apply(late, seckill.PaymentLate)
			require.Equal(t, seckill.OrderExpired, f.status(o.ID), "undecided")

			paid := f.retake(o, true, seckill.PaymentApplied)
			require.Equal(t, seckill.OrderPaid, paid.Status)
			require.Empty(t, paid.Reason)
			require.Equal(t, "succeeded", f.paymentStatus(late.PaymentID))
			require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 1, Reserved: 1}, f.counters(sale.ID)["a"])
			require.Contains(t, f.events(), "order.paid "+o.ID.String())
			require.Empty(t, f.pending())
			f.requireAddsUp(sale.ID)

			announced := len(f.events())
			f.retake(o, false, seckill.PaymentApplied)
			f.apply(late, seckill.PaymentDuplicate)
			require.Len(t, f.events(), announced, "decided is decided")
			f.confirm(o.ID)
			require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 1, Sold: 1}, f.counters(sale.ID)["a"])
			f.requireAddsUp(sale.ID)
			moves := []StockMove{}
			history, err := f.StockHistory(t.Context(), o.ID)
			require.NoError(t, err)
			for _, e := range history {
				moves = append(moves, e.Move)
			}
			require.Equal(t, []StockMove{StockReserve, StockRelease, StockConfirm, StockRetake}, moves)
		}
	})
}

func TestALatePaymentWithoutAUnitGoesBack(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for name, inRedis := range map[string]bool{"Redis has none": false, "Redis has one and SQL has not": true} {
			sale := f.sale(map[string]int64{"a": 1})
			payment := "p" + sale.ID.String()
			o := f.orderAt(sale, "expired", 1, payment)
			f.released(o)
			f.settle(f.order(sale, 2)) // the unit is another's
			f.apply(event(o, seckill.PaymentSucceeded, payment), seckill.PaymentLate)
			due := f.retake(o, inRedis, seckill.PaymentRefundDue)
			require.Equal(t, seckill.OrderRefundDue, due.Status, name)
			require.Equal(t, seckill.ReasonPaidLate, due.Reason)
			require.Equal(t, "refund_due", f.paymentStatus(payment))
			f.requireAddsUp(sale.ID)

			// Whatever Redis took for it has to come back, and no release of before may
			// pass for that.
			want := []Release{{SaleID: sale.ID, OrderID: o.ID, ForGood: true}}
			require.Equal(t, want, f.pending())
			f.released(o)
			require.Equal(t, want, f.pending())
			snapshot, err := f.Snapshot(t.Context(), sale.ID)
			require.NoError(t, err)
			require.Equal(t, map[seckill.ID]bool{o.ID: true}, snapshot.Retaken)
			require.Equal(t, map[seckill.ID]bool{o.ID: true}, snapshot.Releasing)
			require.NoError(t, f.MarkReleasedForGood(t.Context(), sale.ID, []seckill.ID{o.ID}, 0))
			require.Empty(t, f.pending())
			f.retake(o, true, seckill.PaymentRefundDue)
			require.Equal(t, seckill.OrderRefundDue, f.status(o.ID))
		}
	})
}

func TestAllLinesAreTakenAgainOrNone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5, "b": 1})
		o := f.settle(f.order(sale, 1, line("a", 2), line("b", 1)))[0]
		_, err := f.Cancel(t.Context(), o.ID, o.Buyer)
		require.NoError(t, err)
		f.settle(f.order(sale, 2, line("b", 1)))
		f.apply(event(o, seckill.PaymentSucceeded, "p1"), seckill.PaymentLate)
		f.retake(o, true, seckill.PaymentRefundDue)
		require.Zero(t, f.counters(sale.ID)["a"].Reserved)
		f.requireAddsUp(sale.ID)
	})
}

func TestWhileALatePaymentIsUndecidedNothingIsReleased(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		o := f.orderAt(sale, "paid late", 1, "p1")
		require.Empty(t, f.pending())
		f.released(o) // by a releaser that had read it before
		snapshot, err := f.Snapshot(t.Context(), sale.ID)
		require.NoError(t, err)
		require.True(t, snapshot.Releasing[o.ID], "Redis loads it as held")
		require.Empty(t, snapshot.Retaken)
		require.EqualValues(t, 1, f.counters(sale.ID)["a"].Releasing)

		undecided := func(age time.Duration) int {
			t.Helper()
			orders, err := f.UndecidedRetakes(t.Context(), age, 0)
			require.NoError(t, err)
			return len(orders)
		}
		require.Equal(t, 1, undecided(0))
		require.Zero(t, undecided(time.Second))
		f.clock.Advance(time.Second)
		require.Equal(t, 1, undecided(time.Second))
		f.retake(o, true, seckill.PaymentApplied)
		require.Zero(t, undecided(0))
		f.requireAddsUp(sale.ID)
	})
}

func TestMoneyThatWentBackBeforeTheDecisionTakesNoUnits(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		o := f.orderAt(sale, "expired", 1, "p1")
		f.released(o)
		f.apply(event(o, seckill.PaymentSucceeded, "p1"), seckill.PaymentLate)
		f.apply(event(o, seckill.RefundSucceeded, "p1"), seckill.PaymentApplied)
		require.Equal(t, []Release{{SaleID: sale.ID, OrderID: o.ID, ForGood: true}}, f.pending(), "Redis may hold it")
		f.retake(o, true, seckill.PaymentRefundDue)
		require.Equal(t, seckill.OrderExpired, f.status(o.ID))
		require.Equal(t, "refunded", f.paymentStatus("p1"))
		f.requireAddsUp(sale.ID)
	})
}

// What Redis said is worth nothing once the sale was loaded anew.
func TestALatePaymentIsDecidedUnderTheEpochInWhichRedisWasAsked(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		o := f.orderAt(sale, "paid late", 1, "p1")
		asked := 0
		reload := func(until int) TakeAgain {
			return func(context.Context, seckill.Order) (string, int64, error) {
				s, err := f.Sale(t.Context(), sale.ID)
				require.NoError(t, err)
				if asked++; asked <= until {
					_, err = f.OpenEpoch(t.Context(), sale.ID)
					require.NoError(t, err)
				}
				return "", s.Epoch, nil
			}
		}
		_, _, err := f.Retake(t.Context(), o, reload(100))
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err), "%v", err)
		require.Equal(t, seckill.OrderExpired, f.status(o.ID))
		require.Equal(t, "late", f.paymentStatus("p1"))

		asked = 0
		outcome, order, err := f.Retake(t.Context(), o, reload(1))
		require.NoError(t, err)
		require.Equal(t, seckill.PaymentApplied, outcome)
		require.Equal(t, seckill.OrderPaid, order.Status)
		require.Equal(t, 2, asked)
		f.requireAddsUp(sale.ID)
	})
}

func TestALatePaymentWithoutRedis(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		o := f.orderAt(sale, "paid late", 1, "p1")
		for _, away := range []error{seckill.Unavailable(errors.New("down"), "away"), seckill.Errorf(seckill.CodeNotFound, "not loaded")} {
			_, _, err := f.Retake(t.Context(), o, func(context.Context, seckill.Order) (string, int64, error) { return "", 0, away })
			require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err), "%v", err)
			require.Equal(t, "late", f.paymentStatus("p1"))
		}
		f.close(sale)
		outcome, _, err := f.Retake(t.Context(), o, func(context.Context, seckill.Order) (string, int64, error) {
			return "", 0, seckill.Errorf(seckill.CodeNotFound, "not loaded")
		})
		require.NoError(t, err)
		require.Equal(t, seckill.PaymentApplied, outcome, "nobody else can get the unit")
		f.requireAddsUp(sale.ID)
	})
}

func TestALatePaymentIsDecidedOnceWhoeverDecides(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for round := range f.rounds(16) {
			sale := f.sale(map[string]int64{"a": 1})
			payment := "p" + sale.ID.String()
			o := f.orderAt(sale, "expired", 1, payment)
			e := event(o, seckill.PaymentSucceeded, payment)
			f.apply(e, seckill.PaymentLate)
			var outcomes [4]seckill.PaymentOutcome
			var calls []func() error
			for i := range outcomes {
				calls = append(calls, func() (err error) {
					outcomes[i], _, err = f.Retake(t.Context(), o, says(i%2 == round%2, 0))
					return
				})
			}
			calls = append(calls, func() error { _, _, err := f.ApplyPayment(t.Context(), e); return err })
			race(t, calls...)
			for _, outcome := range outcomes {
				require.Equal(t, outcomes[0], outcome)
			}
			require.Equal(t, outcomes[0] == seckill.PaymentApplied, f.status(o.ID) == seckill.OrderPaid)
			f.requireAddsUp(sale.ID)
		}
	})
}
