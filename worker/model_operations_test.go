package worker

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/seckill-go/seckill/internal/proof/model"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

// actions are all that can happen to the shop, what happens most often first.
func (s *shop) actions() map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){"": func(*rapid.T) {}}
	for i, a := range []struct {
		name string
		do   func(*rapid.T)
	}{
		{"buy", s.buy},
		{"settle", func(rt *rapid.T) { s.deliver(rt, &s.bag.settle, "settle", s.handleSettle) }},
		{"relay", s.relayStep},
		{"rush", s.rush},
		{"pay", s.pay},
		{"release", func(rt *rapid.T) { s.attempt(rt, "release", s.release) }},
		{"expire", func(rt *rapid.T) { s.deliver(rt, &s.bag.expire, "expire", s.handleExpire) }},
		{"pay oddly", s.payOddly},
		{"buy again", s.buyAgain},
		{"clock", s.moveClock},
		{"retake", func(rt *rapid.T) { s.attempt(rt, "decide about late payments", s.retake) }},
		{"refund", func(rt *rapid.T) { s.attempt(rt, "refund", s.refund) }},
		{"announce", func(rt *rapid.T) { s.attempt(rt, "announce", s.announce) }},
		{"confirm", func(rt *rapid.T) { s.deliver(rt, &s.bag.paid, "confirm", s.handlePaid) }},
		{"stock", s.changeStock},
		{"cancel", s.cancel},
		{"recover", func(rt *rapid.T) { s.attempt(rt, "recover", s.recover) }},
		{"lose", s.lose},
		{"hand in", s.handIn},
		{"copy", s.copyRedis},
		{"look", func(*rapid.T) { s.look() }},
		{"sweep", func(rt *rapid.T) { s.attempt(rt, "sweep", s.sweep) }},
		{"begin a payment", s.begin},
		{"relay again", s.republishStep},
		{"confirm by sweep", func(rt *rapid.T) { s.attempt(rt, "confirm", s.confirmSweep) }},
		{"settle everything", func(*rapid.T) { s.operations++; s.settleEverything() }},
		{"state", s.changeState},
		{"accident", s.accident},
	} {
		// rapid draws what comes first in the order of the names more often.
		actions[fmt.Sprintf("%02d %s", i, a.name)] = a.do
	}
	return actions
}

var (
	buyers = []string{"ann", "bob", "cai", "dan", "eve", "fay", "gil", "hua ⻘"}
	wishes = [][]string{{"phone"}, {"cup"}, {"pen"}, {"phone", "cup"}, {"pen", "phone"}, {"cup", "pen", "phone"}}
)

func (s *shop) wish(rt *rapid.T) seckill.Request {
	// Others come as time goes by: those before have all that they may have.
	buyer := fmt.Sprintf("%s %d", rapid.SampledFrom(buyers).Draw(rt, "buyer"), len(s.model.Orders)/20)
	key := rapid.SampledFrom([]string{"", "", "k1", "k2", "k3", "k4"}).Draw(rt, "key")
	var lines []seckill.Line
	for _, sku := range rapid.SampledFrom(wishes).Draw(rt, "items") {
		lines = append(lines, seckill.Line{SKU: sku, Quantity: rapid.SampledFrom([]int64{1, 1, 1, 2, 3}).Draw(rt, sku)})
	}
	r, err := seckill.NewRequest(&s.model.Sale, s.newID(), buyer, key, lines)
	s.noError(err, "a request")
	s.bought = append(s.bought, r)
	return r
}

func (s *shop) buy(rt *rapid.T) { s.ask(s.wish(rt)) }

// buyAgain is a double click, or a client that did not hear the answer.
func (s *shop) buyAgain(rt *rapid.T) {
	if len(s.bought) == 0 {
		return
	}
	r := s.bought[len(s.bought)-1-rapid.IntRange(0, min(len(s.bought)-1, 12)).Draw(rt, "which")]
	if r.Key == "" {
		r.Key = "k1"
	}
	r.OrderID = s.newID()
	s.ask(r)
}

