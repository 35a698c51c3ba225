package chaos

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"
)

// buyer is one buyer at work.
type buyer struct {
	BuyerPlan
	run   *Run
	token string
	sale  sale

	mu   sync.Mutex
	draw *rand.Rand
	web  int
}

func (run *Run) newBuyer(p BuyerPlan) *buyer {
	return &buyer{BuyerPlan: p, run: run, token: buyerToken(p.Name), sale: run.sales[p.Sale], draw: rand.New(rand.NewPCG(p.Draw, 0)), web: p.Web}
}

const (
	// insistFor is how long after the load a buyer goes on trying.
	insistFor = 2 * time.Second
	// awaitFor is how long a buyer waits for an order to become payable.
	awaitFor = 5 * time.Second
)

// live is all that the buyer does.
func (b *buyer) live(ctx context.Context) {
	pause(ctx, time.Until(b.run.began.Add(b.At)))
	if b.Enters {
		if order := b.enterDraw(ctx); order != "" {
			b.goOn(ctx, order)
		}
		return
	}
	if b.Queues {
		if order := b.queue(ctx); order != "" {
			b.goOn(ctx, order)
		}
		return
	}
	orders := make(chan string, b.Clicks)
	var clicks sync.WaitGroup
	for n := range b.Clicks {
		clicks.Go(func() {
			if order := b.insist(ctx, n); order != "" {
				orders <- order
			}
		})
	}
	clicks.Wait()
	close(orders)
	done := map[string]bool{}
	for order := range orders {
		if !done[order] {
			done[order] = true
			b.goOn(ctx, order)
		}
	}
}

// insist clicks until there is an answer that says what became of it.
func (b *buyer) insist(ctx context.Context, n int) (order string) {
	key := ""
	if b.Key {
		key = "key-" + b.Name
	}
	until := b.run.began.Add(b.run.Load + insistFor)
	for try := 0; time.Now().Before(until) && ctx.Err() == nil; try++ {
		c := b.click(ctx, key)
		switch {
		case c.accepted():
			return c.OrderID
		case c.Code == "limit_exceeded":
			// Without a key this is what a second click is told, with the order that
			// the first one made.
			return c.OrderID
		case c.Code == "not_started":
		case c.Code == "sold_out" && b.Waits:
			if order, again := b.wait(ctx, until); !again {
				return order
			}
		case c.Code == "not_eligible": // not drawn: a machine goes on, and tries the waitlist too
			if b.Waits {
				if order, _ := b.wait(ctx, until); order != "" {
					return order
				}
			}
		case c.refused():
			return ""
		}
		b.otherWeb()
		pause(ctx, b.millis(50, 300))
	}
	return ""
}

func (b *buyer) click(ctx context.Context, key string) Click { return b.clickWith(ctx, key, "") }

// clickWith shows a pass, if there is one.
func (b *buyer) clickWith(ctx context.Context, key, pass string) Click {
	header := map[string]string{}
	if pass != "" {
		header["Queue-Pass"] = pass
	}
	if key != "" {
		header["Idempotency-Key"] = key
	}
	body, _ := json.Marshal(map[string]any{"lines": b.Lines})
	slot := b.slot()
	c := Click{Buyer: b.Name, Sale: b.sale.id, Key: key, Lines: b.Lines, Slot: slot, Sent: time.Now()}
	a := b.run.call(ctx, "POST", b.run.slots[slot].url()+"/api/v1/sales/"+b.sale.id+"/orders", b.token, header, body)
	c.Answered, c.HTTP, c.Code, c.OrderID, c.Status = time.Now(), a.HTTP, a.Code, a.OrderID, a.Status
	b.run.history.click(c)
	return c
}

