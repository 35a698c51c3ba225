package worker

import (
	"context"
	"slices"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// stocktaking is one reading of a sale: every unit where it was when Redis was
// read.
//
// It goes in four steps, and their order is what makes it exact:
//
//  1. Redis, at one moment R: totals, available, the highest ticket, how many
//     orders were released so far, and which outbox entry is the newest.
//  2. Redis: the entries of the outbox up to that one, page by page.
//  3. SQL, at one moment S after 2: the counters, and of the orders on their way
//     where each one's units are.
//  4. Redis again, while SQL still shows S: which of those orders it knows and
//     holds, and which were released since R.
//
// Redis itself is exact at R: total = available + the units of the orders that it
// held at R, since each script moves both at once. So each order held at R must
// be counted once beside available, and every other order not at all:
//
//   - Admitted after R: its units were available at R. It is not among the
//     entries of 2. If SQL had it at S, its ticket is higher than that of R and
//     Redis knows it: it is taken out of SQL's counters.
//   - Admitted before R, not in SQL at S: its entry is still there, for an entry
//     is removed only after the commit. It is in flight.
//   - The commit of its settling lies before S: SQL counts it, whether its entry
//     was in the outbox in 2 or was removed by then. It is not in flight.
//   - Expired, cancelled or failed before S: SQL counts it as releasing at S. It
//     was held at R exactly if Redis still holds it in 4 or released it since R;
//     then it is releasing, else its units were available at R already.
//   - Noted as released before S: it was held at R exactly if Redis released it
//     since R; then it is releasing, else its units were available at R already.
//   - Paid after its end: its units are taken again in Redis first. Redis counts that
//     as a move, and a move between R and 4 makes the reading void. So the order was
//     held at R exactly if Redis still holds it in 4 or released it since R. Until SQL
//     has decided about it, it counts as releasing, also where SQL has it as released;
//     after that it is reserved, or releasing like any other.
//   - Paid and confirmed: from reserved to sold in one transaction of SQL; S sees
//     it before or after.
//   - Settled, and not yet adopted by a Redis that was loaded without it: SQL has it
//     among its adoptions. Its units were available at R exactly if Redis does not
//     know it in 4 (an adoption in between is a move and makes the reading void): it is
//     taken out of SQL's counters.
//   - A change of the total: Redis moves total and available in one step, and the
//     total of R is the one that is judged. SQL's own may be a moment ahead.
//
// An order that SQL has and Redis does not know takes no units out of available:
// as reserved or sold it is drift, and a true one (Redis lost it); as releasing
// it is nothing, since there is nothing to give back.
//
// A reading that would be a guess is CodeConflict: more than 50,000 orders in
// flight, more than 10,000 releasing or admitted since R, more than 10,000
// released since R, or a sale that was loaded anew in between.
type stocktaking struct {
	audit seckill.Audit
	redis gate.Reading
	// totals is what SQL has.
	totals map[string]int64
	// inFlight is how many orders are.
	inFlight int
}

// take takes one reading.
func (a *Auditor) take(ctx context.Context, sale seckill.ID) (stocktaking, error) {
	at, err := a.Redis.Now(ctx)
	if err != nil {
		return stocktaking{}, err
	}
	reading, err := a.Redis.Read(ctx, sale)
	if err != nil {
		return stocktaking{}, err
	}
	box, err := a.Redis.OutboxAt(ctx, sale, reading)
	if err != nil {
		return stocktaking{}, err
	}
	s := stocktaking{redis: reading, totals: make(map[string]int64)}
	var items []seckill.ItemCounters
	err = a.SQL.AtOneMoment(ctx, sale, func(m *ledger.Moment) error {
		c := newCount(m.Items, reading)
		items = c.items
		for _, it := range m.Items {
			s.totals[it.SKU] = it.Total
		}
		if s.inFlight, err = c.addOutbox(m, box); err != nil {
			return err
		}
		return a.toMomentOfRedis(ctx, sale, m, reading, c)
	})
	if err != nil {
		return stocktaking{}, err
	}
	s.audit = seckill.NewAudit(sale, at, items)
	return s, nil
}

// toMomentOfRedis brings SQL's counters to the moment of the reading.
func (a *Auditor) toMomentOfRedis(ctx context.Context, sale seckill.ID, m *ledger.Moment, r gate.Reading, c *count) error {
	newer, err := m.After(r.Ticket)
	if err != nil {
		return err
	}
	releasing, err := m.Releasing()
	if err != nil {
		return err
	}
	unadopted, err := m.Adoptions()
	if err != nil {
		return err
	}
	undecided, err := m.Undecided()
	if err != nil {
		return err
	}
	// The orders first and the list second: one that is released in between is in
	// the list, so that it counts as held either way.
	held, err := a.Redis.Held(ctx, sale, slices.Concat(idsOf(newer), idsOf(releasing), idsOf(unadopted), idsOf(undecided)))
	if err != nil {
		return err
	}
	released, err := a.Redis.ReleasedSince(ctx, sale, r)
	if err != nil {
		return err
	}
	back, err := m.Orders(released)
	if err != nil {
		return err
	}
	for _, o := range newer {
		if _, known := held[o.ID]; known {
			c.withdraw(o)
		}
	}
	for _, o := range unadopted {
		if _, known := held[o.ID]; !known {
			c.withdraw(o)
		}
	}
	since := make(map[seckill.ID]bool, len(released))
	for _, id := range released {
		since[id] = true
	}
	for _, o := range releasing {
		if o.Ticket <= r.Ticket && (held[o.ID] || since[o.ID]) {
			c.addReleasing(o)
		}
	}
	for _, o := range undecided {
		// One that was released for good since is among those below.
		if o.Ticket <= r.Ticket && held[o.ID] && !since[o.ID] {
			c.addReleasing(o)
		}
	}
	for _, o := range back {
		if o.Ticket <= r.Ticket && o.Place == ledger.PlaceReleased {
			c.addReleasing(o)
		}
	}
	return nil
}

func idsOf(orders []ledger.PlacedOrder) []seckill.ID {
	ids := make([]seckill.ID, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	return ids
}

// sameDrift tells whether two readings found the same drift of each item.
func (s stocktaking) sameDrift(as stocktaking) bool {
	if len(s.audit.Items) != len(as.audit.Items) {
		return false
	}
	for i, it := range s.audit.Items {
		if as.audit.Items[i].SKU != it.SKU || as.audit.Items[i].Drift != it.Drift {
			return false
		}
	}
	return true
}

// count adds up the counters of a stocktaking.
type count struct {
	items []seckill.ItemCounters
	bySKU map[string]*seckill.ItemCounters
}

// newCount begins with what Redis had at the reading and what SQL has reserved
// and sold. An item that Redis does not have keeps SQL's total: all is missing.
func newCount(sql []seckill.ItemCounters, r gate.Reading) *count {
	c := &count{items: make([]seckill.ItemCounters, len(sql)), bySKU: make(map[string]*seckill.ItemCounters, len(sql))}
	for i, it := range sql {
		c.items[i] = seckill.ItemCounters{SKU: it.SKU, Total: it.Total, Reserved: it.Reserved, Sold: it.Sold}
		if in, ok := r.Items[it.SKU]; ok {
			c.items[i].Total, c.items[i].Available = in.Total, in.Available
		}
		c.bySKU[it.SKU] = &c.items[i]
	}
	return c
}

// addOutbox counts what of the outbox SQL has not recorded.
func (c *count) addOutbox(m *ledger.Moment, box gate.Outbox) (orders int, err error) {
	ids := make([]seckill.ID, len(box.Orders))
	for i, o := range box.Orders {
		ids[i] = o.ID
	}
	recorded, err := m.Recorded(ids)
	if err != nil {
		return 0, err
	}
	for _, o := range box.Orders {
		if !recorded[o.ID] {
			orders++
			c.each(o.Lines, func(it *seckill.ItemCounters, units int64) { it.InFlight += units })
		}
	}
	for sku, units := range box.Unreadable {
		orders++
		c.each([]seckill.Line{{SKU: sku, Quantity: units}}, func(it *seckill.ItemCounters, units int64) { it.InFlight += units })
	}
	return orders, nil
}

// withdraw takes an order out of SQL's counters.
func (c *count) withdraw(o ledger.PlacedOrder) {
	c.each(o.Lines, func(it *seckill.ItemCounters, units int64) {
		switch o.Place {
		case ledger.PlaceReserved:
			it.Reserved -= units
		case ledger.PlaceSold:
			it.Sold -= units
		}
	})
}

func (c *count) addReleasing(o ledger.PlacedOrder) {
	c.each(o.Lines, func(it *seckill.ItemCounters, units int64) { it.Releasing += units })
}

// each leaves out lines of items that the sale does not have.
func (c *count) each(lines []seckill.Line, do func(it *seckill.ItemCounters, units int64)) {
	for _, l := range lines {
		if it := c.bySKU[l.SKU]; it != nil {
			do(it, l.Quantity)
		}
	}
}
