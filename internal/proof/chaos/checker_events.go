package chaos

import "fmt"

// checkEvents: the shop's other systems were told of every change.
func checkEvents(e Evidence) (found []Violation) {
	for _, m := range missingEvents(e) {
		found = append(found, Violation{events, fmt.Sprintf("no event tells that order %s was %s", m.order.ID, m.status), m.order.ID, m.order.Buyer})
	}
	for _, m := range untold(e) {
		found = append(found, Violation{events, fmt.Sprintf("the shop was not told over HTTP that order %s was %s", m.order.ID, m.status), m.order.ID, m.order.Buyer})
	}
	for _, wrong := range e.Untrue {
		found = append(found, Violation{Promise: events, Words: wrong})
	}
	return found
}

// untold are the events that did not reach the shop over HTTP. They come from SQL, so
// no loss of RabbitMQ excuses one.
func untold(e Evidence) (missing []missingEvent) {
	if e.Told == nil {
		return nil
	}
	for _, o := range e.State.Orders {
		for _, status := range passed(o) {
			if !e.Told[o.ID+":"+status] {
				missing = append(missing, missingEvent{o, status})
			}
		}
	}
	return missing
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