func (s *shop) ask(r seckill.Request) {
	s.operations++
	want, got := s.model.Buy(s.clock.Now(), r), s.admit(r)
	s.equal(want, got, "%s asks for %+v with key %q at %s", r.Buyer, r.Lines, r.Key, s.clock.Now())
}

func (s *shop) admit(r seckill.Request) model.Answer {
	a, err := s.gate.Admit(s.ctx, r)
	answer := model.Answer{Admission: a}
	if err != nil {
		answer.Code = seckill.CodeOf(err)
		var e *seckill.Error
		if errors.As(err, &e) {
			answer.OrderID = e.OrderID
		}
	}
	return answer
}

// rush is several buyers at the same moment. While Redis is slow their requests
// gather, so most of them go in one script call and become one outbox entry.
func (s *shop) rush(rt *rapid.T) {
	requests := make([]seckill.Request, rapid.IntRange(2, 5).Draw(rt, "buyers"))
	for i := range requests {
		requests[i] = s.wish(rt)
	}
	answers := make([]model.Answer, len(requests))
	var all sync.WaitGroup
	s.valve.Lock()
	before := s.gate.Stats().Requests
	for i, r := range requests {
		all.Go(func() { answers[i] = s.admit(r) })
		for s.gate.Stats().Requests <= before+int64(i) {
			runtime.Gosched()
		}
	}
	s.valve.Unlock()
	all.Wait()
	s.operations += len(requests)
	s.check(s.model.Explain(s.clock.Now(), requests, answers),
		"no order of these requests has these answers:\n%+v\n%+v", requests, answers)
}

func (s *shop) relayStep(rt *rapid.T) {
	most := rapid.Int64Range(1, 8).Draw(rt, "entries")
	s.attempt(rt, "relay", func() error {
		entries, err := s.relay.Outbox.ReadOutbox(s.ctx, theSale, s.relay.Consumer, most, 0)
		if err != nil || len(entries) == 0 {
			return s.unlessGone(err)
		}
		s.operations += len(entries) - 1
		return s.relay.publish(s.ctx, entries, quiet)
	})
}

func (s *shop) republishStep(rt *rapid.T) {
	s.attempt(rt, "publish again", func() error {
		return s.unlessGone(s.relay.republish(s.ctx, theSale, quiet))
	})
}

// unlessGone lets pass that there is no outbox, when Redis lost it.
func (s *shop) unlessGone(err error) error {
	if !s.model.Redis.Loaded && seckill.CodeOf(err) == seckill.CodeNotFound {
		return nil
	}
	return err
}

// someOf draws messages of a queue, old ones and repetitions too, in any order.
func (s *shop) someOf(rt *rapid.T, from *messages) []broker.Delivery {
	if len(from.all) == 0 {
		return nil
	}
	batch := rapid.SliceOfN(rapid.IntRange(0, len(from.all)-1), 1, 10).Draw(rt, "messages")
	deliveries := make([]broker.Delivery, len(batch))
	for i, n := range batch {
		deliveries[i] = from.all[len(from.all)-1-n]
	}
	return deliveries
}

// deliver hands a batch of messages to a handler; each counts as an operation.
func (s *shop) deliver(rt *rapid.T, from *messages, what string, handle func([]broker.Delivery)) {
	batch := s.someOf(rt, from)
	if len(batch) == 0 {
		return
	}
	s.operations += len(batch) - 1
	s.attempt(rt, what, func() error { handle(batch); return nil })
}

func (s *shop) handleSettle(batch []broker.Delivery) {
	s.accepted(&s.bag.settle, batch, s.settler.handle(s.ctx, batch))
}

func (s *shop) handleExpire(batch []broker.Delivery) {
	s.accepted(&s.bag.expire, batch, s.expirer.consumer().handle(s.ctx, batch))
}

func (s *shop) handlePaid(batch []broker.Delivery) {
	s.accepted(&s.bag.paid, batch, s.payments.consumer().handle(s.ctx, batch))
}

func (s *shop) accepted(from *messages, batch []broker.Delivery, verdicts []error) {
	for i, err := range verdicts {
		if !errors.Is(err, errHeldUp) {
			s.noError(err, "message %s", batch[i].ID)
		}
	}
	from.acknowledge(batch, verdicts)
}

