package ledger

import (
	"github.com/seckill-go/seckill/seckill"
)

// apply does what an event says that fits its order.
func (a *application) apply() error {
	switch a.event.Type {
	case seckill.PaymentSucceeded:
		return a.succeed()
	case seckill.PaymentFailed:
		return a.failPayment()
	case seckill.RefundSucceeded:
		return a.refund()
	case seckill.RefundFailed:
		a.outcome = seckill.PaymentIgnored
		if a.paid && a.payment.Status == paymentRefundDue {
			a.outcome = seckill.PaymentRefundDue
		}
		return nil
	default:
		a.outcome = seckill.PaymentIgnored
		return nil
	}
}

// succeed books money that came in.
func (a *application) succeed() error {
	if a.paid && moneyBooked(a.payment.Status) {
		a.outcome = seckill.PaymentDuplicate
		return nil
	}
	switch {
	case a.paid && a.payment.Status == paymentLate:
		a.outcome = seckill.PaymentLate
		return nil
	case a.order.Status == seckill.OrderAwaitingPayment:
		a.outcome = seckill.PaymentApplied
		if err := a.setPayment(paymentSucceeded); err != nil {
			return err
		}
		return a.moveOrder(seckill.OrderPaid, "")
	case a.order.Status.CanBecome(seckill.OrderPaid) && a.order.retake == retakeNone:
		a.outcome = seckill.PaymentLate
		if err := a.setPayment(paymentLate); err != nil {
			return err
		}
		return askRetake(a.tx, a.order.ID)
	}
	a.outcome = seckill.PaymentRefundDue
	if err := a.setPayment(paymentRefundDue); err != nil {
		return err
	}
	if a.order.Status.CanBecome(seckill.OrderRefundDue) && a.order.retake != retakeUndecided {
		return a.moveOrder(seckill.OrderRefundDue, ReasonPaidLate)
	}
	// Paid by another payment, or by one that is being decided about, or owing a
	// refund already: the order stays, this payment alone goes back.
	return nil
}

// moneyBooked tells whether a payment's money was counted before.
func moneyBooked(status string) bool {
	return status == paymentSucceeded || status == paymentRefundDue || status == paymentRefunded
}

// failPayment closes an attempt to pay. The same payment may still succeed
// later, as providers let a buyer try again.
func (a *application) failPayment() error {
	switch {
	case a.paid && a.payment.Status == paymentFailed:
		a.outcome = seckill.PaymentDuplicate
		return nil
	case a.paid && a.payment.Status != paymentOpen:
		a.outcome = seckill.PaymentIgnored // an older message that was overtaken
		return nil
	default:
		a.outcome = seckill.PaymentApplied
		return a.setPayment(paymentFailed)
	}
}

// refund books money that went back. One that overtook its payment's success is
// noted too, so that the success is not taken for money that we have.
func (a *application) refund() error {
	if a.paid && a.payment.Status == paymentRefunded {
		a.outcome = seckill.PaymentDuplicate
		return nil
	}
	a.outcome = seckill.PaymentApplied
	undecided := a.paid && a.payment.Status == paymentLate
	if err := a.setPayment(paymentRefunded); err != nil {
		return err
	}
	if undecided {
		return withdrawRetake(a.tx, a.order.ID)
	}
	if a.order.Status != seckill.OrderRefundDue {
		return nil
	}
	var due int64
	err := a.tx.Raw("SELECT COUNT(*) FROM payments WHERE order_id = ? AND status = ?",
		int64(a.order.ID), paymentRefundDue).Scan(&due).Error
	if err != nil || due > 0 {
		return err
	}
	return a.moveOrder(seckill.OrderRefunded, "")
}

// setPayment writes the payment's status, and the payment itself if the
// provider is the first to speak of it.
func (a *application) setPayment(status string) error {
	e := a.event
	if a.paid {
		return mustChange(a.tx, 1, "UPDATE payments SET status = ?, open_order = NULL, updated_at = ?"+
			" WHERE provider = ? AND payment_id = ? AND status = ?", status, a.now, e.Provider, e.PaymentID, a.payment.Status)
	}
	return mustChange(a.tx, 1, "INSERT INTO payments (provider, payment_id, order_id, amount, currency, status, created_at, updated_at)"+
		" VALUES (?,?,?,?,?,?,?,?)", e.Provider, e.PaymentID, int64(e.OrderID), e.Amount, e.Currency, status, a.now, a.now)
}

func (a *application) moveOrder(to seckill.OrderStatus, reason string) error {
	orders := []lockedOrder{a.order}
	err := a.ledger.transition(a.tx, orders, change{from: a.order.Status, to: to, reason: reason}, a.now)
	a.order = orders[0]
	return err
}
