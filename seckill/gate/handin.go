package gate

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// handIn gives Redis the orders again that it lost although their buyers were
// told of them: through the script that admitted them, under their own ids, so
// that nothing happens to those that it still has. They keep their tickets. While a
// sale reopens they come before everyone else. An order whose units are gone, or whose buyer has ordered
// again, is lost for good.
type handIn struct {
	gate *Gate
	wake chan struct{}

	mu   sync.Mutex
	due  map[seckill.ID]bool
	busy map[seckill.ID]bool // no sale is handed in twice at the same time
}

const (
	// handInPause is between two tries while the sale is not open yet.
	handInPause = 100 * time.Millisecond
	// handInPatience bounds them. A sale that was not restored within it needs a
	// person; its orders stay in the journal until the next sign of it.
	handInPatience = 5 * time.Minute
)

func newHandIn(g *Gate) *handIn {
	return &handIn{gate: g, wake: make(chan struct{}, 1), due: map[seckill.ID]bool{}, busy: map[seckill.ID]bool{}}
}

// ask makes the orders of these sales be handed in.
func (h *handIn) ask(sales ...seckill.ID) {
	if len(sales) == 0 {
		return
	}
	h.mu.Lock()
	for _, id := range sales {
		h.due[id] = true
	}
	h.mu.Unlock()
	h.awake()
}

func (h *handIn) awake() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// take gives the sales that are due. One that is busy stays due until done.
func (h *handIn) take() []seckill.ID {
	h.mu.Lock()
	defer h.mu.Unlock()
	sales := make([]seckill.ID, 0, len(h.due))
	for id := range h.due {
		if !h.busy[id] {
			sales = append(sales, id)
			h.busy[id] = true
			delete(h.due, id)
		}
	}
	return sales
}

func (h *handIn) done(sale seckill.ID) {
	h.mu.Lock()
	delete(h.busy, sale)
	h.mu.Unlock()
	h.awake()
}

// run hands in until ctx ends, each sale by itself.
func (h *handIn) run(ctx context.Context) {
	var sales sync.WaitGroup
	defer sales.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		}
		for _, sale := range h.take() {
			sales.Go(func() {
				defer h.done(sale)
				h.sale(ctx, sale)
			})
		}
	}
}

// sale hands in all orders of a sale that the journal has, and tries again for
// those of which nothing is known yet.
func (h *handIn) sale(ctx context.Context, sale seckill.ID) {
	orders := h.gate.journal.of(sale)
	// Who came first comes first again.
	slices.SortFunc(orders, func(a, b seckill.Order) int { return cmp.Compare(a.Ticket, b.Ticket) })
	patience := time.NewTimer(handInPatience)
	defer patience.Stop()
	var again, lost int
	for len(orders) > 0 {
		n := min(len(orders), h.gate.cfg.BatchLimit)
		taken, gone, done := h.batch(ctx, sale, orders[:n])
		if done {
			orders, again, lost = orders[n:], again+taken, lost+gone
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-patience.C:
			h.gate.cfg.Logger.Error("orders that may be lost could not be handed in, the sale is not restored",
				"sale_id", sale.String(), "orders", len(orders))
			return
		case <-time.After(handInPause):
		}
	}
	if again > 0 || lost > 0 {
		h.gate.cfg.Logger.Warn("Redis had lost orders that buyers were told of", "sale_id", sale.String(),
			"taken_again", again, "lost", lost)
	}
}

// batch hands in orders; done is false when nobody could tell what became of all
// of them. It may be repeated.
func (h *handIn) batch(ctx context.Context, sale seckill.ID, orders []seckill.Order) (again, lost int, done bool) {
	g := h.gate
	calls := make([]*call, len(orders))
	for i, o := range orders {
		calls[i] = newCall(seckill.Request{OrderID: o.ID, SaleID: o.SaleID, Buyer: o.Buyer, Key: o.RequestKey,
			Lines: o.Lines, Amount: o.Amount, Currency: o.Currency})
		calls[i].ticket = strconv.FormatInt(o.Ticket, 10)
	}
	reply, err := g.sendBatch(sale, calls, true)
	if err != nil {
		return 0, 0, false
	}
	v, err := readVerdicts(reply, len(calls))
	if err != nil || v.refused {
		return 0, 0, false
	}
	done = true
	for i, o := range orders {
		a, err := v.outcome(i, calls[i].request)
		switch {
		case err == nil && a.OrderID == o.ID && v.admittedNow(i):
			g.stats.takenAgain.Add(1)
			again++
		case err == nil && a.OrderID == o.ID: // Redis still had it
		default: // or the buyer asked again with the same key, and has that order
			if !h.lose(ctx, o) {
				done = false
				continue
			}
			lost++
		}
	}
	return again, lost, done
}

// lose tells whoever keeps orders that this one is gone.
func (h *handIn) lose(ctx context.Context, o seckill.Order) bool {
	g := h.gate
	if err := g.cfg.Lost(ctx, o); err != nil {
		g.cfg.Logger.Error("a lost order is not recorded yet, trying again", "order_id", o.ID.String(),
			"sale_id", o.SaleID.String(), "error", err)
		return false
	}
	if !g.journal.remove(o.ID) {
		return true // another try has told of it
	}
	g.stats.lost.Add(1)
	g.cfg.Logger.Error("an order that its buyer was told of is lost", "order_id", o.ID.String(), "sale_id", o.SaleID.String(),
		"buyer", o.Buyer, "ticket", o.Ticket)
	return true
}
