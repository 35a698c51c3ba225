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

// Settle is one transaction that records orders, as messages have them: all get
// their units, or, where there are too few, each in the order of the tickets all of
// its lines or none. One whose key another order has fails, and in a sale that was
// loaded again, or is closed, one with which its buyer would have more than the limit.
func (m *Model) Settle(orders []seckill.Order) (r Settled) {
	orders = slices.Clone(orders)
	slices.SortStableFunc(orders, func(a, b seckill.Order) int { return cmp.Compare(a.ID, b.ID) })
	orders = slices.CompactFunc(orders, func(a, b seckill.Order) bool { return a.ID == b.ID })
	keys := m.keys()
	var fresh []seckill.Order
	for _, as := range orders {
		o := m.Orders[as.ID]
		if o.Stock != Nowhere {
			r.Known = append(r.Known, o.ID)
			continue
		}
		if _, taken := keys[requestKey{o.Buyer, o.key}]; taken && o.key != "" {
			m.record(o, as, Releasing, seckill.OrderFailed)
			o.RequestKey = ""
			r.Failed = append(r.Failed, o.ID)
			continue
		}
		keys[requestKey{o.Buyer, o.key}] = true
		fresh = append(fresh, as)
	}
	slices.SortStableFunc(fresh, func(a, b seckill.Order) int { return cmp.Compare(a.Ticket, b.Ticket) })
	for _, as := range fresh {
		o := m.Orders[as.ID]
		if (m.Sale.Epoch > 1 || m.Sale.State == seckill.SaleClosed) && m.exceeds(o) || !m.fits(o) {
			m.record(o, as, Releasing, seckill.OrderFailed)
			r.Failed = append(r.Failed, o.ID)
			continue
		}
		m.record(o, as, Reserved, seckill.OrderAwaitingPayment)
		r.Settled = append(r.Settled, o.ID)
		if as.Epoch != m.Sale.Epoch {
			m.Adoptions[o.ID] = true
		}
	}
	slices.Sort(r.Settled)
	slices.Sort(r.Failed)
	return r
}

// keys are the idempotency keys that orders in SQL have.
func (m *Model) keys() map[requestKey]bool {
	keys := map[requestKey]bool{}
	for _, o := range m.Orders {
		if o.Stock != Nowhere && o.RequestKey != "" {
			keys[requestKey{o.Buyer, o.RequestKey}] = true
		}
	}
	return keys
}

func (m *Model) record(o *Order, as seckill.Order, stock Place, status seckill.OrderStatus) {
	o.Order = m.version(o, Admitted{Ticket: as.Ticket, At: as.CreatedAt})
	o.Stock = stock
	m.become(o, status)
}

func (m *Model) fits(o *Order) bool {
	for _, l := range o.Lines {
		if m.Total(l.SKU)-m.units(l.SKU, Reserved)-m.units(l.SKU, Sold) < l.Quantity {
			return false
		}
	}
	return true
}

// exceeds tells whether a buyer would have more than the limit with an order, by what
// SQL has.
func (m *Model) exceeds(o *Order) bool {
	for _, l := range o.Lines {
		item, _ := m.Sale.Item(l.SKU)
		has := l.Quantity
		for _, other := range m.Orders {
			if other.Buyer == o.Buyer && (other.Stock == Reserved || other.Stock == Sold) {
				has += quantity(other, l.SKU)
			}
		}
		if has > item.LimitPerBuyer {
			return true
		}
	}
	return false
}

// Clear is the removal of entries from the outbox.
func (m *Model) Clear(entries []seckill.OutboxEntry) error {
	removed, caughtUp, since := false, false, m.Redis.since
	for _, e := range entries {
		for _, as := range e.Orders {
			o := m.Orders[as.ID]
			if o.Stock == Nowhere {
				return fmt.Errorf("order %s was accepted and can be lost: its outbox entry went before SQL had it", o.ID)
			}
			if o.InOutbox && o.Entry.Epoch == e.Epoch {
				removed = true
				since = max(since, o.Entry.At.UnixMilli())
				caughtUp = caughtUp || o.place == m.Redis.newestPlace
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
			o.Known = true // noted, so that it takes no units later
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

// MarkReleased is the end of a release in SQL. It is for the epoch of the load that
// has the units back: a later one may have the orders as held again. One that is not
// for good changes nothing any more once the order was paid late.
func (m *Model) MarkReleased(ids []seckill.ID, epoch int64, forGood bool) error {
	if epoch != m.Sale.Epoch {
		return nil
	}
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
