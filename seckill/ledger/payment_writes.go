package ledger

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// write writes what was decided about the fresh events.
func (t *paymentTransaction) write() error {
	for _, step := range []func() error{t.insertEvents, t.insertPayments, t.updatePayments, t.noteFailures, t.setRetakes, t.moveOrders} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (t *paymentTransaction) insertEvents() error {
	rows, raised := make([][]any, len(t.fresh)), [][]any(nil)
	for i, a := range sortedBy(t.fresh, func(a *application) string { return a.as }) {
		e, body := a.event, a.event.Body
		if body == nil {
			body = []byte{}
		}
		rows[i] = []any{e.Provider, a.as, string(e.Type), e.PaymentID, int64(e.OrderID), e.Amount, e.Currency, millisOrZero(e.PaidAt),
			string(a.outcome), legible(a.note, maxNoteBytes), body, t.now}
		if a.note != "" {
			raised = append(raised, []any{t.now, e.Provider, a.as})
		}
	}
	err := database.InsertMany(t.tx, "payment_events (provider, event_id, type, payment_id, order_id, amount, currency,"+
		" paid_at, outcome, note, body, created_at)", rows)
	if err != nil {
		return err
	}
	return database.InsertMany(t.tx, "raised_events (created_at, provider, event_id)", raised)
}

// insertPayments adds those of which the provider is the first to speak.
func (t *paymentTransaction) insertPayments() error {
	var rows [][]any
	for _, a := range sortedBy(t.fresh, func(a *application) string { return a.event.PaymentID }) {
		if e := a.event; a.payTo != "" && !a.paid {
			rows = append(rows, []any{e.Provider, e.PaymentID, int64(e.OrderID), e.Amount, e.Currency, a.payTo, t.now, t.now})
		}
	}
	return database.InsertMany(t.tx, "payments (provider, payment_id, order_id, amount, currency, status, created_at, updated_at)", rows)
}

func (t *paymentTransaction) updatePayments() error {
	type way struct{ from, to string }
	for w, list := range grouped(t.fresh, func(a *application) way {
		if a.payTo == "" || !a.paid {
			return way{}
		}
		return way{a.payment.Status, a.payTo}
	}) {
		condition, args := named(list, "payment_id", func(a *application) string { return a.event.PaymentID })
		args = append([]any{w.to, t.now}, append(args, w.from)...)
		err := database.MustChange(t.tx, len(list), "UPDATE payments"+t.ledger.db.ByPrimary+
			" SET status = ?, open_order = NULL, updated_at = ? WHERE "+condition+" AND status = ?", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// noteFailures lets the buyers of orders know that their attempts to pay failed.
func (t *paymentTransaction) noteFailures() error {
	list := grouped(t.fresh, func(a *application) bool { return a.failed })[true]
	if len(list) == 0 {
		return nil
	}
	for _, a := range list {
		a.order.PaymentFailedAt = seckill.UnixMilli(t.now)
	}
	_, err := database.Exec(t.tx, "UPDATE orders"+t.ledger.db.ByPrimary+" SET payment_failed_at = ? WHERE id IN ?",
		t.now, orderNumbers(ordersOf(list)))
	return err
}

func (t *paymentTransaction) setRetakes() error {
	for step, list := range grouped(t.fresh, func(a *application) int { return a.retake }) {
		set := t.ledger.askRetake
		if step == retakeDecided {
			set = t.ledger.withdrawRetake
		}
		if err := set(t.tx, orderNumbers(ordersOf(list))); err != nil {
			return err
		}
	}
	return nil
}

// moveOrders announces what happened to orders, all of it in one row.
func (t *paymentTransaction) moveOrders() error {
	var events []seckill.Event
	for c, list := range grouped(t.fresh, func(a *application) change { return a.moves }) {
		orders := ordersOf(list)
		if err := t.ledger.move(t.tx, orders, c, t.now); err != nil {
			return err
		}
		for i, a := range list {
			a.order = orders[i]
		}
		events = append(events, changes(plain(orders), t.now)...)
	}
	for _, a := range t.fresh {
		if a.returned {
			events = append(events, seckill.NewReturnEvent(a.order.Order, seckill.UnixMilli(t.now)))
		}
	}
	return addEvents(t.tx, events, t.now)
}

func ordersOf(list []*application) []lockedOrder {
	orders := make([]lockedOrder, len(list))
	for i, a := range list {
		orders[i] = a.order
	}
	return orders
}

// named is the condition of the rows that events name by their provider and an id.
func named(list []*application, column string, id func(*application) string) (condition string, args []any) {
	byProvider := grouped(list, func(a *application) string { return a.event.Provider })
	for provider, some := range byProvider {
		ids := make([]string, len(some))
		for i, a := range some {
			ids[i] = id(a)
		}
		condition += " OR provider = ? AND " + column + " IN ?"
		args = append(args, provider, ids)
	}
	return "(" + strings.TrimPrefix(condition, " OR ") + ")", args
}

// grouped brings together what has the same key. What has an empty one is left out.
func grouped[K comparable](list []*application, key func(*application) K) map[K][]*application {
	var none K
	groups := make(map[K][]*application)
	for _, a := range list {
		if k := key(a); k != none {
			groups[k] = append(groups[k], a)
		}
	}
	return groups
}

// sortedBy puts events into the order of a key of theirs, in which all transactions
// insert rows, so that two of them do not wait for each other in a circle.
func sortedBy(list []*application, id func(*application) string) []*application {
	return slices.SortedFunc(slices.Values(list), func(a, b *application) int {
		return cmp.Or(strings.Compare(a.event.Provider, b.event.Provider), strings.Compare(id(a), id(b)))
	})
}
