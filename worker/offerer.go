package worker

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type offererWaitlist interface {
	saleSQL
	WaitedSales(ctx context.Context) ([]seckill.ID, error)
	LeastWanted(ctx context.Context, sale seckill.ID) (map[string]int64, error)
	Counters(ctx context.Context, sale seckill.ID) ([]seckill.ItemCounters, error)
	Waiters(ctx context.Context, q ledger.WaiterQuery) ([]seckill.Waiter, error)
	MoveWaiters(ctx context.Context, ids []int64, from, to seckill.WaiterStatus) (moved []int64, err error)
	LapseWaiters(ctx context.Context, sale seckill.ID) error
	Standings(ctx context.Context, orders []seckill.ID) (map[seckill.ID]seckill.Standing, error)
}

type offererStock interface {
	Now(ctx context.Context) (time.Time, error)
	Sales(ctx context.Context) ([]gate.ActiveSale, error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	SetWaited(ctx context.Context, sale seckill.ID, sku string) error
	ClearWaited(ctx context.Context, sale seckill.ID, sku string, mark int64) (cleared bool, err error)
	Offer(ctx context.Context, sale seckill.ID, hold time.Duration, requests []seckill.Request) ([]gate.Offered, error)
}

// Offerer gives units that came back to those who wait for them, the longest waiting
// first, each all that is wanted or nothing. Units of which there are too few yet are kept
// for as long as others can still come back. An offer is an order like any other, which
// the gate admits before anybody else, and which is paid, cancelled or expires.
//
// A place is noted as "offering" in SQL before the gate is asked, and the id of its order
// is as old as the place. So whoever finds it so asks the gate again, and makes no second
// order; the place is "offered" once SQL has the order.
type Offerer struct {
	Waitlist offererWaitlist
	Stock    offererStock
	// Hold is the time to pay an offer; DrawHold that of whose turn it is in a draw, who
	// does not sit before the page.
	Hold, DrawHold time.Duration

	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	Log      *slog.Logger

	// looked are the sales that had a mark, or somebody who waits, when they were looked
	// at last; allAt is when all sales were searched.
	looked map[seckill.ID]bool
	allAt  time.Time
}

const (
	// offererEvery is the pause between two looks: who waits is offered a unit well
	// within a second.
	offererEvery = 200 * time.Millisecond
	offererPage  = 1_000
)

// Run offers until ctx ends.
func (o *Offerer) Run(ctx context.Context) error {
	loop := sole{leases: o.Leases, name: "offerer", owner: o.Owner, ttl: o.LeaseTTL, pause: offererEvery, log: o.Log}
	return loop.run(ctx, "offerer: offering units that came back", o.step)
}

func (o *Offerer) step(ctx context.Context) (more bool, err error) {
	sales, err := o.due(ctx)
	if err != nil || len(sales) == 0 {
		return false, err
	}
	now, err := o.Stock.Now(ctx)
	if err != nil {
		return false, err
	}
	o.looked = make(map[seckill.ID]bool)
	var failed error // one sale must not hold up the others
	for id := range sales {
		waited, err := o.sale(ctx, id, now)
		if err != nil && !errors.Is(err, gate.ErrNotLoaded) && !errors.Is(err, gate.ErrLoading) {
			failed = errors.Join(failed, err)
		}
		if waited || err != nil {
			o.looked[id] = true
		}
	}
	return false, failed
}

// sale looks at one sale, and tells whether it has somebody who waits, or a mark.
func (o *Offerer) sale(ctx context.Context, id seckill.ID, now time.Time) (waited bool, err error) {
	sale, err := o.Stock.Sale(ctx, id)
	if seckill.CodeOf(err) == seckill.CodeNotFound {
		return o.gone(ctx, id)
	}
	if err != nil {
		return true, err
	}
	again, err := o.finish(ctx, id)
	if err != nil {
		return true, err
	}
	open, err := o.offer(ctx, sale, again)
	if err != nil {
		return true, err
	}
	if sale.State == seckill.SaleClosed {
		if err := o.Waitlist.LapseWaiters(ctx, id); err != nil {
			return true, err
		}
	}
	w, err := o.look(ctx, sale)
	if err != nil || len(w.least) == 0 && len(w.marks) == 0 {
		return len(again) > 0, err
	}
	if err := o.mark(ctx, w); err != nil {
		return true, err
	}
	// While somebody is still to be asked for, nobody who comes after him is.
	if !open || sale.State != seckill.SaleReady || now.Before(sale.StartsAt) {
		return true, nil
	}
	return true, o.serve(ctx, w)
}

// gone ends the waitlist of a sale that has left Redis, as it is closed. Any other is
// about to be loaded.
func (o *Offerer) gone(ctx context.Context, id seckill.ID) (waited bool, err error) {
	sale, err := o.Waitlist.Sale(ctx, id)
	switch {
	case seckill.CodeOf(err) == seckill.CodeNotFound:
		return false, nil // it was removed
	case err != nil || sale.State != seckill.SaleClosed:
		return true, err
	}
	never, err := o.finish(ctx, id)
	if err != nil {
		return true, err
	}
	lapsed := make([]int64, len(never))
	for i, w := range never {
		lapsed[i] = w.ID
	}
	if err := o.move(ctx, id, map[seckill.WaiterStatus][]int64{seckill.WaiterLapsed: lapsed}); err != nil {
		return true, err
	}
	return false, o.Waitlist.LapseWaiters(ctx, id)
}

// finish goes on with the places that are being offered units: those whose orders SQL has
// are offered. The others it returns.
func (o *Offerer) finish(ctx context.Context, sale seckill.ID) (again []seckill.Waiter, err error) {
	list, err := o.Waitlist.Waiters(ctx, ledger.WaiterQuery{Sale: sale, Status: seckill.WaiterOffering, Limit: offererPage})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	orders := make([]seckill.ID, len(list))
	for i, w := range list {
		orders[i] = w.OrderID
	}
	standings, err := o.Waitlist.Standings(ctx, orders)
	if err != nil {
		return nil, err
	}
	moves := make(map[seckill.WaiterStatus][]int64)
	for _, w := range list {
		switch s, there := standings[w.OrderID]; {
		case !there:
			again = append(again, w)
		case s.Status == seckill.OrderFailed:
			moves[seckill.WaiterLapsed] = append(moves[seckill.WaiterLapsed], w.ID)
		default:
			moves[seckill.WaiterOffered] = append(moves[seckill.WaiterOffered], w.ID)
		}
	}
	return again, o.move(ctx, sale, moves)
}

// move ends offers, or takes them back.
func (o *Offerer) move(ctx context.Context, sale seckill.ID, moves map[seckill.WaiterStatus][]int64) error {
	for to, ids := range moves {
		moved, err := o.Waitlist.MoveWaiters(ctx, ids, seckill.WaiterOffering, to)
		if err != nil {
			return err
		}
		if len(moved) > 0 {
			o.Log.Info("offerer: what became of offers to those who wait", "sale", sale.String(), "as", string(to), "places", len(moved))
		}
	}
	return nil
}

// waitlist is what a look at a sale finds.
type waitlist struct {
	sale  seckill.Sale
	least map[string]int64 // the fewest units that somebody wants, of items that are waited for
	marks map[string]int64 // of items that have one
	free  map[string]int64 // units to be had, of all items
	ever  map[string]int64 // units that are not sold: those that can come back are among them
}

func (o *Offerer) look(ctx context.Context, sale seckill.Sale) (w waitlist, err error) {
	// Redis first: whoever comes to wait after that changes the mark.
	counters, err := o.Stock.Counters(ctx, sale.ID)
	if err != nil {
		return w, err
	}
	w = waitlist{sale: sale, marks: make(map[string]int64), free: make(map[string]int64), ever: make(map[string]int64)}
	for sku, c := range counters {
		if w.free[sku] = c.Available; c.Waited != 0 {
			w.marks[sku] = c.Waited
		}
	}
	if w.least, err = o.Waitlist.LeastWanted(ctx, sale.ID); err != nil || len(w.least) == 0 {
		return w, err
	}
	sold, err := o.Waitlist.Counters(ctx, sale.ID)
	for _, c := range sold {
		w.ever[c.SKU] = c.Total - c.Sold
	}
	return w, err
}

// kept tells whether units of an item are for those who wait alone: the next one, where
// none is left, and those that are left while somebody can still get all that he wants.
func (w waitlist) kept(sku string) bool {
	least, waited := w.least[sku]
	return waited && (w.free[sku] <= 0 || least <= w.ever[sku])
}

// mark marks the items that are kept, and no others.
func (o *Offerer) mark(ctx context.Context, w waitlist) error {
	for sku := range w.free {
		mark, marked := w.marks[sku]
		var err error
		switch kept := w.kept(sku); {
		case kept && !marked:
			err = o.Stock.SetWaited(ctx, w.sale.ID, sku)
		case marked && !kept:
			_, err = o.Stock.ClearWaited(ctx, w.sale.ID, sku, mark)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// serve offers what is there.
func (o *Offerer) serve(ctx context.Context, w waitlist) error {
	chosen, err := o.choose(ctx, w)
	if err != nil {
		return err
	}
	for _, places := range chosen {
		if err := o.begin(ctx, w.sale, places); err != nil {
			return err
		}
	}
	return nil
}

// choose goes down the list, item by item, for as long as something is left.
func (o *Offerer) choose(ctx context.Context, w waitlist) (chosen map[string][]seckill.Waiter, err error) {
	chosen = make(map[string][]seckill.Waiter)
	left := maps.Clone(w.free)
	some := func() bool {
		for sku, least := range w.least {
			if left[sku] >= least {
				return true
			}
		}
		return false
	}
	for after := int64(0); some(); {
		page, err := o.Waitlist.Waiters(ctx, ledger.WaiterQuery{Sale: w.sale.ID, Status: seckill.WaiterWaiting, After: after, Limit: offererPage})
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if left[p.SKU] >= p.Quantity {
				left[p.SKU] -= p.Quantity
				chosen[p.SKU] = append(chosen[p.SKU], p)
			}
			after = p.ID
		}
		if len(page) < offererPage {
			break
		}
	}
	return chosen, nil
}

// begin notes the places and asks the gate for their orders. Whoever has left meanwhile is
// left out.
func (o *Offerer) begin(ctx context.Context, sale seckill.Sale, places []seckill.Waiter) error {
	ids := make([]int64, len(places))
	for i, p := range places {
		ids[i] = p.ID
	}
	noted, err := o.Waitlist.MoveWaiters(ctx, ids, seckill.WaiterWaiting, seckill.WaiterOffering)
	if err != nil {
		return err
	}
	if err := fault.Point(ctx, fault.OffererNoted); err != nil {
		return err
	}
	_, err = o.offer(ctx, sale, slices.DeleteFunc(places, func(p seckill.Waiter) bool { return !slices.Contains(noted, p.ID) }))
	return err
}

// offer asks the gate for the orders of places that are noted. open is false when it took
// none for now, as in a pause, so that they have to be asked for again.
func (o *Offerer) offer(ctx context.Context, sale seckill.Sale, places []seckill.Waiter) (open bool, err error) {
	open = true
	hold := o.Hold
	if sale.Entry == seckill.EntryDraw {
		hold = o.DrawHold
	}
	for len(places) > 0 {
		chunk := places[:min(len(places), gate.MaxOffers)]
		requests := make([]seckill.Request, len(chunk))
		for i, p := range chunk {
			item, _ := sale.Item(p.SKU)
			requests[i] = p.Request(item)
		}
		offers, err := o.Stock.Offer(ctx, sale.ID, hold, requests)
		if err != nil {
			return false, err
		}
		if err := fault.Point(ctx, fault.OffererOffered); err != nil {
			return false, err
		}
		moves := make(map[seckill.WaiterStatus][]int64)
		for i, p := range chunk {
			to := afterOffer(offers[i].Err)
			if to != seckill.WaiterOffering {
				moves[to] = append(moves[to], p.ID)
			} else if offers[i].Err != nil {
				open = false
			}
		}
		places = places[len(chunk):]
		late := len(moves[seckill.WaiterWaiting]) > 0
		if late { // somebody was quicker: a unit that comes back now is not for those behind
			for _, p := range places {
				moves[seckill.WaiterWaiting] = append(moves[seckill.WaiterWaiting], p.ID)
			}
		}
		if err := o.move(ctx, sale.ID, moves); err != nil || late || !open {
			return open, err
		}
	}
	return open, nil
}

// afterOffer is what becomes of a place once the gate has spoken.
func afterOffer(err error) seckill.WaiterStatus {
	switch seckill.CodeOf(err) {
	case seckill.CodeSoldOut:
		return seckill.WaiterWaiting // somebody was quicker
	case seckill.CodeLimitExceeded, seckill.CodeRateLimited, seckill.CodeEnded, seckill.CodeInvalidRequest:
		return seckill.WaiterLapsed
	}
	return seckill.WaiterOffering // SQL is about to have the order, or the gate is asked again
}
