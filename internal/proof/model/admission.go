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
	if id, ok := m.Redis.requests[requestKey{r.Buyer, r.Key}]; ok && r.Key != "" {
		as := m.Orders[id].As
		return Answer{Admission: seckill.Admission{
			OrderID: id, Ticket: as.Ticket, At: as.At, HoldUntil: as.At.Add(m.Sale.Hold), Repeated: true}}
	}
	if refusal := m.refusal(now, r); refusal.Code != "" {
		return refusal
	}
	o := &Order{key: r.Key, Journaled: true, Order: seckill.Order{
		ID: r.OrderID, SaleID: r.SaleID, Buyer: r.Buyer, Lines: r.Lines, Amount: r.Amount, Currency: r.Currency}}
	m.Orders[o.ID] = o
	o.Told = Admitted{Epoch: m.Redis.epoch, Ticket: m.Redis.ticket + 1, At: now}
	m.admit(o, o.Told)
	return Answer{Admission: seckill.Admission{OrderID: o.ID, Ticket: o.Ticket, At: now, HoldUntil: o.HoldUntil}}
}

// admit writes an order into Redis.
func (m *Model) admit(o *Order, as Admitted) {
	m.places++
	o.InRedis = InRedis{Known: true, Held: true, InOutbox: true, As: as, Entry: as, place: m.places}
	if o.Stock == Nowhere {
		o.Order = m.version(o, as)
	}
	m.Redis.ticket, m.Redis.newestPlace = max(m.Redis.ticket, as.Ticket), m.places
	if o.key != "" {
		m.Redis.requests[requestKey{o.Buyer, o.key}] = o.ID
	}
	for _, l := range o.Lines {
		m.Redis.newest[buyerItem{o.Buyer, l.SKU}] = o.ID
	}
	if m.Redis.since == 0 {
		m.Redis.since = as.At.UnixMilli()
	}
}

// version is an order as one of its admissions made it.
func (m *Model) version(o *Order, as Admitted) seckill.Order {
	v := o.Order
	v.Status, v.Reason, v.RequestKey = seckill.OrderQueued, "", o.key
	v.Ticket, v.CreatedAt, v.HoldUntil = as.Ticket, as.At, as.At.Add(m.Sale.Hold)
	return v
}

func (m *Model) refusal(now time.Time, r seckill.Request) Answer {
	switch {
	case now.Before(m.Redis.opensAt):
		return Answer{Code: seckill.CodeUnavailable}
	case m.Redis.State == seckill.SaleClosed || !now.Before(m.Sale.EndsAt):
		return Answer{Code: seckill.CodeEnded}
	case m.Redis.State != seckill.SaleReady:
		return Answer{Code: seckill.CodeUnavailable}
	case now.Before(m.Sale.StartsAt):
		return Answer{Code: seckill.CodeNotStarted}
	}
	if short := m.short(r.Buyer, r.Lines); short.Code != "" {
		return short
	}
	if m.Redis.since != 0 && now.Sub(seckill.UnixMilli(m.Redis.since)) > max(m.Sale.Hold/2, leastLag) {
		return Answer{Code: seckill.CodeUnavailable}
	}
	return Answer{}
}

// short tells which limit or stock stands against lines.
func (m *Model) short(buyer string, lines []seckill.Line) Answer {
	for _, l := range lines {
		item, _ := m.Sale.Item(l.SKU)
		if has := m.held(l.SKU, buyer); has+l.Quantity > item.LimitPerBuyer {
			a := Answer{Code: seckill.CodeLimitExceeded}
			if has > 0 {
				a.OrderID = m.Redis.newest[buyerItem{buyer, l.SKU}]
			}
			return a
		}
	}
	for _, l := range lines {
		if m.Available(l.SKU) < l.Quantity {
			return Answer{Code: seckill.CodeSoldOut}
		}
	}
	return Answer{}
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
		before := m.Redis.clone()
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
		if !known.InOutbox || known.Entry.Epoch != e.Epoch {
			return fmt.Errorf("entry %s of epoch %d was cleared and is there again", e.ID, e.Epoch)
		}
		if want := m.version(known, known.Entry); !Same(want, o) {
			return fmt.Errorf("entry %s has order %+v, admitted was %+v", e.ID, o, want)
		}
	}
	return nil
}

// Same compares two orders in all that they say.
func Same(a, b seckill.Order) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }
