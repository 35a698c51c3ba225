package model

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Settled is what SQL did with a batch, each list by order id.
type Settled struct{ Settled, Failed, Known []seckill.ID }

// Settle is one transaction that records orders: all get their units, or, where
// there are too few, each in the order of the tickets all of its lines or none.
func (m *Model) Settle(ids []seckill.ID) (r Settled) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	var fresh []*Order
	for _, id := range slices.Compact(ids) {
		if o := m.Orders[id]; o.Stock == Nowhere {
			fresh = append(fresh, o)
		} else {
			r.Known = append(r.Known, id)
		}
	}
	slices.SortFunc(fresh, func(a, b *Order) int { return cmp.Compare(a.Ticket, b.Ticket) })
	for _, o := range fresh {
		if m.fits(o) {
			o.Stock = Reserved
			m.become(o, seckill.OrderAwaitingPayment)
			r.Settled = append(r.Settled, o.ID)
		} else {
			o.Stock = Releasing
			m.become(o, seckill.OrderFailed)
			r.Failed = append(r.Failed, o.ID)
		}
	}
	slices.Sort(r.Settled)
	slices.Sort(r.Failed)
	return r
}

func (m *Model) fits(o *Order) bool {
	for _, l := range o.Lines {
		if m.Total(l.SKU)-m.units(l.SKU, Reserved)-m.units(l.SKU, Sold) < l.Quantity {
			return false
		}
	}
	return true
}

// Clear is the removal of entries from the outbox; each is given by its orders.
func (m *Model) Clear(entries [][]seckill.ID) error {
	if !m.Redis.Loaded {
		return nil
	}
	removed, caughtUp, since := false, false, m.Redis.since
	for _, entry := range entries {
		for _, id := range entry {
			o := m.Orders[id]
			if o.Stock == Nowhere {
				return fmt.Errorf("order %s was accepted and can be lost: its outbox entry went before SQL had it", id)
			}
			if o.InOutbox {
				removed = true
				since = max(since, o.CreatedAt.UnixMilli())
				caughtUp = caughtUp || o.Ticket == m.Redis.ticket
				o.InOutbox = false
			}
		}
	}
	switch {
	case !removed:
	case caughtUp:
		m.Redis.since = 0
	case m.Redis.since != 0:
		m.Redis.since = since
	}
	return nil
}

// Due lists the orders whose time to pay is over.
func (m *Model) Due(now time.Time) (ids []seckill.ID) {
	for _, o := range m.Orders {
		if o.Status == seckill.OrderAwaitingPayment && !o.HoldUntil.After(now) {
			ids = append(ids, o.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Expire ends those of the orders whose time is over.
func (m *Model) Expire(ids []seckill.ID, now time.Time) (ended []seckill.ID) {
	for _, id := range m.Due(now) {
		if slices.Contains(ids, id) {
			m.giveUp(m.Orders[id], seckill.OrderExpired)
			ended = append(ended, id)
		}
	}
	return ended
}

// Cancel ends an order for its buyer; it returns the code of the refusal.
func (m *Model) Cancel(id seckill.ID, buyer string) seckill.Code {
	o := m.Orders[id]
	switch {
	case o.Stock == Nowhere || o.Buyer != buyer:
		return seckill.CodeNotFound
	case o.Status != seckill.OrderAwaitingPayment:
		return seckill.CodeConflict
	}
	m.giveUp(o, seckill.OrderCancelled)
	return ""
}

func (m *Model) giveUp(o *Order, to seckill.OrderStatus) {
	o.Stock = Releasing
	m.become(o, to)
}

// Pending lists the orders whose units Redis is to get back.
func (m *Model) Pending() (ids []seckill.ID) {
	for _, o := range m.Orders {
		if o.Stock == Releasing && o.Retake != Undecided {
			ids = append(ids, o.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Release is Redis given the units of orders back. It may only happen to orders
// that SQL has given up. Units that were taken again since stay taken, unless it is
// for good. refused says that one did not fit under the total.
func (m *Model) Release(ids []seckill.ID, forGood bool) (refused bool, err error) {
	for _, id := range ids {
		o := m.Orders[id]
		if forGood && o.Retake != Decided {
			return false, fmt.Errorf("units of order %s are released for good, and its late payment is undecided", id)
		}
		held := o.Held && (forGood || !o.Again)
		o.Again = o.Again || forGood
		if !held {
			continue
		}
		if o.Stock != Releasing && o.Stock != Released {
			return false, fmt.Errorf("units of order %s (%s) are on sale twice: released while it has them", id, o.Status)
		}
		for _, l := range o.Lines {
			if m.Available(l.SKU)+l.Quantity > m.Redis.Totals[l.SKU] {
				refused = true
			}
		}
		o.Held = false
	}
	return refused, nil
}

// MarkReleased is the end of a release in SQL. One that is not for good changes
// nothing any more once the order was paid late.
func (m *Model) MarkReleased(ids []seckill.ID, forGood bool) error {
	for _, id := range ids {
		o := m.Orders[id]
		if o.Stock != Releasing || o.Retake == Undecided || (o.Retake == Decided) != forGood {
			continue
		}
		if o.Held && m.Redis.Loaded {
			return fmt.Errorf("units of order %s are lost: SQL calls them released and Redis holds them", id)
		}
		o.Stock = Released
	}
	return nil
}

// Confirm turns reserved units of paid orders into sold ones.
func (m *Model) Confirm(ids []seckill.ID) (confirmed int) {
	for _, id := range ids {
		if o := m.Orders[id]; o.Status == seckill.OrderPaid && o.Stock == Reserved {
			o.Stock = Sold
			confirmed++
		}
	}
	return confirmed
}

// Unconfirmed lists the paid orders whose units still count as reserved.
func (m *Model) Unconfirmed() (ids []seckill.ID) {
	for _, o := range m.Orders {
		if o.Status == seckill.OrderPaid && o.Stock == Reserved {
			ids = append(ids, o.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