func (s *shop) sweep() error        { _, err := s.expirer.consumer().sweep(s.ctx); return err }
func (s *shop) confirmSweep() error { _, err := s.payments.consumer().sweep(s.ctx); return err }
func (s *shop) announce() error     { _, err := s.announcer.step(s.ctx); return err }

func (s *shop) release() error { _, err := s.releaser.step(s.ctx); return err }

func (s *shop) retake() error { _, err := s.retaker.step(s.ctx); return err }

// recover lets the recoverer look twice, with its patience over in between.
func (s *shop) recover() error {
	for range 2 {
		if _, err := s.recoverer.step(s.ctx); err != nil && seckill.CodeOf(err) != seckill.CodeConflict && !s.isHeldUp(err) {
			return err
		}
		for sale, u := range s.recoverer.uneven {
			u.since = u.since.Add(-recovererPatience)
			s.recoverer.uneven[sale] = u
		}
	}
	return nil
}

// anOrder draws an order, mostly a new one.
func (s *shop) anOrder(rt *rapid.T) (seckill.Order, bool) {
	ids := s.model.IDs()
	if len(ids) == 0 {
		return seckill.Order{}, false
	}
	n := rapid.OneOf(rapid.IntRange(0, min(len(ids), 10)-1), rapid.IntRange(0, len(ids)-1)).Draw(rt, "order")
	return s.model.Orders[ids[len(ids)-1-n]].Order, true
}

func (s *shop) cancel(rt *rapid.T) {
	o, ok := s.anOrder(rt)
	if !ok {
		return
	}
	s.operations++
	if rapid.IntRange(0, 9).Draw(rt, "whose") == 0 {
		o.Buyer = "somebody else"
	}
	want := s.model.Cancel(o.ID, o.Buyer)
	got, err := s.ledger.Cancel(s.ctx, o.ID, o.Buyer)
	if want == "" {
		s.noError(err, "cancel order %s", o.ID)
		s.equal(s.model.Orders[o.ID].Status, got.Status, "cancelled order")
		return
	}
	s.code(want, err, "cancel order %s, which is %s", o.ID, o.Status)
}

func (s *shop) pay(rt *rapid.T) {
	o, ok := s.anOrder(rt)
	if !ok {
		return
	}
	s.tell(rt, seckill.PaymentEvent{Type: seckill.PaymentSucceeded, OrderID: o.ID, Amount: o.Amount, Currency: o.Currency,
		PaymentID: fmt.Sprintf("%s/1", o.ID), ID: fmt.Sprintf("paid %s", o.ID)})
}

// payOddly is what else a provider may tell: other amounts, currencies and
// orders, failures and refunds, a second payment, the same event again, or another one
// under its id.
func (s *shop) payOddly(rt *rapid.T) {
	kind := rapid.SampledFrom([]seckill.PaymentEventType{seckill.PaymentSucceeded, seckill.RefundSucceeded, seckill.PaymentFailed,
		seckill.RefundFailed}).Draw(rt, "type")
	o, ok := s.anOrder(rt)
	if due := s.refundsDue(); kind == seckill.RefundSucceeded && len(due) > 0 {
		o = rapid.SampledFrom(due).Draw(rt, "refunded order")
	}
	if !ok {
		return
	}
	e := seckill.PaymentEvent{Type: kind, OrderID: o.ID, Amount: o.Amount, Currency: o.Currency,
		PaymentID: fmt.Sprintf("%s/%d", o.ID, rapid.IntRange(1, 3).Draw(rt, "payment"))}
	switch rapid.SampledFrom([]string{"fits", "fits", "fits", "amount", "currency", "order", "again"}).Draw(rt, "what") {
	case "amount":
		e.Amount += rapid.SampledFrom([]int64{-1, 1, 100}).Draw(rt, "by")
	case "currency":
		e.Currency = "EUR"
	case "order":
		e.OrderID = rapid.SampledFrom([]seckill.ID{5, s.model.IDs()[0]}).Draw(rt, "other order")
	case "again":
		if len(s.told) > 0 {
			s.tell(rt, rapid.SampledFrom(s.told).Draw(rt, "event"))
			return
		}
	}
	e.ID = fmt.Sprintf("event %s", s.newID())
	if len(s.told) > 0 && rapid.IntRange(0, 9).Draw(rt, "under another's id") == 0 {
		e.ID = rapid.SampledFrom(s.told).Draw(rt, "whose id").ID
	}
	s.tell(rt, e)
}

