package chaos

import "fmt"

// checkEvents: the shop's other systems were told of every change.
func checkEvents(e Evidence) (found []Violation) {
	for _, m := range missingEvents(e) {
		found = append(found, Violation{events, fmt.Sprintf("no event tells that order %s was %s", m.order.ID, m.status), m.order.ID, m.order.Buyer})
	}
	return found
}

type missingEvent struct {
	order  OrderRow
	status string
}

func missingEvents(e Evidence) (missing []missingEvent) {
	for _, o := range e.State.Orders {
		for _, status := range passed(o) {
			if !e.Events[o.ID+":"+status] && !e.excused(o) {
				missing = append(missing, missingEvent{o, status})
			}
		}
	}
	return missing
}

// passed are the statuses that an order had for certain, judging by its row.
func passed(o OrderRow) []string {
	statuses := []string{o.Status}
	if o.Status != "awaiting_payment" && o.Status != "failed" && len(o.Moves) > 0 {
		statuses = append(statuses, "awaiting_payment")
	}
	if o.Status == "refunded" {
		statuses = append(statuses, "refund_due")
	}
	return statuses
}

// excused tells whether RabbitMQ was wiped when an event of the order may have
// been in the queue of the harness, or may have found none.
func (e Evidence) excused(o OrderRow) bool {
	for _, w := range e.RabbitLosses {
		if o.Created.Before(w.until) {
			return true
		}
	}
	return false
}
