package chaos

import "fmt"

// checkApplied: a payment that was answered "applied" paid its order, for good.
func checkApplied(e Evidence) (found []Violation) {
	for _, c := range e.Callbacks {
		if c.Type != "payment.succeeded" || c.HTTP != 200 || c.Result != "applied" {
			continue
		}
		if o := e.State.Orders[c.Order]; o.Status != "paid" {
			found = append(found, Violation{money, fmt.Sprintf("payment %s was answered applied, and its order %s is %q", c.Payment, c.Order, o.Status), c.Order, o.Buyer})
		}
	}
	return found
}

// checkMoney: money that a buyer gave has bought an order, once, or is to go back
// or has gone back.
func checkMoney(e Evidence) (found []Violation) {
	rows := map[string]PaymentRow{}
	succeeded := map[string]int{}
	for _, p := range e.State.Payments {
		rows[p.ID] = p
		if p.Status == "succeeded" {
			succeeded[p.Order]++
		}
	}
	wrong := func(o OrderRow, order, format string, args ...any) {
		found = append(found, Violation{money, fmt.Sprintf(format, args...), order, o.Buyer})
	}
	for id, c := range e.Charges {
		o, p := e.State.Orders[c.order], rows[id]
		switch {
		case p.Status == "succeeded" && o.Status != "paid":
			wrong(o, c.order, "payment %s succeeded, and its order %s is %q", id, c.order, o.Status)
		case p.Status != "succeeded" && p.Status != "refund_due" && p.Status != "refunded":
			wrong(o, c.order, "payment %s of %d for order %s (%s) was taken, and is %q", id, c.amount, c.order, o.Status, p.Status)
		}
	}
	for id, n := range e.Returned {
		p := rows[id]
		if o := e.State.Orders[p.Order]; n > 1 || p.Status != "refunded" {
			wrong(o, p.Order, "payment %s was returned %d times, and is %q", id, n, p.Status)
		}
	}
	for _, o := range e.State.Orders {
		if o.Status == "paid" && succeeded[o.ID] != 1 {
			wrong(o, o.ID, "order %s is paid by %d payments", o.ID, succeeded[o.ID])
		}
		if o.Status == "refund_due" && !owes(e.State.Payments, o.ID, "refund_due") || o.Status == "refunded" && owes(e.State.Payments, o.ID, "refund_due") {
			wrong(o, o.ID, "order %s is %s, which its payments do not bear out", o.ID, o.Status)
		}
	}
	return found
}

func owes(payments []PaymentRow, order, status string) bool {
	for _, p := range payments {
		if p.Order == order && p.Status == status {
			return true
		}
	}
	return false
}

// checkWrongPayments: what is forged or does not fit is refused and pays nothing.
func checkWrongPayments(e Evidence) (found []Violation) {
	genuine := map[string]bool{}
	for _, c := range e.Charges {
		genuine[c.order] = true
	}
	for _, c := range e.Callbacks {
		if c.Type != "payment.succeeded" || c.Genuine {
			continue
		}
		o := e.State.Orders[c.Order]
		if c.HTTP == 200 {
			found = append(found, Violation{money, fmt.Sprintf("a wrong payment of order %s was answered %s", c.Order, c.Result), c.Order, o.Buyer})
		}
		if o.Status == "paid" && !genuine[c.Order] {
			found = append(found, Violation{money, fmt.Sprintf("order %s is paid by a wrong payment alone", c.Order), c.Order, o.Buyer})
		}
	}
	return found
}