func (s *shop) refundsDue() (due []seckill.Order) {
	for _, id := range s.model.IDs() {
		if o := s.model.Orders[id]; o.Status == seckill.OrderRefundDue {
			due = append(due, o.Order)
		}
	}
	return due
}

// tell is a callback. The web process that takes it decides about a late payment
// itself, unless it dies before or is cut off.
func (s *shop) tell(rt *rapid.T, e seckill.PaymentEvent) {
	e.Provider, e.PaidAt = theProvider, s.clock.Now()
	s.told = append(s.told, e)
	cutOff := rapid.IntRange(0, 3).Draw(rt, "cut off") == 0
	s.attempt(rt, "callback", func() error {
		outcome, o, err := s.watchedLedger().ApplyPayment(s.ctx, e)
		if err != nil || outcome != seckill.PaymentLate || cutOff {
			return err
		}
		_, _, err = s.watchedLedger().Retake(s.ctx, o, s.watchedGate().Retake)
		return err // held up: the provider is told to come again
	})
}

func (s *shop) begin(rt *rapid.T) {
	o, ok := s.anOrder(rt)
	if !ok {
		return
	}
	s.operations++
	newID := fmt.Sprintf("begun %s", s.newID())
	id, refused := s.model.Begin(o.ID, o.Buyer, newID)
	p, err := s.ledger.CreatePayment(s.ctx, o.ID, o.Buyer, theProvider, newID)
	if refused != "" {
		s.code(refused, err, "begin a payment of order %s, which is %s", o.ID, o.Status)
		return
	}
	s.noError(err, "begin a payment of order %s", o.ID)
	s.equal(id, p.ID, "payment of order %s", o.ID)
}

// states to which the operator changes a sale: it is paused for a short while now
// and then, and closed once.
var states = append(slices.Repeat([]seckill.SaleState{seckill.SaleReady, seckill.SaleReady, seckill.SaleReady, seckill.SalePaused}, 4), seckill.SaleClosed)

// changeState is the operator's, who tells SQL and then Redis, as package web
// does.
func (s *shop) changeState(rt *rapid.T) { s.setState(rt, rapid.SampledFrom(states).Draw(rt, "state")) }

func (s *shop) setState(rt *rapid.T, to seckill.SaleState) {
	s.attempt(rt, "change the state", func() error {
		sale, err := s.watchedLedger().TransitionSale(s.ctx, theSale, to, "operator")
		if seckill.CodeOf(err) == seckill.CodeConflict && err != nil {
			return nil
		}
		s.noError(err, "change the state to %s", to)
		if _, err = s.watchedGate().SetState(s.ctx, theSale, sale.State, sale.Revision); seckill.CodeOf(err) == seckill.CodeNotFound {
			return nil
		}
		return err // or the recoverer does it
	})
}

// changeStock is the operator's: more units come to SQL first, fewer are taken
// from Redis first, as in package web.
func (s *shop) changeStock(rt *rapid.T) {
	sku := rapid.SampledFrom(wishes[:3]).Draw(rt, "item")[0]
	delta := rapid.SampledFrom([]int64{9, 4, 1, -1, -2, -5}).Draw(rt, "by")
	s.attempt(rt, "change the stock", func() error {
		switch {
		case s.model.Sale.State == seckill.SaleClosed:
		case delta > 0:
			s.addStock(sku, delta)
		case s.model.Total(sku)+delta >= 0:
			s.takeStock(sku, delta)
		}
		return nil
	})
}

