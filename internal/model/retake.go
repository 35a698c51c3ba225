package model

import (
	"slices"

	"github.com/seckill-go/seckill/seckill"
)

// Take is Redis asked for the units of an order again that was paid late: it holds
// all of them, or none. The limit per buyer does not matter.
func (m *Model) Take(id seckill.ID) (taken bool) {
	o := m.Orders[id]
	if o.Again {
		return o.Held
	}
	if !o.Held {
		for _, l := range o.Lines {
			if m.Available(l.SKU) < l.Quantity {
				return false
			}
		}
	}
	if !o.Held {
		m.hold(o)
	}
	o.Held, o.Again = true, true
	return true
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

// DecideRetake is SQL's decision, once for an order.
func (m *Model) DecideRetake(id seckill.ID, taken bool) seckill.PaymentOutcome {
	o := m.Orders[id]
	if o.Retake == Undecided {
		o.Retake = Decided
		status := "refund_due"
		if taken && m.fits(o) {
			status, o.Stock = "succeeded", Reserved
			m.become(o, seckill.OrderPaid)
		} else {
			o.Stock = Releasing
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