// goOn does with an order what the plan says.
func (b *buyer) goOn(ctx context.Context, order string) {
	if b.Conduct == leaves {
		return
	}
	o, ok := b.awaitPayable(ctx, order)
	if !ok {
		return
	}
	pause(ctx, b.millis(0, 800))
	switch b.Conduct {
	case cancels:
		b.cancel(ctx, order)
	case cancelsPaying:
		var both sync.WaitGroup
		both.Go(func() { b.cancel(ctx, order) })
		both.Go(func() { b.pay(ctx, order, o) })
		both.Wait()
	case pays, paysTwice, paysAfterFail, paysWrong:
		b.pay(ctx, order, o)
	case paysLate:
		payment, ok := b.openPayment(ctx, order)
		pause(ctx, time.Until(o.HoldUntil)+b.millis(100, 1500))
		if ok {
			b.run.shop.charge(b, charge{payment: payment, order: order, amount: o.Amount, currency: currency})
		}
	}
}

// pay opens a payment and pays it, in one of the ways of the plan.
func (b *buyer) pay(ctx context.Context, order string, o answer) {
	payment, ok := b.openPayment(ctx, order)
	if !ok {
		return
	}
	c := charge{payment: payment, order: order, amount: o.Amount, currency: currency}
	switch b.Conduct {
	case paysTwice:
		b.run.shop.charge(b, c)
		c.payment += "-again"
		b.run.shop.charge(b, c)
	case paysAfterFail:
		b.run.shop.fail(b, c)
		b.run.shop.charge(b, c)
	case paysWrong:
		switch b.number(3) {
		case 0:
			c.amount++
		case 1:
			c.currency = "USD"
		default:
			c.forged = true
		}
		b.run.shop.charge(b, c)
	default:
		b.run.shop.charge(b, c)
	}
}

func (b *buyer) openPayment(ctx context.Context, order string) (payment string, ok bool) {
	for until := time.Now().Add(awaitFor); time.Now().Before(until) && ctx.Err() == nil; {
		a := b.ask(ctx, "POST", order+"/pay")
		switch {
		case a.HTTP == 200:
			return a.PaymentID, true
		case a.HTTP == 409 && a.Code == "conflict" && a.Status == "":
			return "", false
		}
		pause(ctx, b.millis(50, 300))
	}
	return "", false
}

func (b *buyer) cancel(ctx context.Context, order string) {
	for until := time.Now().Add(awaitFor); time.Now().Before(until) && ctx.Err() == nil; {
		a := b.ask(ctx, "POST", order+"/cancel")
		b.run.history.cancel(b.Name, Cancel{Order: order, HTTP: a.HTTP, Status: a.Status})
		if a.HTTP == 200 || a.HTTP == 409 {
			return
		}
		pause(ctx, b.millis(50, 300))
	}
}

// awaitPayable looks at the order until it can be paid.
func (b *buyer) awaitPayable(ctx context.Context, order string) (answer, bool) {
	seen := ""
	for until := time.Now().Add(awaitFor); time.Now().Before(until) && ctx.Err() == nil; {
		a := b.ask(ctx, "GET", order)
		if state := a.Status + a.Code; state != seen {
			seen = state
			b.run.history.note(b.Name, order, "GET order: %d %s %s", a.HTTP, state, a.Reason)
		}
		switch {
		case a.HTTP == 200 && a.Status == "awaiting_payment":
			return a, true
		case a.HTTP == 200 && a.Status != "queued":
			return a, false
		}
		pause(ctx, b.millis(100, 300))
	}
	return answer{}, false
}

func (b *buyer) ask(ctx context.Context, method, path string) answer {
	a := b.run.call(ctx, method, b.run.slots[b.slot()].url()+"/api/v1/orders/"+path, b.token, nil, nil)
	if a.HTTP == 0 || a.HTTP >= 500 {
		b.otherWeb()
	}
	return a
}

func (b *buyer) slot() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.web
}

// otherWeb goes to the next process, as a load balancer would.
func (b *buyer) otherWeb() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.web = (b.web + 1) % webs
}

func (b *buyer) millis(least, most int) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return millis(b.draw, least, most)
}

func (b *buyer) number(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.draw.IntN(n)
}

// pause is a person's or the network's slowness.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
