package seckill

import "time"

// Event tells the shop's other systems of one transition of an order, or that the money
// of a paid order went back. It is published to the topic exchange seckill.events with
// the routing key Type, at least once: a consumer recognises a repetition by its ID.
// docs/events.md describes it.
type Event struct {
	ID   string `json:"id"` // "<order id>:<status>", or ":payment_returned"
	Type string `json:"type"`
	// OccurredAt is when it was committed.
	OccurredAt time.Time `json:"occurred_at"`
	Order      Order     `json:"order"`
}

// paymentReturned is what happens to an order that changes no status.
const paymentReturned = "payment_returned"

// NewEvent makes the event of an order's present status.
func NewEvent(o Order, at time.Time) Event { return newEvent(o, string(o.Status), at) }

// NewReturnEvent makes the event of a paid order whose money went back.
func NewReturnEvent(o Order, at time.Time) Event { return newEvent(o, paymentReturned, at) }

func newEvent(o Order, what string, at time.Time) Event {
	return Event{ID: o.ID.String() + ":" + what, Type: "order." + what, OccurredAt: at, Order: o}
}

// EventTypes lists every type of event.
func EventTypes() []string {
	var types []string
	for _, status := range OrderStatuses {
		if status != OrderQueued { // told to the buyer alone
			types = append(types, "order."+string(status))
		}
	}
	return append(types, "order."+paymentReturned)
}
