package seckill

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OutboxEntry is a batch of orders that one script call admitted. It stays in
// the outbox, as one unit, until SQL has committed all of its orders.
type OutboxEntry struct {
	SaleID ID
	ID     string // the stream entry's id
	// Epoch is that of the load of the sale under which the orders were admitted.
	Epoch int64
	// At is when Redis admitted the orders, by its clock.
	At time.Time
	// Hold is the sale's time to pay; it chooses the hold queue.
	Hold time.Duration
	// Orders by their tickets.
	Orders []Order
}

// MarshalText writes the entry as a message has it: a line about the entry, and one
// for each order.
//
//	<sale> <entry> <epoch> <at, unix ms> <hold, ms>
//	<ticket> <order> =<idempotency key> <body>
//
// The order's id is short. What nearly always follows from the order before stands there
// once: the ticket is + where it is the next one, and the body has " instead of goods
// that are the same. The lines of the orders in Redis have the same form.
func (e OutboxEntry) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 96+96*len(e.Orders))
	b = fmt.Appendf(b, "%s %s %d %d %d", e.SaleID, e.ID, e.Epoch, e.At.UnixMilli(), e.Hold.Milliseconds())
	for i, o := range e.Orders {
		b = append(b, '\n')
		if i > 0 && o.Ticket == e.Orders[i-1].Ticket+1 {
			b = append(b, nextTicket...)
		} else {
			b = strconv.AppendInt(b, o.Ticket, 10)
		}
		b = strconv.AppendInt(append(b, ' '), int64(o.ID), 36)
		b = append(append(b, " ="...), o.RequestKey...)
		if i > 0 && o.sameGoods(&e.Orders[i-1]) {
			b = append(append(b, ' '), sameGoods...)
			b = append(b, o.Buyer...)
		} else {
			b = AppendBody(append(b, ' '), o.Currency, o.Lines, o.Buyer)
		}
	}
	return b, nil
}

const (
	nextTicket = "+"
	sameGoods  = `" `
)

func (o *Order) sameGoods(as *Order) bool {
	return o.Currency == as.Currency && slices.Equal(o.Lines, as.Lines)
}

// UnmarshalText is the way back. It checks the form, and not whether the orders are
// such as can be admitted.
func (e *OutboxEntry) UnmarshalText(text []byte) (err error) {
	head, orders, _ := strings.Cut(string(text), "\n")
	field := strings.Split(head, " ")
	if len(field) != 5 {
		return errors.New("not an outbox entry")
	}
	if e.SaleID, err = ParseID(field[0]); err != nil {
		return fmt.Errorf("sale: %w", err)
	}
	e.ID = field[1]
	var n [3]int64
	for i, text := range field[2:] {
		if n[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("outbox entry: %w", err)
		}
	}
	if n[2] < 0 || n[2] > int64(math.MaxInt64/time.Millisecond) {
		return errors.New("outbox entry: the hold is no length of time")
	}
	e.Epoch, e.At, e.Hold = n[0], UnixMilli(n[1]), time.Duration(n[2])*time.Millisecond
	return e.ReadOrders(orders)
}

// ReadOrders fills the orders of an entry, whose other fields are set, from their
// lines.
func (e *OutboxEntry) ReadOrders(text string) error {
	e.Orders = make([]Order, 0, 1+strings.Count(text, "\n"))
	var before *Order
	for line := range strings.SplitSeq(text, "\n") {
		o := Order{SaleID: e.SaleID, Status: OrderQueued, CreatedAt: e.At, HoldUntil: e.At.Add(e.Hold)}
		if err := o.readEntryLine(line, before); err != nil {
			return fmt.Errorf("order %q: %w", line, err)
		}
		e.Orders = append(e.Orders, o)
		before = &e.Orders[len(e.Orders)-1]
	}
	slices.SortFunc(e.Orders, func(a, b Order) int { return cmp.Compare(a.Ticket, b.Ticket) })
	return nil
}

// readEntryLine reads an order that comes after another one, or first.
func (o *Order) readEntryLine(line string, before *Order) (err error) {
	ticket, rest, _ := strings.Cut(line, " ")
	id, rest, _ := strings.Cut(rest, " ")
	key, body, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(key, "=") {
		return errors.New("not an order")
	}
	if before != nil && ticket == nextTicket {
		o.Ticket = before.Ticket + 1
	} else if o.Ticket, err = strconv.ParseInt(ticket, 10, 64); err != nil {
		return fmt.Errorf("ticket: %w", err)
	}
	if o.ID, err = ParseShortID(id); err != nil {
		return err
	}
	o.RequestKey = key[1:]
	buyer, same := strings.CutPrefix(body, sameGoods)
	if !same {
		return o.ReadBody(body)
	}
	if before == nil {
		return errors.New("no goods")
	}
	o.Currency, o.Lines, o.Amount, o.Buyer = before.Currency, slices.Clone(before.Lines), before.Amount, buyer
	return nil
}
