package chaos

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// EntryCall is one request about an entry in a draw.
type EntryCall struct {
	Buyer, Sale, Method string
	// HTTP is 0 when there was no answer.
	HTTP            int
	SKU, Hash, Salt string
}

// told tells whether the buyer was told of his entry.
func (c EntryCall) told() bool { return c.Hash != "" && (c.HTTP == 200 || c.HTTP == 202) }

// turnWithin is how much longer than others an entrant is there: turns come one after the
// other.
const turnWithin = 10 * time.Second

// enterDraw enters as the plan says, and gives the order of the buyer's turn.
func (b *buyer) enterDraw(ctx context.Context) (order string) {
	var clicks sync.WaitGroup
	for range b.Clicks {
		clicks.Go(func() { b.insistEntry(ctx, "POST", 200, 202, 409, 410) })
	}
	clicks.Wait()
	if b.TakesBack {
		pause(ctx, b.millis(0, 500))
		taken := b.insistEntry(ctx, "DELETE", 204, 404, 410).HTTP == 204
		if taken && b.number(2) == 0 {
			b.insistEntry(ctx, "POST", 200, 202, 409, 410)
		}
	}
	return b.awaitTurn(ctx)
}

// insistEntry repeats a request about the own entry until it has one of the answers.
func (b *buyer) insistEntry(ctx context.Context, method string, answers ...int) (a answer) {
	for until := b.run.began.Add(b.run.Load + insistFor); time.Now().Before(until) && ctx.Err() == nil; {
		if a = b.entry(ctx, method); slices.Contains(answers, a.HTTP) {
			return a
		}
		b.otherWeb()
		pause(ctx, b.millis(50, 300))
	}
	return a
}

func (b *buyer) entry(ctx context.Context, method string) answer {
	var body []byte
	if method == "POST" {
		body, _ = json.Marshal(map[string]any{"sku": b.Lines[0].SKU})
	}
	slot := b.slot()
	a := b.run.call(ctx, method, b.run.slots[slot].url()+"/api/v1/sales/"+b.sale.id+"/draw/entries", b.token, nil, body)
	c := EntryCall{Buyer: b.Name, Sale: b.sale.id, Method: method, HTTP: a.HTTP}
	_ = json.Unmarshal(a.Body, &c) // of an answer without a body there is nothing to know
	b.run.history.entry(c)
	b.run.history.note(b.Name, a.OrderID, "%s draw/entries at %s: %d %s%s %.8s", method, slotName(slot), a.HTTP, a.Code, a.Status, c.Hash)
	return a
}

// awaitTurn looks at the entry until its turn has come, or none is to come.
func (b *buyer) awaitTurn(ctx context.Context) (order string) {
	for until := b.run.began.Add(b.run.Load + insistFor + turnWithin); time.Now().Before(until) && ctx.Err() == nil; {
		switch a := b.entry(ctx, "GET"); {
		case a.HTTP == 200 && a.Status == "offered":
			b.run.history.offer(Offer{Buyer: b.Name, Order: a.OrderID})
			return a.OrderID
		case a.HTTP == 200 && a.Status == "waiting":
			if b.run.allSold(ctx, b.sale.id, b.Lines[0].SKU) {
				return ""
			}
		case a.HTTP == 404 || a.HTTP == 200 && a.Status != "entered":
			return ""
		case a.HTTP != 200:
			b.otherWeb()
		}
		pause(ctx, b.millis(150, 400))
	}
	return ""
}

// allSold tells whether there is nothing left to wait for.
func (run *Run) allSold(ctx context.Context, sale, sku string) (all bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := run.db.QueryRowContext(ctx, "SELECT sold >= total FROM items WHERE sale_id = ? AND sku = ?", sale, sku).Scan(&all)
	return err == nil && all
}
