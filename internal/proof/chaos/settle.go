package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// rest is how the installation came to rest after the faults.
type rest struct {
	took time.Duration
	// unrest says what was still going on when the time was over; empty if all was
	// quiet.
	unrest string
	probes []string // what was wrong with the fresh buyers' orders
}

// settleFor bounds the wait for rest. Leases, loaders and sweeps are done long
// before; a total that differs is left alone for 15 s.
const settleFor = 40 * time.Second

// settle waits until nothing moves any more, lets a fresh buyer buy of every
// sale that is open, closes those that have units of the shop's stock, and waits once
// more.
func (run *Run) settle(ctx context.Context) rest {
	began := time.Now()
	run.shop.finish()
	r := rest{unrest: run.awaitRest(ctx)}
	if r.unrest == "" {
		r.probes = run.probe(ctx)
		for i, s := range run.sales {
			if s.ofStock() && !run.closed[i] {
				run.close(ctx, i)
			}
		}
		r.unrest = run.awaitRest(ctx)
	}
	r.took = time.Since(began)
	return r
}

func (run *Run) awaitRest(ctx context.Context) (unrest string) {
	within(settleFor, func() bool {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		unrest = run.unrest(ctx)
		if unrest != "" {
			time.Sleep(100 * time.Millisecond) // the look itself is work for the servers
		}
		return unrest == ""
	})
	return unrest
}

// unrest tells what is still going on.
func (run *Run) unrest(ctx context.Context) string {
	state, err := readState(ctx, run.db)
	if err != nil {
		return "SQL: " + err.Error()
	}
	if u := state.unrest(run.API); u != "" {
		return u
	}
	if u := state.waitersUnrest(); u != "" {
		return u
	}
	if u := state.drawUnrest(); u != "" {
		return u
	}
	if u := state.stockUnrest(run.closedSales()); u != "" {
		return u
	}
	for i, s := range run.sales {
		c, err := run.readCounters(ctx, s.id)
		switch {
		case err != nil:
			return "Redis: " + err.Error()
		case run.closed[i] && c.State == "":
			continue // it has left Redis
		case c.State != map[bool]string{false: "ready", true: "closed"}[run.closed[i]]:
			return fmt.Sprintf("sale %s is %q in Redis", s.id, c.State)
		case c.Entries > 0 || c.InFlight != 0:
			return fmt.Sprintf("sale %s has %d outbox entries, %d orders in flight", s.id, c.Entries, c.InFlight)
		}
		for _, it := range state.Items {
			if it.Sale == s.id && c.Available[it.SKU] > 0 && c.left(it.SKU) == 0 {
				return fmt.Sprintf("%d of %s are kept for those who wait", c.Available[it.SKU], it.SKU)
			}
			// A change of total that Redis was not told of is brought in later.
			if it.Sale == s.id && c.Available[it.SKU]+it.Reserved+it.Sold != it.Total {
				return fmt.Sprintf("%s: available %d, reserved %d, sold %d of %d", it.SKU, c.Available[it.SKU], it.Reserved, it.Sold, it.Total)
			}
		}
	}
	if u := run.missing(state); u != "" {
		return u
	}
	return run.audit(ctx)
}

// unrest tells what SQL has not decided yet. Where the provider has an API, that
// includes money that is to go back.
func (s State) unrest(api bool) string {
	for id, o := range s.Orders {
		switch {
		case o.Status == "queued" || o.Status == "awaiting_payment":
			return fmt.Sprintf("order %s is %s", id, o.Status)
		case o.Stock == stockReleasing:
			return fmt.Sprintf("order %s is releasing", id)
		case o.Status == "paid" && o.Stock == stockReserved:
			return fmt.Sprintf("order %s is paid and not sold", id)
		}
	}
	for _, p := range s.Payments {
		if p.Status == "late" || api && p.Status == "refund_due" {
			return fmt.Sprintf("payment %s is %s", p.ID, p.Status)
		}
	}
	if s.Unpublished > 0 {
		return fmt.Sprintf("%d batches of events are unpublished", s.Unpublished)
	}
	return ""
}

// waitersUnrest tells of offers that are on their way.
func (s State) waitersUnrest() string {
	for _, w := range s.Waiters {
		if w.Status == "offering" {
			return fmt.Sprintf("%s is being offered order %s", w.Buyer, w.Order)
		}
	}
	return ""
}

