package model

import "github.com/seckill-go/seckill/seckill"

// Payment is one attempt to pay.
type Payment struct {
	Order  seckill.ID
	Status string // open, late, succeeded, failed, refund_due, refunded
}

// Begin opens a payment for a buyer. Its order has at most one that is open: id
// is of that one, which may be an earlier one.
func (m *Model) Begin(order seckill.ID, buyer, newID string) (id string, refused seckill.Code) {
	o := m.Orders[order]
	switch {
	case o.Stock == Nowhere || o.Buyer != buyer:
		return "", seckill.CodeNotFound
	case o.Status != seckill.OrderAwaitingPayment:
		return "", seckill.CodeConflict
	}
	for id, p := range m.Payments {
		if p.Order == order && p.Status == "open" {
			return id, ""
		}
	}
	m.Payments[newID] = &Payment{Order: order, Status: "open"}
	return newID, ""
}

// Pay takes an event of the provider.
func (m *Model) Pay(e seckill.PaymentEvent) seckill.PaymentOutcome {
	if before, known := m.Events[e.ID]; known {
		if before.says != saying(e) {
			return seckill.PaymentMismatch
		}
		became := before.became
		if became == seckill.PaymentMismatch || became == seckill.PaymentLate && m.Payments[e.PaymentID].Status == "late" {
			return became
		}
		return seckill.PaymentDuplicate
	}
	outcome := m.decide(e)
	m.Events[e.ID] = Event{says: saying(e), became: outcome}
	return outcome
}

// Event is what an event said, and what became of it.
type Event struct {
	says   said
	became seckill.PaymentOutcome
}

// said is all that makes an event another one than the one before it with its id.
type said struct {
	kind     seckill.PaymentEventType
	payment  string
	order    seckill.ID
	amount   int64
	currency string
}

func saying(e seckill.PaymentEvent) said {
	return said{kind: e.Type, payment: e.PaymentID, order: e.OrderID, amount: e.Amount, currency: e.Currency}
}

func (m *Model) decide(e seckill.PaymentEvent) seckill.PaymentOutcome {
	o, p := m.Orders[e.OrderID], m.Payments[e.PaymentID]
	if o == nil || o.Stock == Nowhere || e.Amount != o.Amount || e.Currency != o.Currency || p != nil && p.Order != e.OrderID {
		return seckill.PaymentMismatch
	}
	status := ""
	if p != nil {
		status = p.Status
	}
	switch e.Type {
	case seckill.PaymentSucceeded:
		return m.succeed(e, o, status)
	case seckill.PaymentFailed:
		switch status {
		case "failed":
			return seckill.PaymentDuplicate
		case "open":
			m.Payments[e.PaymentID] = &Payment{Order: o.ID, Status: "failed"}
			return seckill.PaymentApplied
		}
		return seckill.PaymentIgnored
	case seckill.RefundSucceeded:
		return m.refund(e, o, status)
	case seckill.RefundFailed:
		if status == "refund_due" {
			return seckill.PaymentRefundDue
		}
	}
	return seckill.PaymentIgnored
}

// succeed books money: it buys the goods, or it has to go back.
func (m *Model) succeed(e seckill.PaymentEvent, o *Order, status string) seckill.PaymentOutcome {
	if status == "succeeded" || status == "refund_due" || status == "refunded" {
		return seckill.PaymentDuplicate
	}
	if status == "late" {
		return seckill.PaymentLate
	}
	if o.Status == seckill.OrderAwaitingPayment {
		m.Payments[e.PaymentID] = &Payment{Order: o.ID, Status: "succeeded"}
		m.become(o, seckill.OrderPaid)
		return seckill.PaymentApplied
	}
	ended := o.Status == seckill.OrderExpired || o.Status == seckill.OrderCancelled
	if ended && o.Retake == NotAsked {
		m.Payments[e.PaymentID] = &Payment{Order: o.ID, Status: "late"}
		o.Retake = Undecided
		return seckill.PaymentLate
	}
	m.Payments[e.PaymentID] = &Payment{Order: o.ID, Status: "refund_due"}
	if ended && o.Retake == Decided || o.Status == seckill.OrderFailed {
		o.Reason = seckill.ReasonPaidLate
		m.become(o, seckill.OrderRefundDue)
	}
	return seckill.PaymentRefundDue
}

func (m *Model) refund(e seckill.PaymentEvent, o *Order, status string) seckill.PaymentOutcome {
	if status == "refunded" {
		return seckill.PaymentDuplicate
	}
	m.Payments[e.PaymentID] = &Payment{Order: o.ID, Status: "refunded"}
	if status == "succeeded" {
		m.Announced[o.ID.String()+":payment_returned"] = false
	}
	if status == "late" {
		// The order stays ended; what Redis may hold again comes back.
		o.Retake, o.Stock = Decided, Releasing
		return seckill.PaymentApplied
	}
	if o.Status == seckill.OrderRefundDue && !m.refundsDue(o.ID) {
		m.become(o, seckill.OrderRefunded)
	}
	return seckill.PaymentApplied
}

func (m *Model) refundsDue(order seckill.ID) bool {
	for _, p := range m.Payments {
		if p.Order == order && p.Status == "refund_due" {
			return true
		}
	}
	return false
}

// Money tells whether an order keeps money without goods: whether more than one
// payment of it succeeded, or one did and it is not paid.
func (m *Model) Money(order seckill.ID) (kept int) {
	for _, p := range m.Payments {
		if p.Order == order && p.Status == "succeeded" {
			kept++
		}
	}
	return kept
}
