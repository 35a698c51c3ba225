package model

import (
	"slices"

	"github.com/seckill-go/seckill/seckill"
)

// Take is Redis asked for the units of an order again that was paid late: it holds
// all of them, or none, as at an admission, and tells why.
func (m *Model) Take(id seckill.ID) (refusal string) {
	o := m.Orders[id]
	switch {
	case o.Held:
		o.Again = true
		return ""
	case o.Again:
		return seckill.ReasonPaidLate
	}
	switch m.short(o.Buyer, o.Lines).Code {
	case seckill.CodeLimitExceeded:
		return seckill.ReasonPaidLateLimit
	case seckill.CodeSoldOut:
		return seckill.ReasonPaidLate
	}
	m.hold(o)
	o.Held, o.Again = true, true
	return ""
}

// hold writes an order into Redis that SQL has, beside what the buyer has by now.
func (m *Model) hold(o *Order) {
	o.Known, o.As = true, Admitted{Ticket: o.Ticket, At: o.CreatedAt}
	m.Redis.ticket = max(m.Redis.ticket, o.Ticket)
	if key := (requestKey{o.Buyer, o.RequestKey}); o.RequestKey != "" && m.Redis.requests[key] == 0 {
		m.Redis.requests[key] = o.ID
	}
	for _, l := range o.Lines {
		if field := (buyerItem{o.Buyer, l.SKU}); m.Redis.newest[field] == 0 {
			m.Redis.newest[field] = o.ID
		}
	}
}

// DecideRetake is SQL's decision, once for an order. refusal is what Redis said.
func (m *Model) DecideRetake(id seckill.ID, refusal string) seckill.PaymentOutcome {
	o := m.Orders[id]
	if o.Retake == Undecided {
		o.Retake = Decided
		switch {
		case refusal != "":
		case m.exceeds(o):
			refusal = seckill.ReasonPaidLateLimit
		case !m.fits(o):
			refusal = seckill.ReasonPaidLate
		}
		status := "succeeded"
		if refusal == "" {
			o.Stock = Reserved
			m.become(o, seckill.OrderPaid)
		} else {
			status, o.Stock, o.Reason = "refund_due", Releasing, refusal
			m.become(o, seckill.OrderRefundDue)
		}
		for _, p := range m.Payments {
			if p.Order == id && p.Status == "late" {
				p.Status = status
			}
		}
	}
	if o.Status == seckill.OrderPaid {
		return seckill.PaymentApplied
	}
	return seckill.PaymentRefundDue
}

// Undecided lists the orders that were paid late and of which nobody has decided.
func (m *Model) Undecided() (ids []seckill.ID) {
	for _, o := range m.Orders {
		if o.Retake == Undecided {
			ids = append(ids, o.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