func (s *shop) addStock(sku string, delta int64) {
	sale, err := s.watchedLedger().ChangeTotal(s.ctx, theSale, sku, delta, "operator", "more")
	s.noError(err, "add stock")
	item, _ := sale.Item(sku)
	_ = s.watchedGate().SetTotal(s.ctx, theSale, sku, item.Total, sale.Revision) // compared there
}

func (s *shop) takeStock(sku string, delta int64) {
	sale, err := s.ledger.Sale(s.ctx, theSale)
	s.noError(err, "read the sale")
	item, _ := sale.Item(sku)
	target := item.Total + delta
	if s.watchedGate().SetTotal(s.ctx, theSale, sku, target, sale.Revision) != nil {
		return
	}
	if counters, err := s.gate.Counters(s.ctx, theSale); err != nil || counters[sku].Total != target {
		return
	}
	changed, err := s.watchedLedger().ChangeTotal(s.ctx, theSale, sku, delta, "operator", "less")
	if err != nil {
		_ = s.watchedGate().SetTotal(s.ctx, theSale, sku, item.Total, sale.Revision)
		return
	}
	item, _ = changed.Item(sku)
	_ = s.watchedGate().SetTotal(s.ctx, theSale, sku, item.Total, changed.Revision)
}

func (s *shop) moveClock(rt *rapid.T) {
	s.operations++
	s.advance(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 5 * time.Second, 11 * time.Second, 59 * time.Second,
		time.Minute, 61 * time.Second, 5 * time.Minute, -time.Second, -20 * time.Second}).Draw(rt, "by"))
}

func (s *shop) advance(by time.Duration) {
	s.clock.Advance(by)
	s.redis.SetTime(s.clock.Now())
}

// accident is what breaks beside the worker.
func (s *shop) accident(rt *rapid.T) {
	s.operations++
	switch rapid.SampledFrom([]string{"new process", "broker", "redis", "redis", "redis late", "overshoot", "overshoot"}).Draw(rt, "accident") {
	case "new process":
		s.newWebProcess()
	case "broker":
		s.bag.lose()
	case "redis":
		s.loseRedis()
		s.noError(s.recover(), "load the sale again")
	case "redis late":
		s.loseRedis()
	case "overshoot":
		s.overshoot(rapid.SampledFrom(wishes[:3]).Draw(rt, "item")[0])
	}
}

// loseRedis is the embedded mode starting again, with nothing in flight.
func (s *shop) loseRedis() {
	s.settleEverything()
	s.restartEmbedded()
}

// restartEmbedded is the embedded mode starting again: Redis, the broker and what
// the process knew are gone.
func (s *shop) restartEmbedded() {
	s.closeGate()
	s.redis.Close()
	s.bag.lose()
	s.model.Lose()
	s.model.Forget()
	s.openRedis()
	s.newAgents()
}

// overshoot makes Redis believe in units that SQL has not, as one does that came
// back with older data: SQL must refuse what it sells of them.
func (s *shop) overshoot(sku string) {
	if s.model.Redis.Loaded {
		_ = s.watchedGate().SetTotal(s.ctx, theSale, sku, s.model.Redis.Totals[sku]+2, s.model.Sale.Revision)
	}
}

// settleEverything works until nothing is in flight.
func (s *shop) settleEverything() {
	if s.model.IsLoading() {
		s.noError(s.recover(), "recover") // a settler waits for it
	}
	for round := 0; s.model.InFlight(); round++ {
		s.check(round < 12, "orders in flight are stuck")
		for s.relayAll() {
		}
		if owed := s.bag.settle.unacknowledged(); len(owed) > 0 {
			s.handleSettle(owed)
		}
		if !s.model.InFlight() {
			return
		}
		s.advance(republishAfter << round)
		s.noError(s.relay.republish(s.ctx, theSale, quiet), "publish again")
	}
}

func (s *shop) relayAll() (more bool) {
	entries, err := s.relay.Outbox.ReadOutbox(s.ctx, theSale, s.relay.Consumer, 50, 0)
	s.noError(s.unlessGone(err), "read the outbox")
	if len(entries) == 0 {
		return false
	}
	s.noError(s.relay.publish(s.ctx, entries, quiet), "publish")
	return true
}
