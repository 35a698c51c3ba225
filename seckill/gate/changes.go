package gate

import (
	"context"
	"strings"
	"sync"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/seckill"
)

// Messages on the changes channel are words with spaces between them:
//
//	orders <order id>:<status> ...   orders have a new status
//	stock <sale id>                  a sale's stock or state was moved by hand
//	                                 or by a release
//	loaded <sale id>                 a sale was loaded, and may have lost orders
//
// They are hints: any of them may be lost.
const (
	ordersMessage = "orders"
	stockMessage  = "stock"
	loadedMessage = "loaded"

	changesPerMessage = 500
)

// Publish tells every process that watches that orders have a new status. A
// watcher may miss it.
func (g *Gate) Publish(ctx context.Context, changes ...seckill.Change) error {
	for len(changes) > 0 {
		n := min(len(changes), changesPerMessage)
		var b strings.Builder
		b.WriteString(ordersMessage)
		for _, c := range changes[:n] {
			b.WriteString(" " + c.OrderID.String() + ":" + string(c.Status))
		}
		if err := g.publish(ctx, b.String()); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

// Announce publishes a change soon, together with others of the same moment, and
// keeps nobody waiting for it.
func (g *Gate) Announce(c seckill.Change) {
	if err := g.changes.Start(struct{}{}, c); err != nil {
		g.cfg.Logger.Debug("a change was not announced", "order_id", c.OrderID.String(), "error", err)
	}
}

func (g *Gate) newChangesLane() *coalesce.Lanes[struct{}, seckill.Change, struct{}] {
	return coalesce.New(coalesce.Config[struct{}, seckill.Change, struct{}]{
		Batch: changesPerMessage, Workers: 1, Limit: changesPerMessage,
		Run: func(_ struct{}, changes []seckill.Change) []struct{} {
			if err := g.Publish(g.loads, changes...); err != nil {
				g.cfg.Logger.Debug("changes were not announced", "orders", len(changes), "error", err)
			}
			return make([]struct{}, len(changes))
		},
		Unknown: "it is not known whether the change was announced",
	})
}

func (g *Gate) publish(ctx context.Context, message string) error {
	return readFailed(g.withTimeout(ctx, func(ctx context.Context) error {
		return g.cfg.Client.Publish(ctx, g.changesChannel(), message).Err()
	}))
}

// stockMoved makes every process ask Redis about the sale again. Without the
// message the others do so when what they remember is too old.
func (g *Gate) stockMoved(ctx context.Context, sale seckill.ID) {
	g.soldOut.forget(sale)
	if err := g.publish(ctx, stockMessage+" "+sale.String()); err != nil {
		g.cfg.Logger.Warn("cannot announce that stock moved", "sale_id", sale.String(), "error", err)
	}
}

// reopened tells every process that a sale was loaded. One that does not hear it
// sees the new epoch in the next answer of the sale.
func (g *Gate) reopened(ctx context.Context, sale seckill.ID) {
	g.soldOut.forget(sale)
	if err := g.publish(ctx, loadedMessage+" "+sale.String()); err != nil {
		g.cfg.Logger.Warn("cannot announce that a sale was loaded", "sale_id", sale.String(), "error", err)
	}
}

// heard acts on a message of the changes channel.
func (g *Gate) heard(message string) {
	kind, rest, _ := strings.Cut(message, " ")
	switch kind {
	case stockMessage:
		if sale, err := seckill.ParseID(rest); err == nil {
			g.soldOut.forget(sale)
		}
	case loadedMessage:
		if sale, err := seckill.ParseID(rest); err == nil {
			g.soldOut.forget(sale)
			g.handIn.ask(sale)
		}
	case ordersMessage:
		for text := range strings.SplitSeq(rest, " ") {
			id, status, _ := strings.Cut(text, ":")
			if order, err := seckill.ParseID(id); err == nil {
				g.journal.remove(order)
				g.hub.tell(seckill.Change{OrderID: order, Status: seckill.OrderStatus(status)})
			}
		}
	}
}

// Watch passes on what is published about one order while Run runs, until the
// function that it returns is called. Changes can be lost, and come more than
// once, so a watcher also looks where orders are kept. The channel is never
// closed; beyond 100,000 watchers a new one hears nothing.
func (g *Gate) Watch(order seckill.ID) (<-chan seckill.Change, func()) { return g.hub.watch(order) }

// changeHub hands changes to those who watch the order.
type changeHub struct {
	limit int

	mu       sync.Mutex
	count    int
	watchers map[seckill.ID][]chan seckill.Change
}

// changesBuffered is more than an order has statuses.
const changesBuffered = 8

func newChangeHub(limit int) *changeHub {
	return &changeHub{limit: limit, watchers: map[seckill.ID][]chan seckill.Change{}}
}

func (h *changeHub) watch(order seckill.ID) (<-chan seckill.Change, func()) {
	ch := make(chan seckill.Change, changesBuffered)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count >= h.limit {
		return ch, func() {}
	}
	h.count++
	h.watchers[order] = append(h.watchers[order], ch)
	return ch, sync.OnceFunc(func() { h.leave(order, ch) })
}

func (h *changeHub) leave(order seckill.ID, ch chan seckill.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	watchers := h.watchers[order]
	for i, w := range watchers {
		if w == ch {
			watchers[i] = watchers[len(watchers)-1]
			watchers[len(watchers)-1] = nil
			watchers = watchers[:len(watchers)-1]
			break
		}
	}
	if len(watchers) == 0 {
		delete(h.watchers, order)
		return
	}
	h.watchers[order] = watchers
}

// tell never waits: who does not read misses changes.
func (h *changeHub) tell(c seckill.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.watchers[c.OrderID] {
		select {
		case w <- c:
		default:
		}
	}
}
