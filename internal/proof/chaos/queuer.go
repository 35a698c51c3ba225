package chaos

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// PlaceCall is one answered request about a place in a queue.
type PlaceCall struct {
	Buyer, Sale string
	Sent        time.Time
	State       string
	Number      string
	Place       int64
	Pass        string
}

// queue takes a place and waits for the turn, and gives the order that came of it.
func (b *buyer) queue(ctx context.Context) (order string) {
	var clicks sync.WaitGroup
	for range b.Clicks {
		clicks.Go(func() { b.insistPlace(ctx) })
	}
	clicks.Wait()
	for until := b.run.began.Add(b.run.Load + insistFor + turnWithin); time.Now().Before(until) && ctx.Err() == nil; {
		p, found := b.place(ctx, "GET")
		switch {
		case !found:
			b.otherWeb()
		case p.State == "called" && b.Absent:
			return ""
		case p.State == "called":
			if order, done := b.useTurn(ctx, p.Pass); done {
				return order
			}
		case p.State == "served" && !b.Key:
			return ""
		case p.State == "served": // an answer got lost: the key knows the order
			if order, done := b.useTurn(ctx, ""); done {
				return order
			}
		case p.State == "lapsed":
			b.insistPlace(ctx)
		case b.run.allSold(ctx, b.sale.id, b.Lines[0].SKU):
			return ""
		}
		pause(ctx, b.millis(100, 300))
	}
	return ""
}

// useTurn buys with a pass; done is false where the turn is not used and there is no answer
// yet that says so.
func (b *buyer) useTurn(ctx context.Context, pass string) (order string, done bool) {
	c := b.clickOnce(ctx, pass)
	switch {
	case c.accepted():
		return c.OrderID, true
	case c.Code == "limit_exceeded":
		return c.OrderID, true
	case c.HTTP == 0 || c.HTTP >= 500:
		b.otherWeb()
	}
	return "", false
}

func (b *buyer) clickOnce(ctx context.Context, pass string) Click {
	key := ""
	if b.Key {
		key = "key-" + b.Name
	}
	return b.clickWith(ctx, key, pass)
}

// insistPlace joins until there is an answer.
func (b *buyer) insistPlace(ctx context.Context) {
	for until := b.run.began.Add(b.run.Load + insistFor); time.Now().Before(until) && ctx.Err() == nil; {
		if _, found := b.place(ctx, "POST"); found {
			return
		}
		b.otherWeb()
		pause(ctx, b.millis(50, 300))
	}
}

func (b *buyer) place(ctx context.Context, method string) (p PlaceCall, found bool) {
	slot := b.slot()
	p = PlaceCall{Buyer: b.Name, Sale: b.sale.id, Sent: time.Now()}
	a := b.run.call(ctx, method, b.run.slots[slot].url()+"/api/v1/sales/"+b.sale.id+"/queue", b.token, nil, nil)
	if a.HTTP != 200 && a.HTTP != 202 || json.Unmarshal(a.Body, &p) != nil {
		if method == "POST" {
			b.run.history.note(b.Name, "", "POST queue at %s: %d %s", slotName(slot), a.HTTP, a.Code)
		}
		return p, false
	}
	if b.run.history.place(p) {
		b.run.history.note(b.Name, "", "%s queue at %s: %s, number %s, place %d", method, slotName(slot), p.State, p.Number, p.Place)
	}
	return p, true
}

// place keeps what a buyer was told of his place, where it is news.
func (h *History) place(p PlaceCall) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, before := range slices.Backward(h.places) {
		if before.Buyer == p.Buyer && before.Sale == p.Sale {
			if before.State == p.State && before.Number == p.Number && before.Place == p.Place {
				return false
			}
			break
		}
	}
	h.places = append(h.places, p)
	return true
}

// queued gives what buyers were told of their places.
func (h *History) queued() []PlaceCall {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.places)
}
