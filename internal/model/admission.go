package model

import (
	"fmt"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Answer is what a buyer is told: an admission, or the code of the refusal.
type Answer struct {
	Code seckill.Code // empty: admitted
	// Admission of the yes. With CodeLimitExceeded OrderID alone is set: the
	// buyer's own order, if he has one.
	seckill.Admission
}

// Buy decides a request at a time of Redis's clock.
func (m *Model) Buy(now time.Time, r seckill.Request) Answer {
	if !m.Redis.Loaded {
		return Answer{Code: seckill.CodeUnavailable}
	}
	if id, ok := m.byKey[requestKey{r.Buyer, r.Key}]; ok && r.Key != "" {
		o := m.Orders[id]
		return Answer{Admission: seckill.Admission{
			OrderID: id, Ticket: o.Ticket, At: o.CreatedAt, HoldUntil: o.HoldUntil, Repeated: true}}
	}
	if refusal := m.refusal(now, r); refusal.Code != "" {
		return refusal
	}
	m.Redis.ticket++
	o := &Order{InOutbox: true, Held: true, Order: seckill.Order{
		ID: r.OrderID, SaleID: r.SaleID, Buyer: r.Buyer, RequestKey: r.Key, Ticket: m.Redis.ticket, Lines: r.Lines,
		Amount: r.Amount, Currency: r.Currency, Status: seckill.OrderQueued, CreatedAt: now, HoldUntil: now.Add(m.Sale.Hold),
	}}
	m.Orders[o.ID] = o
	if r.Key != "" {
		m.byKey[requestKey{r.Buyer, r.Key}] = o.ID
	}
	if m.Redis.since == 0 {
		m.Redis.since = now.UnixMilli()
	}
	return Answer{Admission: seckill.Admission{OrderID: o.ID, Ticket: o.Ticket, At: now, HoldUntil: o.HoldUntil}}
}

func (m *Model) refusal(now time.Time, r seckill.Request) Answer {
	switch {
	case m.Redis.State == seckill.SaleClosed || !now.Before(m.Sale.EndsAt):
		return Answer{Code: seckill.CodeEnded}
	case m.Redis.State != seckill.SaleReady:
		return Answer{Code: seckill.CodeUnavailable}
	case now.Before(m.Sale.StartsAt):
		return Answer{Code: seckill.CodeNotStarted}
	}
	for _, l := range r.Lines {
		item, _ := m.Sale.Item(l.SKU)
		if has := m.held(l.SKU, r.Buyer); has+l.Quantity > item.LimitPerBuyer {
			a := Answer{Code: seckill.CodeLimitExceeded}
			if has > 0 {
				a.OrderID = m.newest(l.SKU, r.Buyer)
			}
			return a
		}
	}
	for _, l := range r.Lines {
		if m.Available(l.SKU) < l.Quantity {
			return Answer{Code: seckill.CodeSoldOut}
		}
	}
	if m.Redis.since != 0 && now.Sub(seckill.UnixMilli(m.Redis.since)) > max(m.Sale.Hold/2, leastLag) {
		return Answer{Code: seckill.CodeUnavailable}
	}
	return Answer{}
}

// newest is the buyer's newest order of an item, whatever became of it.
func (m *Model) newest(sku, buyer string) (id seckill.ID) {
	var ticket int64
	for _, o := range m.Orders {
		if o.Buyer == buyer && quantity(o, sku) > 0 && o.Ticket > ticket {
			id, ticket = o.ID, o.Ticket
		}
	}
	return id
}

// Explain tells whether requests that came at the same moment can have got these
// answers: whether there is an order in which the model gives each the same. If
// so they are bought in that order.
func (m *Model) Explain(now time.Time, requests []seckill.Request, answers []Answer) bool {
	return m.explain(now, requests, answers, make([]bool, len(requests)), len(requests))
}

func (m *Model) explain(now time.Time, requests []seckill.Request, answers []Answer, done []bool, left int) bool {
	if left == 0 {
		return true
	}
	for i, r := range requests {
		if done[i] {
			continue
		}
		before := m.Redis
		if m.Buy(now, r) == answers[i] {
			done[i] = true
			if m.explain(now, requests, answers, done, left-1) {
				return true
			}
			done[i] = false
		}
		m.unbuy(r, before)
	}
	return false
}

// unbuy takes back what Buy of a request may have done.
func (m *Model) unbuy(r seckill.Request, before Redis) {
	if _, admitted := m.Orders[r.OrderID]; !admitted {
		return
	}
	delete(m.Orders, r.OrderID)
	if r.Key != "" {
		delete(m.byKey, requestKey{r.Buyer, r.Key})
	}
	m.Redis = before
}

// Entry judges an outbox entry that a reader was given.
func (m *Model) Entry(e seckill.OutboxEntry) error {
	if e.Hold != m.Sale.Hold || len(e.Orders) == 0 {
		return fmt.Errorf("entry %s has hold %s and %d orders", e.ID, e.Hold, len(e.Orders))
	}
	for _, o := range e.Orders {
		known := m.Orders[o.ID]
		if known == nil {
			return fmt.Errorf("entry %s has order %s, which nobody was admitted with", e.ID, o.ID)
		}
		if !known.InOutbox {
			return fmt.Errorf("entry %s was cleared and is there again", e.ID)
		}
		want := known.Order
		want.Status, want.Reason = seckill.OrderQueued, ""
		if !Same(want, o) {
			return fmt.Errorf("entry %s has order %+v, admitted was %+v", e.ID, o, want)
		}
	}
	return nil
}

// Same compares two orders in all that they say.
func Same(a, b seckill.Order) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }
