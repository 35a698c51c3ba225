package chaos

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill/fair/proof"
)

// Evidence is all that the checker judges by.
type Evidence struct {
	Plan      Plan
	Clicks    []Click
	Cancels   []Cancel
	Callbacks []Callback
	// ShopAnswers are what the shop was told of its own orders.
	ShopAnswers []ShopAnswer
	// Offers are the orders that buyers who waited were told of.
	Offers []Offer
	// Entries are the requests about entries in draws, Commitments all that were seen of
	// draws, and Proofs what is published of each draw in the end, by sale.
	Entries     []EntryCall
	Commitments []Commitment
	Proofs      map[string]*proof.Proof
	// Places are what buyers were told of their places in queues.
	Places []PlaceCall
	// Charges is the money that buyers really gave, by payment.
	Charges map[string]charge
	// Returned is how often the provider returned the money of each payment.
	Returned map[string]int
	// Opens is when each sale opened.
	Opens map[string]time.Time
	State State
	// Redis has the counters of each sale.
	Redis map[string]Counters
	// Reads is what buyers are told of their accepted orders in the end.
	Reads map[string]answer
	// Events are the ids of the events that were published.
	Events map[string]bool
	// Told are the ids of the events that the shop was told of over HTTP; nil where it
	// is not told. Untrue is what was wrong with them.
	Told   map[string]bool
	Untrue []string
	// Sampled are the violations that were seen on the way.
	Sampled []Violation
	// RedisLosses and RabbitLosses are the times in which a server may have
	// forgotten what it had confirmed.
	RedisLosses, RabbitLosses []window
	// Orphaned orders were accepted by a process that has ended since, so that
	// nobody is left who remembers them.
	Orphaned map[string]bool
	Unrest   string
	Probes   []string
	// Complaints are log lines that no run should have.
	Complaints []string
}

// gather looks at everything once all is at rest.
func (run *Run) gather(ctx context.Context) (Evidence, error) {
	e := Evidence{Plan: run.Plan, Charges: run.shop.taken(), Returned: run.shop.returned(), Opens: map[string]time.Time{}, Redis: map[string]Counters{},
		Reads: map[string]answer{}, Orphaned: map[string]bool{},
		RedisLosses: run.losses.redis, RabbitLosses: run.losses.rabbit}
	e.Sampled, _ = run.sampler.stop()
	e.Clicks, e.Cancels, e.Callbacks = run.history.copied()
	e.ShopAnswers, e.Offers = run.history.told()
	e.Entries, e.Commitments = run.history.drawn()
	e.Places = run.history.queued()
	var err error
	if e.State, err = readState(ctx, run.db); err != nil {
		return e, err
	}
	for i, s := range run.sales {
		e.Opens[s.id] = s.opens
		c, err := run.readCounters(ctx, s.id)
		if err != nil {
			return e, err
		}
		if c.State != "" || !run.closed[i] { // else it has left Redis
			e.Redis[s.id] = c
		}
	}
	run.readProofs(ctx, &e)
	run.readOrders(ctx, &e)
	run.awaitEvents(&e)
	run.awaitTold(&e)
	e.Complaints = run.complaints()
	return e, nil
}

// readOrders asks for every accepted order, as its buyer would.
func (run *Run) readOrders(ctx context.Context, e *Evidence) {
	for _, c := range e.Clicks {
		if !c.accepted() {
			continue
		}
		if run.slots[c.Slot].endedSince(c.Sent) {
			e.Orphaned[c.OrderID] = true
		}
		if _, known := e.Reads[c.OrderID]; known {
			continue
		}
		var a answer
		within(10*time.Second, func() bool {
			a = run.call(ctx, "GET", run.slots[0].url()+"/api/v1/orders/"+c.OrderID, buyerToken(c.Buyer), nil, nil)
			return a.HTTP == 200 || a.HTTP == 404
		})
		e.Reads[c.OrderID] = a
	}
}

// awaitEvents gives the last events time to arrive.
func (run *Run) awaitEvents(e *Evidence) {
	within(5*time.Second, func() bool {
		e.Events = run.events.copied()
		return len(missingEvents(*e)) == 0
	})
}

// complaints are lines that tell of a defect whatever the faults are.
func (run *Run) complaints() []string {
	var lines []string
	for _, s := range run.slots {
		for _, l := range s.about("DATA RACE", "panic:", "fatal error:", "an order cannot go from") {
			lines = append(lines, s.name+": "+l.text)
		}
	}
	return lines
}

// limits are the most units per buyer, by sale and SKU.
func (run *Run) limits() map[string]map[string]int64 {
	limits := map[string]map[string]int64{}
	for _, s := range run.sales {
		limits[s.id] = map[string]int64{}
		for _, it := range s.Items {
			limits[s.id][it.SKU] = it.Limit
		}
	}
	return limits
}
