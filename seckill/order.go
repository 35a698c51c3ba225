package seckill

import (
	"fmt"
	"slices"
	"time"
)

// Line is one item of an order.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
	// Price of one unit in minor units, as it was when the order was admitted.
	Price int64 `json:"price"`
}

// Order is one buyer's admitted order.
type Order struct {
	ID         ID          `json:"id"`
	SaleID     ID          `json:"sale_id"`
	Buyer      string      `json:"buyer"`
	RequestKey string      `json:"key,omitempty"` // the buyer's IdempotencyKey, if any
	Ticket     int64       `json:"ticket"`
	Lines      []Line      `json:"lines"`
	Amount     int64       `json:"amount"`
	Currency   string      `json:"currency"`
	Status     OrderStatus `json:"status"`
	// Reason says why an order is failed or refund_due, in words for its buyer.
	Reason string `json:"reason,omitempty"`
	// CreatedAt is when Redis admitted the order, by Redis's clock.
	CreatedAt time.Time `json:"created_at"`
	// HoldUntil ends the time to pay.
	HoldUntil time.Time `json:"hold_until"`
	// PaymentFailedAt is when the last attempt to pay failed; zero when none did, or
	// another one was begun since. What it means depends on the status: see Standing.
	PaymentFailedAt time.Time `json:"-"`
	// Epoch of the sale under which Redis admitted the order, while it is on its way
	// to SQL; 0 when it is there.
	Epoch int64 `json:"-"`
}

// Wants tells whether lines are all that the order has, in any order and at whatever
// price.
func (o Order) Wants(lines []Line) bool {
	if len(lines) != len(o.Lines) {
		return false
	}
	for _, has := range o.Lines { // each SKU once
		same := func(l Line) bool { return l.SKU == has.SKU && l.Quantity == has.Quantity }
		if !slices.ContainsFunc(lines, same) {
			return false
		}
	}
	return true
}

// Standing is all of an order that changes in the eyes of its buyer.
type Standing struct {
	Status OrderStatus
	// PaymentFailedAt is when the last attempt to pay failed, of an order that can
	// still be paid; else zero.
	PaymentFailedAt time.Time
}

// Standing tells how the order stands now.
func (o Order) Standing() Standing {
	s := Standing{Status: o.Status}
	if o.Status == OrderAwaitingPayment {
		s.PaymentFailedAt = o.PaymentFailedAt
	}
	return s
}

// Request is one buyer's wish to buy, checked and priced, as it goes to the
// gate. OrderID becomes the order's id if it is admitted.
type Request struct {
	OrderID  ID
	SaleID   ID
	Buyer    string
	Key      string // IdempotencyKey; empty when the client gave none
	Lines    []Line
	Amount   int64
	Currency string
	// Turn is the turn of the sale's queue with which the buyer comes; zero where the sale
	// has none.
	Turn Turn
}

// NewRequest checks lines against the sale and prices them. Lines of the same
// SKU are refused, not added up: a client that sends them is wrong about what
// it asks.
func NewRequest(sale *Sale, orderID ID, buyer, key string, lines []Line) (Request, error) {
	if n := len(lines); n < 1 || n > MaxLinesPerOrder {
		return Request{}, Invalid("lines", "must be 1 to %d lines, not %d", MaxLinesPerOrder, n)
	}
	r := Request{OrderID: orderID, SaleID: sale.ID, Buyer: buyer, Key: key, Lines: make([]Line, len(lines))}
	for i, l := range lines {
		invalid := func(field, reason string, args ...any) (Request, error) {
			return Request{}, Invalid(fmt.Sprintf("lines[%d].%s", i, field), reason, args...)
		}
		item, ok := sale.Item(l.SKU)
		if !ok {
			return invalid("sku", "is not an item of this sale")
		}
		if l.Quantity < 1 || l.Quantity > MaxUnitsPerLine {
			return invalid("quantity", "must be 1 to %d", MaxUnitsPerLine)
		}
		for _, before := range lines[:i] {
			if before.SKU == l.SKU {
				return invalid("sku", "is there twice")
			}
		}
		amount, err := mulAdd(r.Amount, item.Price, l.Quantity)
		if err != nil {
			return invalid("quantity", "makes the amount too large")
		}
		r.Amount, r.Currency = amount, item.Currency
		r.Lines[i] = Line{SKU: l.SKU, Quantity: l.Quantity, Price: item.Price}
	}
	return r, nil
}

