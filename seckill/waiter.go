package seckill

import "time"

// WaiterStatus is where somebody stands who waits for units of a sale that is sold out.
type WaiterStatus string

const (
	WaiterWaiting WaiterStatus = "waiting" // has a place
	// WaiterOffering: units that came back are being made an order of. To its buyer it
	// is waiting still.
	WaiterOffering WaiterStatus = "offering"
	WaiterOffered  WaiterStatus = "offered" // has an order to pay, or had one
	WaiterLeft     WaiterStatus = "left"    // by the buyer
	WaiterLapsed   WaiterStatus = "lapsed"  // the sale is over, or nothing can be offered
)

// Open tells whether an offer can still come.
func (s WaiterStatus) Open() bool { return s == WaiterWaiting || s == WaiterOffering }

// Waiter is a buyer's place in the waitlist of a sale. A buyer has one in a sale.
type Waiter struct {
	// ID grows with each joining: who has the least waits for the longest.
	ID     int64
	SaleID ID
	Buyer  string
	// SKU and Quantity are what is wanted, all of it or nothing.
	SKU      string
	Quantity int64
	Status   WaiterStatus
	// OrderID is the id of the order that an offer makes. It is given beforehand, so that
	// an offer that is repeated makes one order.
	OrderID   ID
	JoinedAt  time.Time
	UpdatedAt time.Time
}

// Request is what the gate is asked for when units are offered to the waiter.
func (w Waiter) Request(item Item) Request {
	return Request{OrderID: w.OrderID, SaleID: w.SaleID, Buyer: w.Buyer, Currency: item.Currency, Amount: item.Price * w.Quantity,
		Lines: []Line{{SKU: w.SKU, Quantity: w.Quantity, Price: item.Price}}}
}
