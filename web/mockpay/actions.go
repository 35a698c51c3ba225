package mockpay

import (
	"context"
	"net/http"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

// action is one button of the page: what the gateway then tells the shop.
type action struct {
	Name  string
	event seckill.PaymentEventType
	// extra is added to the amount, to see a wrong one refused.
	extra int64
	// deliveries is how often the same event is sent. With none the gateway alone
	// knows, until the shop asks.
	deliveries int
	// late waits until the order's time is up.
	late bool
	// report shows what the shop answered, where the buyer would be sent back.
	report bool
}

var late = action{Name: "pay_late", event: seckill.PaymentSucceeded, deliveries: 1, late: true}

var actions = []action{
	{Name: "pay", event: seckill.PaymentSucceeded, deliveries: 1},
	{Name: "fail", event: seckill.PaymentFailed, deliveries: 1},
	late,
	{Name: "pay_silently", event: seckill.PaymentSucceeded},
	{Name: "pay_twice", event: seckill.PaymentSucceeded, deliveries: 2, report: true},
	{Name: "wrong_amount", event: seckill.PaymentSucceeded, extra: 1, deliveries: 1, report: true},
	{Name: "refund", event: seckill.RefundSucceeded, deliveries: 1},
}

func actionNamed(name string) (action, bool) {
	for _, a := range actions {
		if a.Name == name {
			return a, true
		}
	}
	return action{}, false
}

// maxFormBytes bounds the form: it has one short field.
const maxFormBytes = 4 << 10

func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	f, err := h.find(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.render(w, r, http.StatusOK, "pay.html", h.newView(r.Context(), f))
}

func (h *Handler) act(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	a, ok := actionNamed(r.PostFormValue("action"))
	if !ok {
		h.fail(w, r, seckill.Invalid("action", "is not a button of this page"))
		return
	}
	f, err := h.find(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	p, o := f.payment, f.order
	if a.event == seckill.RefundSucceeded && p.Status != refundDue {
		h.fail(w, r, &seckill.Error{Code: seckill.CodeConflict, Detail: "There is nothing to refund.", State: p.Status})
		return
	}
	if a.event != seckill.RefundSucceeded && f.done() {
		// The button of a page from before: the order tells what has become of it.
		http.Redirect(w, r, orderPath(o.ID), http.StatusSeeOther)
		return
	}
	if a.deliveries == 0 || a.late {
		if err := h.keep(r.Context(), a, f); err != nil {
			h.fail(w, r, err)
			return
		}
		http.Redirect(w, r, orderPath(o.ID), http.StatusSeeOther)
		return
	}
	// It goes on when the buyer's browser has gone: a provider would too.
	deliveries, err := h.tell(context.WithoutCancel(r.Context()), a, p)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if last := deliveries[len(deliveries)-1]; last.Status == http.StatusOK && !a.report {
		http.Redirect(w, r, orderPath(o.ID), http.StatusSeeOther)
		return
	}
	view := h.newView(r.Context(), f)
	view.Action, view.Deliveries = a, deliveries
	h.render(w, r, http.StatusOK, "result.html", view)
}

// refundDue is the status of a payment whose money has to go back.
const refundDue = "refund_due"

// found is a payment as the shop and the gateway know it.
type found struct {
	payment seckill.Payment
	order   seckill.Order
	paidAt  time.Time // of which the shop was not told; else zero
}

// done tells whether nothing is left to be paid: the payment is done, or another one
// of the same order. One that failed can be tried again.
func (f found) done() bool {
	return !f.paidAt.IsZero() || f.payment.Status != "open" && f.payment.Status != "failed" || f.order.Status == seckill.OrderPaid
}

func (h *Handler) find(r *http.Request) (f found, err error) {
	ctx := r.Context()
	if f.payment, err = h.cfg.Ledger.Payment(ctx, h.cfg.Provider, r.PathValue("payment_id")); err != nil {
		return f, err
	}
	if f.order, err = h.cfg.Ledger.Order(ctx, f.payment.OrderID); err != nil {
		return f, err
	}
	f.paidAt, err = h.cfg.Ledger.MockPaidAt(ctx, f.payment.ID)
	return f, err
}

// eventOf makes the event of an action. Each press of a button is an event of
// its own; only deliveries of one press share an id.
func (h *Handler) eventOf(a action, p seckill.Payment) seckill.PaymentEvent {
	e := seckill.PaymentEvent{
		Provider: h.cfg.Provider, ID: payment.NewEventID(), Type: a.event,
		PaymentID: p.ID, OrderID: p.OrderID, Amount: p.Amount + a.extra, Currency: p.Currency,
	}
	if a.event == seckill.PaymentSucceeded {
		e.PaidAt = h.cfg.Clock()
	}
	return e
}
