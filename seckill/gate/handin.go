package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// handIn admits orders again that Redis lost after their buyers were told of them. It
// uses the script that admitted them first, with their own ids and tickets, so that an
// order which Redis still has is left as it is. While a sale reopens these orders come
// before all others. An order whose units are gone, or whose buyer has ordered again,
// is lost for good.
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
	// handInPatience bounds all tries together. A sale that is not restored by then needs
	// a person; its orders stay in the journal, and are tried again when it is loaded.
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

// sale hands in all orders of a sale, and tries again for those of which nothing is
// known yet.
func (h *handIn) sale(ctx context.Context, sale seckill.ID) {
	p := h.begin(sale)
	patience := time.NewTimer(handInPatience)
	defer patience.Stop()
	for p.step(ctx) != nil {
		select {
		case <-ctx.Done():
			return
		case <-patience.C:
			h.gate.cfg.Logger.Error("orders that may be lost could not be handed in, the sale is not restored",
				"sale_id", sale.String(), "orders", len(p.orders))
			return
		case <-time.After(handInPause):
		}
	}
	if p.again > 0 || p.lost > 0 {
		h.gate.cfg.Logger.Warn("Redis had lost orders that buyers were told of", "sale_id", sale.String(),
			"taken_again", p.again, "lost", p.lost)
	}
}

// HandIn gives a sale the orders again that this process told buyers of and that
// Redis lost. Run does so by itself whenever the sale was loaded anew. Done again it
// changes nothing. An error means that it is not known yet what becomes of some of
// the orders: the sale is not open again, or what is lost could not be recorded.
func (g *Gate) HandIn(ctx context.Context, sale seckill.ID) error {
	return g.handIn.begin(sale).step(ctx)
}

// handing is the orders of one sale on their way in.
type handing struct {
	*handIn
	sale        seckill.ID
	orders      []seckill.Order
	again, lost int
}

// begin takes all that the journal has of a sale. Who came first comes first again.
func (h *handIn) begin(sale seckill.ID) *handing {
	orders, err := h.gate.journal.of(sale)
	if err != nil {
		h.gate.cfg.Logger.Error("the journal has orders that cannot be read", "sale_id", sale.String(), "error", err)
	}
	slices.SortFunc(orders, func(a, b seckill.Order) int {
		return cmp.Or(cmp.Compare(a.Ticket, b.Ticket), cmp.Compare(a.ID, b.ID))
	})
	return &handing{handIn: h, sale: sale, orders: orders}
}

// step hands in what is left, up to the first obstacle.
func (p *handing) step(ctx context.Context) error {
	// Before another try: some may be in SQL by now, or recorded as lost.
	p.orders = slices.DeleteFunc(p.orders, func(o seckill.Order) bool { return !p.gate.journal.has(o.ID) })
	for len(p.orders) > 0 {
		n := p.batchSize()
		if err := p.batch(ctx, p.orders[:n]); err != nil {
			return err
		}
		p.orders = p.orders[n:]
	}
	return nil
}

// batchSize keeps two orders with the same ticket, the second of which was given out
// after Redis had lost the first, from one entry of the outbox: there the ticket names
// the order.
func (p *handing) batchSize() int {
	most := min(len(p.orders), p.gate.cfg.BatchLimit)
	for n := 1; n < most; n++ {
		if p.orders[n].Ticket == p.orders[n-1].Ticket {
			return n
		}
	}
	return most
}

// batch hands in orders. After an error it may be repeated.
func (p *handing) batch(ctx context.Context, orders []seckill.Order) error {
	claims := make([]claim, len(orders))
	for i, o := range orders {
		claims[i] = claim{ticket: strconv.FormatInt(o.Ticket, 10), Request: seckill.Request{OrderID: o.ID, SaleID: o.SaleID,
			Buyer: o.Buyer, Key: o.RequestKey, Lines: o.Lines, Amount: o.Amount, Currency: o.Currency}}
	}
	reply, err := p.gate.sendBatch(p.sale, claims, manner{lost: true})
	if err != nil {
		return writeFailed(err)
	}
	v, err := readVerdicts(reply, len(claims))
	if err != nil {
		return writeFailed(err)
	}
	if v.refused {
		return standsAgainst(p.sale, v.condition)
	}
	var failed []error
	for i, o := range orders {
		a, err := v.outcome(i, claims[i].Request)
		switch {
		case err == nil && a.OrderID == o.ID && v.admittedNow(i):
			p.gate.stats.takenAgain.Add(1)
			p.again++
		case err == nil && a.OrderID == o.ID: // Redis still had it
		default: // or the buyer asked again with the same key, and has that order
			failed = append(failed, p.lose(ctx, o))
		}
	}
	return errors.Join(failed...)
}

// lose tells whoever keeps orders that this one is gone.
func (p *handing) lose(ctx context.Context, o seckill.Order) error {
	g := p.gate
	if err := g.cfg.Lost(ctx, o); err != nil {
		g.cfg.Logger.Error("a lost order is not recorded yet, trying again", "order_id", o.ID.String(),
			"sale_id", o.SaleID.String(), "error", err)
		return fmt.Errorf("order %s is lost and not recorded: %w", o.ID, err)
	}
	if !g.journal.remove(o.ID) {
		return nil // another try has told of it
	}
	g.stats.lost.Add(1)
	p.lost++
	g.cfg.Logger.Error("an order that its buyer was told of is lost", "order_id", o.ID.String(), "sale_id", o.SaleID.String(),
		"buyer", o.Buyer, "ticket", o.Ticket)
	return nil
}