// stockUnrest tells what holds units of the shop's stock and is about to end.
func (s State) stockUnrest(closed map[string]bool) string {
	for no, d := range s.Deductions {
		if d.State == deductionReserved {
			return fmt.Sprintf("order %s of the shop holds its units", no)
		}
	}
	for _, a := range s.Allotments {
		if closed[a.Sale] {
			return fmt.Sprintf("sale %s is closed and has %d of %s", a.Sale, a.Units, a.Goods)
		}
	}
	return ""
}

func (run *Run) closedSales() map[string]bool {
	closed := map[string]bool{}
	for i, s := range run.sales {
		closed[s.id] = run.closed[i]
	}
	return closed
}

// missing tells of accepted orders that SQL does not have, although the process
// that accepted them never ended, so that it can still bring them back.
func (run *Run) missing(s State) string {
	clicks, _, _ := run.history.copied()
	for _, c := range clicks {
		if _, there := s.Orders[c.OrderID]; c.accepted() && !there && !run.slots[c.Slot].endedSince(c.Sent) {
			return fmt.Sprintf("order %s, accepted by %s, is not in SQL", c.OrderID, slotName(c.Slot))
		}
	}
	return ""
}

// audit asks the service for its own opinion.
func (run *Run) audit(ctx context.Context) string {
	a := run.call(ctx, "GET", run.slots[0].url()+"/api/v1/admin/inventory-audit", adminToken, nil, nil)
	var stock struct{ Clean bool }
	if a.HTTP != 200 || json.Unmarshal(a.Body, &stock) != nil || !stock.Clean {
		return fmt.Sprintf("audit of the shop's stock: %d %s", a.HTTP, a.Body)
	}
	for i, s := range run.sales {
		a := run.call(ctx, "GET", run.slots[0].url()+"/api/v1/admin/sales/"+s.id+"/audit", adminToken, nil, nil)
		var audit struct{ Conserved bool }
		if a.HTTP == 404 && run.closed[i] {
			continue // it has left Redis
		}
		if a.HTTP != 200 || json.Unmarshal(a.Body, &audit) != nil || !audit.Conserved {
			return fmt.Sprintf("audit: %d %s", a.HTTP, a.Body)
		}
	}
	return ""
}

// probe lets a fresh buyer buy one unit of every item: after all that has
// happened, the sale goes on.
func (run *Run) probe(ctx context.Context) (wrong []string) {
	for i, s := range run.sales {
		if run.closed[i] {
			continue
		}
		for _, item := range s.Items {
			if w := run.probeItem(ctx, s, item.SKU); w != "" {
				wrong = append(wrong, fmt.Sprintf("%s of sale %s: %s", item.SKU, s.id, w))
			}
		}
	}
	return wrong
}

func (run *Run) probeItem(ctx context.Context, s sale, sku string) string {
	c, err := run.readCounters(ctx, s.id)
	if err != nil {
		return err.Error()
	}
	left := c.left(sku) > 0
	b := run.newBuyer(BuyerPlan{Name: "probe-" + sku, Lines: []Line{{sku, 1}}, Key: true, Conduct: leaves})
	b.sale = s
	if s.Queue { // whoever still waits there has gone home
		run.call(ctx, "POST", run.slots[0].url()+"/api/v1/admin/sales/"+s.id+"/queue/flush", adminToken, nil, nil)
	}
	var last Click
	done := within(15*time.Second, func() bool {
		pass := ""
		if s.Queue {
			p, _ := b.place(ctx, "POST")
			pass = p.Pass
		}
		last = b.clickWith(ctx, "probe", pass)
		return last.accepted() || last.Code == "sold_out" || s.Entries > 0 && last.Code == "not_eligible" || !left && last.Code == "queue_required"
	})
	switch {
	case !done:
		return fmt.Sprintf("a fresh buyer is answered %d %s", last.HTTP, last.Code)
	case left && !last.accepted():
		return "units are left, and a fresh buyer is told " + last.Code
	case !left && last.accepted():
		return "nothing is left, and a fresh buyer gets an order"
	case !last.accepted():
		return ""
	}
	o, ok := b.awaitPayable(ctx, last.OrderID)
	if !ok && o.Status != "expired" { // the machine was too slow for its hold
		return fmt.Sprintf("the fresh buyer's order is %d %s", o.HTTP, o.Status)
	}
	b.cancel(ctx, last.OrderID)
	return ""
}
