package seckill

import "time"

// Event tells the shop's other systems of one transition of an order. It goes
// to the topic exchange seckill.events with the routing key Type, at least
// once: a consumer drops what it has seen by ID. docs/events.md describes it.
type Event struct {
	ID   string `json:"id"` // "<order id>:<status>"
	Type string `json:"type"`
	// OccurredAt is when the transition was committed.
	OccurredAt time.Time `json:"occurred_at"`
	Order      Order     `json:"order"`
}

// NewEvent makes the event of an order's present status.
func NewEvent(o Order, at time.Time) Event {
	return Event{
		ID:         o.ID.String() + ":" + string(o.Status),
		Type:       "order." + string(o.Status),
		OccurredAt: at,
		Order:      o,
	}
}

// EventTypes lists every type of event.
func EventTypes() []string {
	var types []string
	for _, status := range OrderStatuses {
		if status != OrderQueued { // told to the buyer alone
			types = append(types, "order."+string(status))
		}
	}
	return types
}
