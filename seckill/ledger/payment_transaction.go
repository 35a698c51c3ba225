package ledger

import (
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// paymentTransaction applies unrelated events: it reads what all of them meet, each
// kind of row by one statement, decides about each, and writes what was decided, each
// kind of change by one statement.
type paymentTransaction struct {
	ledger *Ledger
	tx     *gorm.DB
	now    int64
	all    []*application
	looks  bool           // whether it looks for events that were decided before
	fresh  []*application // those that say something for the first time
}

func (t *paymentTransaction) run() error {
	for _, a := range t.all {
		a.found, a.decided = found{}, decided{}
	}
	for _, step := range []func() error{t.lockOrders, t.loadPayments, t.repeat, t.loadOthersDue} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, a := range t.fresh {
		a.decide(t.now)
	}
	return t.write()
}

// lockOrders comes first, so that the payments stand still too, and so that another
// delivery of an event waits until this one is decided.
func (t *paymentTransaction) lockOrders() error {
	ids := make([]int64, len(t.all))
	for i, a := range t.all {
		ids[i] = int64(a.event.OrderID)
	}
	orders, err := t.ledger.lockOrders(t.tx, ids, "1 = 1")
	if err != nil {
		return err
	}
	byID := make(map[seckill.ID]lockedOrder, len(orders))
	for _, o := range orders {
		byID[o.ID] = o
	}
	for _, a := range t.all {
		a.order, a.known = byID[a.event.OrderID]
	}
	return nil
}

func (t *paymentTransaction) loadPayments() error {
	condition, args := named(t.all, "payment_id", func(a *application) string { return a.event.PaymentID })
	var rows []paymentRow
	if err := t.tx.Raw("SELECT provider, payment_id, order_id, status FROM payments WHERE "+condition, args...).Scan(&rows).Error; err != nil {
		return err
	}
	byID := make(map[[2]string]paymentRow, len(rows))
	for _, r := range rows {
		byID[[2]string{r.Provider, r.PaymentID}] = r
	}
	for _, a := range t.all {
		a.payment, a.paid = byID[[2]string{a.event.Provider, a.event.PaymentID}]
	}
	return nil
}

// repeat answers the events that were decided before; the others are fresh. Few events
// are repeated, so the first attempt of a transaction does not look for them: a repeated
// one violates its unique key before anything else is written, and the next attempt
// looks. So does one that another process records in between.
func (t *paymentTransaction) repeat() error {
	for _, a := range t.all {
		if a.as = a.event.ID; unread(a.event) {
			a.as = beside(a.event)
		}
	}
	if !t.looks {
		t.fresh = t.all
		return nil
	}
	before, err := t.recorded(t.all)
	if err != nil {
		return err
	}
	var others []*application // that came under the id of another event
	for _, a := range t.all {
		switch r, known := before[[2]string{a.event.Provider, a.as}]; {
		case !known:
			t.fresh = append(t.fresh, a)
		case unread(a.event) || r.says(a.event):
			a.repeat(r)
		default:
			a.as, a.other = beside(a.event), r.difference(a.event)
			others = append(others, a)
		}
	}
	if len(others) == 0 {
		return nil
	}
	if before, err = t.recorded(others); err != nil {
		return err
	}
	for _, a := range others {
		if r, known := before[[2]string{a.event.Provider, a.as}]; known {
			a.repeat(r)
		} else {
			t.fresh = append(t.fresh, a)
		}
	}
	return nil
}

// recorded finds those of the events that were recorded. The SELECT has to lock: InnoDB
// releases the locks of an inserted row a moment before an ordinary SELECT can see it.
func (t *paymentTransaction) recorded(list []*application) (map[[2]string]eventRow, error) {
	condition, args := named(list, "event_id", func(a *application) string { return a.as })
	var rows []eventRow
	err := t.tx.Raw("SELECT provider, event_id, type, payment_id, order_id, amount, currency, outcome FROM payment_events"+
		t.ledger.db.ByPrimary+" WHERE "+condition+t.ledger.db.ForShare, args...).Scan(&rows).Error
	byID := make(map[[2]string]eventRow, len(rows))
	for _, r := range rows {
		byID[[2]string{r.Provider, r.EventID}] = r
	}
	return byID, err
}

// repeat gives an event that was decided before its outcome.
func (a *application) repeat(r eventRow) {
	a.repeated, a.outcome = true, seckill.PaymentDuplicate
	switch before := seckill.PaymentOutcome(r.Outcome); {
	case before == seckill.PaymentMismatch, unread(a.event),
		before == seckill.PaymentLate && a.payment.Status == paymentLate && a.payment.OrderID == r.OrderID:
		a.outcome = before
	}
}

// loadOthersDue tells of refunds that close one payment whether the order waits for
// that of another.
func (t *paymentTransaction) loadOthersDue() error {
	var ids []int64
	for _, a := range t.fresh {
		if a.event.Type == seckill.RefundSucceeded && a.order.Status == seckill.OrderRefundDue {
			ids = append(ids, int64(a.event.OrderID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var rows []paymentRow
	err := t.tx.Raw("SELECT * FROM payments WHERE order_id IN ? AND status = ?", ids, paymentRefundDue).Scan(&rows).Error
	for _, a := range t.fresh {
		for _, r := range rows {
			if r.OrderID == int64(a.event.OrderID) && (r.Provider != a.event.Provider || r.PaymentID != a.event.PaymentID) {
				a.othersDue = true
			}
		}
	}
	return err
}
