package ledger

import (
	"fmt"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// application is one event that is being applied: what the transaction found for it,
// and what was decided.
type application struct {
	event seckill.PaymentEvent
	err   error

	found
	decided
}

// found is what the transaction read for an event.
type found struct {
	as        string // the id under which the event is recorded
	repeated  bool   // the event was decided before
	other     string // what another event with its id said, that was before it
	order     lockedOrder
	known     bool // order is in the table
	payment   paymentRow
	paid      bool // payment is in the table
	othersDue bool // refunds of other payments of the order
}

// decided is what an event does.
type decided struct {
	outcome seckill.PaymentOutcome
	note    string // why a person has to look at it
	payTo   string // the payment's new status; empty leaves it
	moves   change // of the order; none if empty
	retake  int    // how far it is with that now; retakeNone leaves it
	failed  bool   // an attempt to pay the order
	// returned is the money that had paid the order.
	returned bool
}

// decide decides, in memory, what a new event does. The rows that it looks at are locked
// until the commit.
func (a *application) decide(now int64) {
	if a.event.Malformed != nil {
		a.outcome, a.note = seckill.PaymentMalformed, a.event.Malformed.Detail
		return
	}
	if a.note = a.mismatch(); a.note != "" {
		a.outcome = seckill.PaymentMismatch
		return
	}
	switch a.event.Type {
	case seckill.PaymentSucceeded:
		a.succeed()
	case seckill.PaymentFailed:
		a.failPayment()
	case seckill.RefundSucceeded:
		a.refund()
	case seckill.RefundFailed:
		a.failRefund()
	default:
		a.outcome, a.note = seckill.PaymentIgnored, "nothing is done for events of this type"
	}
	if a.note == "" && a.event.Type == seckill.PaymentSucceeded && a.oddTime(now) {
		a.note = "the money came more than a day before the order, or comes more than a day from now, as paid_at says"
	}
}

// oddTime tells whether money came at a time that cannot be, by more than a time zone
// that was left out makes. It counts all the same: it is the time that is wrong, not
// the money.
func (a *application) oddTime(now int64) bool {
	const day = 24 * time.Hour
	at := a.event.PaidAt
	return at.Before(a.order.CreatedAt.Add(-day)) || at.After(seckill.UnixMilli(now).Add(day))
}

// nobodysPayment is the note on an event about a payment that was neither begun here
// nor ever paid anything.
const nobodysPayment = "no payment with this id is known here"

// mismatch says what of the event does not fit, or nothing.
func (a *application) mismatch() string {
	e := a.event
	switch {
	case a.other != "":
		return a.other
	case !e.Type.Known():
		return "" // nothing is claimed that we would act on
	case !a.known:
		return "no such order"
	case a.paid && a.payment.OrderID != int64(e.OrderID):
		return "the payment is another order's"
	case e.Amount != a.order.Amount:
		return fmt.Sprintf("amount %d, the order's is %d", e.Amount, a.order.Amount)
	case e.Currency != a.order.Currency:
		return fmt.Sprintf("currency %q, the order's is %q", e.Currency, a.order.Currency)
	}
	return ""
}

// succeed books money that came in.
func (a *application) succeed() {
	if a.paid && moneyBooked(a.payment.Status) {
		a.outcome = seckill.PaymentDuplicate
		return
	}
	switch {
	case a.paid && a.payment.Status == paymentLate:
		a.outcome = seckill.PaymentLate
		return
	case a.order.Status == seckill.OrderAwaitingPayment:
		a.outcome, a.payTo = seckill.PaymentApplied, paymentSucceeded
		a.move(seckill.OrderPaid, "")
		return
	case a.order.Status.CanBecome(seckill.OrderPaid) && a.order.retake == retakeNone:
		a.outcome, a.payTo, a.retake = seckill.PaymentLate, paymentLate, retakeUndecided
		return
	}
	a.outcome, a.payTo = seckill.PaymentRefundDue, paymentRefundDue
	if a.order.Status.CanBecome(seckill.OrderRefundDue) && a.order.retake != retakeUndecided {
		a.move(seckill.OrderRefundDue, seckill.ReasonPaidLate)
	}
	// Else it was paid by another payment, or by one that is being decided about, or
	// owes a refund already: the order stays, this payment alone goes back.
}

// moneyBooked tells whether a payment's money was counted before.
func moneyBooked(status string) bool {
	return status == paymentSucceeded || status == paymentRefundDue || status == paymentRefunded
}

// failPayment closes an attempt to pay. The same payment may still succeed
// later, as providers let a buyer try again. One that nobody began here says nothing
// about the attempt that the buyer is at.
func (a *application) failPayment() {
	switch {
	case !a.paid:
		a.outcome, a.note = seckill.PaymentIgnored, nobodysPayment
	case a.payment.Status == paymentFailed:
		a.outcome = seckill.PaymentDuplicate
	case a.payment.Status != paymentOpen:
		a.outcome = seckill.PaymentIgnored // an older message that was overtaken
	default:
		a.outcome, a.payTo, a.failed = seckill.PaymentApplied, paymentFailed, true
	}
}

// refund books money that went back. One that overtook its payment's success is
// noted too, so that the success is not taken for money that we have. If the payment
// had paid the order, the order stays paid, which is its end; whoever ships it has to
// know.
func (a *application) refund() {
	if a.paid && a.payment.Status == paymentRefunded {
		a.outcome = seckill.PaymentDuplicate
		return
	}
	a.outcome, a.payTo = seckill.PaymentApplied, paymentRefunded
	switch {
	case !a.paid:
		a.note = nobodysPayment
	case a.payment.Status == paymentOpen || a.payment.Status == paymentFailed:
		a.note = "the money that went back had never come here"
	case a.payment.Status == paymentSucceeded:
		a.returned, a.note = true, "the money of a paid order went back: do not ship it"
	case a.payment.Status == paymentLate:
		a.retake = retakeDecided
	}
	if a.order.Status == seckill.OrderRefundDue && !a.othersDue {
		a.move(seckill.OrderRefunded, "")
	}
}

// failRefund leaves a refund due.
func (a *application) failRefund() {
	a.outcome = seckill.PaymentIgnored
	switch {
	case !a.paid:
		a.note = nobodysPayment
	case a.payment.Status == paymentRefundDue:
		a.outcome = seckill.PaymentRefundDue
	}
}

func (a *application) move(to seckill.OrderStatus, reason string) {
	a.moves = change{from: a.order.Status, to: to, reason: reason}
}