// Admission is the gate's yes: the order is taken and its units are held.
type Admission struct {
	OrderID   ID
	Ticket    int64
	At        time.Time // Redis's clock
	HoldUntil time.Time
	// Repeated says that an earlier request with the same idempotency key made
	// this order, and that nothing changed now.
	Repeated bool
}

// Change tells that an order has a new status, or the same one again when something
// else of its Standing is new; it carries no more than that, since whoever wants the
// rest reads it where it is kept.
type Change struct {
	OrderID ID
	Status  OrderStatus
}

// Snapshot is what Redis must know of a sale, as SQL has it: what a fresh sale is
// loaded from, and what a lost one is rebuilt from. It comes in parts, which all are
// of one moment and differ in their orders.
type Snapshot struct {
	Sale Sale
	// Taken is reserved + sold + releasing by SKU: units that must not be
	// available now. (Releasing ones are made so by their release.)
	Taken map[string]int64
	// Ticket is the highest ticket of this part and those before.
	Ticket int64
	// Orders are some of the sale's orders, with what Redis keeps of them: no
	// amount, reason or end of a hold.
	Orders []Order
	// Releasing marks those of them whose release is pending in SQL. Their units
	// are in Taken, and Redis loads them as held, so that the release finds them.
	Releasing map[ID]bool
	// Waited are the items that somebody waits for. What comes back of them is theirs
	// first.
	Waited []string
	// Retaken marks those that were paid late and of which is decided whether
	// they got their units again: Redis takes none for them any more.
	Retaken map[ID]bool
}

// PaymentEventType names what a payment provider tells.
type PaymentEventType string

const (
	PaymentSucceeded PaymentEventType = "payment.succeeded"
	PaymentFailed    PaymentEventType = "payment.failed"
	RefundSucceeded  PaymentEventType = "refund.succeeded"
	RefundFailed     PaymentEventType = "refund.failed"
)

// PaymentEventTypes lists every type that is acted upon.
var PaymentEventTypes = []PaymentEventType{PaymentSucceeded, PaymentFailed, RefundSucceeded, RefundFailed}

// Known tells whether the type is one that is acted upon. Providers have more.
func (t PaymentEventType) Known() bool { return slices.Contains(PaymentEventTypes, t) }

// PaymentEvent is a verified callback of a payment provider.
type PaymentEvent struct {
	Provider  string
	ID        string // the provider's event id; unique per provider
	Type      PaymentEventType
	PaymentID string
	OrderID   ID
	Amount    int64
	Currency  string
	PaidAt    time.Time
	// Body is what was signed, kept as it came.
	Body []byte
	// Malformed is what is wrong with an event that the provider has signed and that
	// cannot be acted upon; nil for any other. Provider, ID and Body are as they came
	// then, and the rest is what could be read of it.
	Malformed *Error
}

// PaymentOutcome is what a callback led to.
type PaymentOutcome string

const (
	PaymentApplied   PaymentOutcome = "applied"
	PaymentDuplicate PaymentOutcome = "duplicate"
	PaymentRefundDue PaymentOutcome = "refund_due"
	// PaymentIgnored: recorded, and nothing changed.
	PaymentIgnored PaymentOutcome = "ignored"
	// PaymentLate: the money is there and the order had ended. Whether its units can
	// be taken again is undecided; no provider is ever told this.
	PaymentLate PaymentOutcome = "late"
	// PaymentMismatch: amount, currency or order do not fit, or another event had this
	// one's id; recorded and raised.
	PaymentMismatch PaymentOutcome = "mismatch"
	// PaymentMalformed: signed, and not to be understood; recorded and raised.
	PaymentMalformed PaymentOutcome = "malformed"
)

// Payment is one attempt to pay an order.
type Payment struct {
	ID        string
	OrderID   ID
	Provider  string
	Amount    int64
	Currency  string
	Status    string // open, late, succeeded, failed, refund_due, refunded
	CreatedAt time.Time
}
