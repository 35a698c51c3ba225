package worker

import (
	"time"

	"github.com/seckill-go/seckill/internal/proof/model"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// look compares every counter of Redis and of SQL with the model's sums.
func (s *shop) look() {
	s.operations++
	counters, err := s.ledger.Counters(s.ctx, theSale)
	s.noError(err, "count in SQL")
	redis, err := s.gate.Counters(s.ctx, theSale)
	if s.model.Redis.Loaded {
		s.noError(err, "count in Redis")
	} else if s.model.Refusal() == seckill.CodeNotFound {
		s.code(seckill.CodeNotFound, err, "count in an empty Redis")
	}
	for _, c := range counters {
		want := s.model.Counters(c.SKU)
		if s.model.Redis.Loaded {
			c.Available, c.InFlight = redis[c.SKU].Available, redis[c.SKU].InFlight
			s.equal(s.model.Redis.Totals[c.SKU], redis[c.SKU].Total, "total of %s in Redis", c.SKU)
		} else {
			want.Available, want.InFlight = 0, 0
		}
		s.equal(want, c, "counters of %s", c.SKU)
		s.check(c.Reserved+c.Sold <= c.Total, "%s is oversold: %+v", c.SKU, c)
	}
}

// drain lets everything come to its end, as the agents do when they are left
// alone for long enough.
func (s *shop) drain() {
	s.restore()
	s.settleEverything()
	// What Redis lost may be in messages still.
	if owed := s.bag.settle.unacknowledged(); len(owed) > 0 {
		s.handleSettle(owed)
	}
	s.restore()
	s.settleEverything()
	s.advance(s.untilHoldsEnd())
	for range 2 {
		if owed := s.bag.expire.unacknowledged(); len(owed) > 0 {
			s.handleExpire(owed)
		}
		s.noError(s.sweep(), "sweep")
		s.noError(s.retake(), "decide about late payments")
		s.noError(s.release(), "release")
		s.noError(s.refund(), "refund")
		s.noError(s.announce(), "announce")
		if owed := s.bag.paid.unacknowledged(); len(owed) > 0 {
			s.handlePaid(owed)
		}
		s.noError(s.confirmSweep(), "confirm")
		for {
			more, err := s.announcer.step(s.ctx)
			s.noError(err, "announce")
			if !more {
				break
			}
		}
		s.noError(s.recover(), "recover")
	}
}

// restore lets the recoverer do what there is to do, and the web processes hand in
// what Redis lost.
func (s *shop) restore() {
	s.noError(s.recover(), "recover")
	if s.model.Redis.Loaded {
		s.noError(s.handInOnce(), "hand in")
		return
	}
	s.check(s.model.Sale.State == seckill.SaleClosed && s.model.Refusal() == seckill.CodeNotFound,
		"the sale is %s and Redis answers %s", s.model.Sale.State, s.model.Refusal())
}

// untilHoldsEnd is how far away the end of the last hold is. It can be more than
// one hold, since the clock may have been set back.
func (s *shop) untilHoldsEnd() (d time.Duration) {
	for _, o := range s.model.Orders {
		d = max(d, o.HoldUntil.Sub(s.clock.Now()))
	}
	return d
}

// requirePromises checks, after a drain, every promise for every order and unit.
func (s *shop) requirePromises() {
	s.look()
	s.requireConserved()
	stored, err := s.ledger.Orders(s.ctx, ledger.OrderQuery{Sale: theSale})
	s.noError(err, "list the orders")
	s.equal(len(s.model.Orders)-s.requireRest(), len(stored), "orders in SQL")
	for _, o := range stored {
		s.requireEnded(o)
	}
	s.requireLimits(stored)
	s.requireHistory()
	s.requireMoney()
	for id, published := range s.model.Announced {
		s.check(published, "event %s was never announced", id)
	}
	events, err := s.ledger.Events(s.ctx, 0)
	s.noError(err, "list events")
	s.check(len(events) == 0, "%d batches of events stay", len(events))
}

// requireRest checks that the orders which are not in SQL are lost for a reason, and
// counts them.
func (s *shop) requireRest() (gone int) {
	for id, o := range s.model.Orders {
		if o.Stock == model.Nowhere {
			s.check(s.model.Gone(o) || s.overAndGone(o), "order %s is stuck: %+v", id, o)
			gone++
		}
	}
	return gone
}

// overAndGone is an order of a sale that was closed and that Redis then lost as a
// whole: such a sale is not loaded again.
func (s *shop) overAndGone(o *model.Order) bool {
	return o.Lost && !o.Known && !o.InOutbox && !s.model.Redis.Loaded
}

// requireConserved checks that each unit is in one place, now that none is on
// its way, and that Redis does what SQL says.
func (s *shop) requireConserved() {
	if !s.model.Redis.Loaded {
		s.check(s.model.Sale.State == seckill.SaleClosed, "the sale is %s and not loaded", s.model.Sale.State)
		return
	}
	s.equal(s.model.Sale.State, s.model.Redis.State, "state in SQL (first) and in Redis")
	listed, err := s.gate.Sales(s.ctx)
	s.noError(err, "list the sales in Redis")
	s.check(len(listed) == 1 || s.model.Sale.State == seckill.SaleClosed, "the sale is not listed, so that no relay reads its outbox")
	if s.model.Sale.State == seckill.SaleClosed {
		return // totals of a sale that is over are not brought in line any more
	}
	for _, it := range s.model.Sale.Items {
		c := s.model.Counters(it.SKU)
		s.check(c.Drift() == 0 && c.Available >= 0 && c.InFlight == 0 && c.Releasing == 0, "units of %s are not conserved: %+v", it.SKU, c)
	}
}

// requireEnded checks that an order is as the model has it, and in a state in
// which nothing more has to happen.
func (s *shop) requireEnded(o seckill.Order) {
	known := s.model.Orders[o.ID]
	s.check(known != nil && known.Stock != model.Nowhere, "order %s is in SQL and was never admitted or settled", o.ID)
	reason := o.Reason
	o.Reason = known.Reason         // compared below
	o.PaymentFailedAt = time.Time{} // of an attempt; the order has ended
	s.check(model.Same(known.Order, o), "order %s: the model has %+v, SQL %+v", o.ID, known.Order, o)
	want := model.Released
	switch o.Status {
	case seckill.OrderPaid:
		want = model.Sold
	case seckill.OrderFailed, seckill.OrderRefundDue:
		s.check(reason != "", "order %s is %s and its buyer is not told why", o.ID, o.Status)
	case seckill.OrderExpired, seckill.OrderCancelled, seckill.OrderRefunded:
	default:
		s.check(false, "order %s is stuck as %s", o.ID, o.Status)
	}
	s.equal(want, known.Stock, "where the units of order %s are, which is %s", o.ID, o.Status)
}

func (s *shop) requireLimits(stored []seckill.Order) {
	type who struct{ buyer, sku string }
	has, keys := map[who]int64{}, map[who]seckill.ID{}
	for _, o := range stored {
		if o.RequestKey != "" {
			other, twice := keys[who{o.Buyer, o.RequestKey}]
			s.check(!twice, "orders %s and %s of %s have the same key", o.ID, other, o.Buyer)
			keys[who{o.Buyer, o.RequestKey}] = o.ID
		}
		for _, l := range o.Lines {
			if o.Status.HoldsStock() {
				has[who{o.Buyer, l.SKU}] += l.Quantity
			}
		}
	}
	for w, units := range has {
		item, _ := s.model.Sale.Item(w.sku)
		s.check(units <= item.LimitPerBuyer, "%s has %d of %s, more than %d", w.buyer, units, w.sku, item.LimitPerBuyer)
	}
}

// requireHistory checks that the stock history adds up to the counters, and for
// the newest orders line by line.
func (s *shop) requireHistory() {
	sums, err := s.ledger.StockSums(s.ctx, theSale)
	s.noError(err, "add up the history")
	for _, h := range sums {
		c := s.model.Counters(h.SKU)
		s.check(h.Reserved+h.Retaken-h.Released-h.Confirmed == c.Reserved && h.Confirmed == c.Sold,
			"the history of %s does not add up: %+v, counters %+v", h.SKU, h, c)
	}
	ids := s.model.IDs()
	for _, id := range ids[max(len(ids)-10, 0):] {
		o := s.model.Orders[id]
		entries, err := s.ledger.StockHistory(s.ctx, id)
		s.noError(err, "history of order %s", id)
		moves := map[ledger.StockMove]int64{}
		for _, e := range entries {
			moves[e.Move] += e.Quantity
		}
		all := int64(0)
		for _, l := range o.Lines {
			all += l.Quantity
		}
		reserved, released, confirmed := moves[ledger.StockReserve], moves[ledger.StockRelease], moves[ledger.StockConfirm]
		retaken := moves[ledger.StockRetake]
		s.check(reserved+retaken == released+confirmed && (reserved == all || reserved == 0) && (retaken == all || retaken == 0) &&
			(confirmed == all) == (o.Stock == model.Sold),
			"the history of order %s, which is %s, is %+v", id, o.Status, moves)
	}
}

// requireMoney checks that no payment is kept whose order has no goods.
func (s *shop) requireMoney() {
	for id, p := range s.model.Payments {
		stored, err := s.ledger.Payment(s.ctx, theProvider, id)
		s.noError(err, "payment %s", id)
		s.equal(p.Status, stored.Status, "payment %s", id)
	}
	for id, o := range s.model.Orders {
		kept := s.model.Money(id)
		s.check(kept == 0 || kept == 1 && o.Status == seckill.OrderPaid, "%d payments are kept for order %s, which is %s", kept, id, o.Status)
	}
}
