package gate

import (
	"context"
	"maps"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/seckill-go/seckill/seckill"
)

// ReadSnapshot begins a new epoch of a sale in SQL and gives write what SQL has
// then, part by part.
type ReadSnapshot func(ctx context.Context, write func(seckill.Snapshot) error) error

// The places in keys.all of the keys that a load writes.
const (
	keyMeta = iota + 1
	keyStock
	keyTotals
	keyBuyers
	keyOrders
	keyRequests
	_ // ticket
	_ // outbox
	keyInflight
)

// loadWriter writes a sale into Redis while SQL is still being read, since a sale that
// Redis lost admits nobody until all is written.
type loadWriter struct {
	g     *Gate
	ctx   context.Context // ends when a sender fails
	sale  seckill.ID
	token string

	parts  chan seckill.Snapshot
	noMore sync.Once // parts
	work   *errgroup.Group

	orders, buyers, requests hashWriter

	sum seckill.Snapshot // of the parts so far, without their orders
	has map[string]has   // what a buyer has of an item, by the field in buyers

	box     survivors
	missing map[seckill.ID]bool // orders of box that SQL has not shown
}

type has struct {
	units, ticket int64
	newest        seckill.ID
}

// newLoadWriter starts one; it has to be closed.
func (g *Gate) newLoadWriter(ctx context.Context, sale seckill.ID, token string, box survivors) *loadWriter {
	w := &loadWriter{g: g, sale: sale, token: token, parts: make(chan seckill.Snapshot, 1), has: make(map[string]has),
		box: box, missing: make(map[seckill.ID]bool)}
	for _, o := range box.orders {
		w.missing[o.ID] = true
	}
	w.work, w.ctx = errgroup.WithContext(ctx)
	w.orders.key, w.buyers.key, w.requests.key = keyOrders, keyBuyers, keyRequests
	for _, h := range w.hashes() {
		h.full = make(chan []string, 1)
		w.work.Go(func() error {
			for pairs := range h.full {
				if err := g.sendParts(w.ctx, sale, token, h.key, pairs); err != nil {
					return err
				}
			}
			return nil
		})
	}
	w.work.Go(w.takeApart)
	return w
}

// hashes are those that grow with the sale's orders.
func (w *loadWriter) hashes() []*hashWriter {
	return []*hashWriter{&w.orders, &w.buyers, &w.requests}
}

// write takes the next part of the snapshot.
func (w *loadWriter) write(part seckill.Snapshot) error {
	if part.Sale.ID != w.sale || part.Sale.State == "" || part.Sale.Hold <= 0 {
		return seckill.Invalid("sale", "needs an id, a state and a hold")
	}
	return hand(w.ctx, w.parts, part)
}

// close waits for what is on its way. It may be called again.
func (w *loadWriter) close() error {
	w.noMore.Do(func() { close(w.parts) })
	return w.work.Wait()
}

// takeApart makes pairs of the parts, and then of what only the outbox has.
func (w *loadWriter) takeApart() error {
	defer func() {
		for _, h := range w.hashes() {
			close(h.full)
		}
	}()
	for part := range w.parts {
		w.sum.Sale, w.sum.Taken, w.sum.Waited, w.sum.Ticket = part.Sale, part.Taken, part.Waited, max(w.sum.Ticket, part.Ticket)
		for _, o := range part.Orders {
			delete(w.missing, o.ID)
			if err := w.order(o, o.Status.HoldsStock() || part.Releasing[o.ID], part.Retaken[o.ID]); err != nil {
				return err
			}
		}
	}
	if err := w.keepOutbox(); err != nil {
		return err
	}
	for _, h := range w.hashes() {
		if err := h.flush(w.ctx); err != nil {
			return err
		}
	}
	return nil
}

// order writes what Redis keeps of an order, of what its buyer has of each item,
// and of its idempotency key.
func (w *loadWriter) order(o seckill.Order, holds, retaken bool) error {
	id := o.ID.Short()
	if err := w.orders.add(w.ctx, id, orderValue(letter(holds, retaken), o)); err != nil {
		return err
	}
	if o.RequestKey != "" {
		if err := w.requests.add(w.ctx, o.RequestKey+" "+o.Buyer, id); err != nil {
			return err
		}
	}
	for _, l := range o.Lines {
		field := l.SKU + " " + o.Buyer
		h := w.has[field]
		if holds {
			h.units += l.Quantity
		}
		// After a loss of Redis two orders can have the same ticket.
		if o.Ticket > h.ticket || o.Ticket == h.ticket && o.ID > h.newest {
			h.ticket, h.newest = o.Ticket, o.ID
		}
		w.has[field] = h
		// What is written of a buyer last is what stays.
		if err := w.buyers.add(w.ctx, field, strconv.FormatInt(h.units, 10)+" "+h.newest.Short()); err != nil {
			return err
		}
	}
	return nil
}

// finish writes what is known only once SQL is read, and waits for all. The state,
// which opens the sale, is left to the end of the load.
func (w *loadWriter) finish(ctx context.Context) (seckill.Snapshot, error) {
	if err := w.close(); err != nil {
		return w.sum, err
	}
	if w.sum.Sale.ID == 0 {
		return w.sum, seckill.Invalid("sale", "was not read")
	}
	meta, err := metaPairs(w.sum)
	if err != nil {
		return w.sum, err
	}
	totals, stock := stockPairs(w.sum)
	for _, part := range []struct {
		key   int
		pairs []string
	}{{keyMeta, meta}, {keyTotals, totals}, {keyStock, stock}, {keyInflight, w.box.counters()}} {
		if err := w.g.sendParts(ctx, w.sale, w.token, part.key, part.pairs); err != nil {
			return w.sum, err
		}
	}
	return w.sum, nil
}

// keepOutbox adds the orders of the outbox that SQL did not have: they hold their
// units, and are on their way to SQL.
func (w *loadWriter) keepOutbox() error {
	taken := make(map[string]int64, len(w.sum.Taken))
	maps.Copy(taken, w.sum.Taken)
	for sku, n := range w.box.unreadable {
		taken[sku] += n
	}
	for _, o := range w.box.orders {
		w.sum.Ticket = max(w.sum.Ticket, o.Ticket)
		if !w.missing[o.ID] {
			continue
		}
		delete(w.missing, o.ID) // it may be in there twice
		for _, l := range o.Lines {
			taken[l.SKU] += l.Quantity
		}
		if err := w.order(o, true, false); err != nil {
			return err
		}
	}
	w.sum.Taken = taken
	return nil
}

// hashWriter writes the pairs of one key in the order in which they come.
type hashWriter struct {
	key   int
	pairs []string
	full  chan []string
}

func (h *hashWriter) add(ctx context.Context, field, value string) error {
	if h.pairs == nil {
		h.pairs = make([]string, 0, 2*loadAhead*loadPairs)
	}
	if h.pairs = append(h.pairs, field, value); len(h.pairs) < cap(h.pairs) {
		return nil
	}
	return h.flush(ctx)
}

func (h *hashWriter) flush(ctx context.Context) error {
	if len(h.pairs) == 0 {
		return nil
	}
	pairs := h.pairs
	h.pairs = nil
	return hand(ctx, h.full, pairs)
}

// hand passes something on, unless its receiver has failed.
func hand[T any](ctx context.Context, to chan<- T, what T) error {
	select {
	case to <- what:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
