package ledger

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// What a provider may send, in bytes; more is refused as malformed.
const (
	maxProviderBytes  = 32
	maxProviderID     = 191
	maxEventTypeBytes = 64
	maxCurrencyBytes  = 16
)

// ApplyPayment takes a verified callback of a provider: it records the event
// and, in the same transaction, does what it says. Once it returns without an
// error, all that must follow is durable. The order is as it now is; it is
// empty when there is none of that id.
//
//   - The provider's event id comes once: a repeated one is PaymentDuplicate,
//     or PaymentMismatch if it was that, or PaymentLate while that is undecided.
//   - An unknown order, a payment of another order, another amount or currency:
//     recorded, logged as an error, PaymentMismatch, and nothing else changes.
//   - payment.succeeded pays an order that awaits it. If the order has expired or
//     was cancelled it is PaymentLate: Retake has to be called, and somebody will,
//     also if this process ends. If the order has failed, or is paid already by
//     another payment, or was paid late before, the money is to go back:
//     PaymentRefundDue. The payment need not be one that CreatePayment made.
//   - payment.failed closes an open payment and leaves the order as it is.
//   - refund.succeeded closes the refund; the order is refunded once no refund
//     of it is due any more. refund.failed changes nothing: the refund stays due.
//
// Whatever says nothing new is PaymentDuplicate, what has no effect is
// PaymentIgnored.
func (l *Ledger) ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
	if err := validatePaymentEvent(e); err != nil {
		return "", seckill.Order{}, err
	}
	var a application
	err := l.write(ctx, func(tx *gorm.DB, _ int) error {
		a = application{ledger: l, tx: tx, event: e, now: l.now()}
		return a.run()
	})
	if err != nil {
		return "", seckill.Order{}, err
	}
	if a.repeated {
		// The provider will not send again what is answered now.
		if err := l.Durable(ctx); err != nil {
			return "", seckill.Order{}, err
		}
	}
	a.raise(ctx)
	return a.outcome, a.order.Order, nil
}

// application is one transaction of ApplyPayment.
type application struct {
	ledger *Ledger
	tx     *gorm.DB
	event  seckill.PaymentEvent
	now    int64

	repeated bool
	order    lockedOrder
	payment  paymentRow
	paid     bool // payment is in the table

	outcome seckill.PaymentOutcome
	note    string // why it does not fit
}

func (a *application) run() error {
	fresh, err := a.record()
	if err != nil {
		return err
	}
	if !fresh {
		return a.repeat()
	}
	known, err := a.load()
	if err != nil {
		return err
	}
	if a.note = a.mismatch(known); a.note != "" {
		a.outcome = seckill.PaymentMismatch
	} else if err := a.apply(); err != nil {
		return err
	}
	return mustChange(a.tx, 1, "UPDATE payment_events SET outcome = ?, note = ? WHERE provider = ? AND event_id = ?",
		string(a.outcome), a.note, a.event.Provider, a.event.ID)
}

// record writes the event with no outcome yet. That keeps another delivery of
// it waiting until this one is decided.
func (a *application) record() (fresh bool, err error) {
	e := a.event
	paidAt := int64(0)
	if !e.PaidAt.IsZero() {
		paidAt = e.PaidAt.UnixMilli()
	}
	body := e.Body
	if body == nil {
		body = []byte{}
	}
	n, err := exec(a.tx, "INSERT INTO payment_events (provider, event_id, type, payment_id, order_id, amount, currency,"+
		" paid_at, outcome, note, body, created_at) VALUES (?,?,?,?,?,?,?,?,'','',?,?)"+
		a.ledger.dialect.skipDuplicates("payment_events", "event_id"),
		e.Provider, e.ID, string(e.Type), e.PaymentID, int64(e.OrderID), e.Amount, e.Currency, paidAt, body, a.now)
	return n == 1, err
}

// repeat answers an event that was decided before. The look at it has to be one that
// locks: InnoDB lets go of a row that was inserted a moment before an ordinary SELECT
// can see it.
func (a *application) repeat() error {
	var before struct {
		Outcome string
		OrderID int64
	}
	found := a.tx.Raw("SELECT outcome, order_id FROM payment_events WHERE provider = ? AND event_id = ?"+a.ledger.dialect.forShare,
		a.event.Provider, a.event.ID).Scan(&before)
	if found.Error != nil {
		return found.Error
	}
	if found.RowsAffected == 0 {
		return errLostRace
	}
	a.repeated, a.outcome = true, seckill.PaymentDuplicate
	if before.Outcome == string(seckill.PaymentMismatch) {
		a.outcome = seckill.PaymentMismatch
	}
	order, err := loadOrder(a.tx, seckill.ID(before.OrderID))
	if seckill.CodeOf(err) == seckill.CodeNotFound {
		return nil
	}
	a.order.Order = order
	if err != nil || before.Outcome != string(seckill.PaymentLate) {
		return err
	}
	payment, _, err := loadPayment(a.tx, a.event.Provider, a.event.PaymentID)
	if payment.Status == paymentLate && payment.OrderID == before.OrderID {
		a.outcome = seckill.PaymentLate
	}
	return err
}

// load locks the order, so that its payments stand still too, and reads the
// payment.
func (a *application) load() (known bool, err error) {
	orders, err := a.ledger.lockOrders(a.tx, []int64{int64(a.event.OrderID)}, "1 = 1")
	if err != nil {
		return false, err
	}
	if len(orders) == 1 {
		a.order, known = orders[0], true
	}
	a.payment, a.paid, err = loadPayment(a.tx, a.event.Provider, a.event.PaymentID)
	return known, err
}

// mismatch says what of the event does not fit, or nothing.
func (a *application) mismatch(known bool) string {
	e := a.event
	switch {
	case !handled(e.Type):
		return "" // nothing is claimed that we would act on
	case !known:
		return "no such order"
	case a.paid && a.payment.OrderID != int64(e.OrderID):
		return "the payment is another order's"
	case e.Amount != a.order.Amount:
		return fmt.Sprintf("amount %d, the order's is %d", e.Amount, a.order.Amount)
	case e.Currency != a.order.Currency:
		return fmt.Sprintf("currency %q, the order's is %q", e.Currency, a.order.Currency)
	}
	return ""
}

func handled(t seckill.PaymentEventType) bool {
	switch t {
	case seckill.PaymentSucceeded, seckill.PaymentFailed, seckill.RefundSucceeded, seckill.RefundFailed:
		return true
	}
	return false
}

// raise logs, after the commit, what a person has to look at.
func (a *application) raise(ctx context.Context) {
	e := a.event
	fields := []any{"provider", e.Provider, "event", e.ID, "type", string(e.Type), "payment", e.PaymentID, "order", e.OrderID.String()}
	switch {
	case a.repeated:
	case a.outcome == seckill.PaymentMismatch:
		a.ledger.log.ErrorContext(ctx, "payment does not fit its order", append(fields, "why", a.note)...)
	case e.Type == seckill.RefundFailed:
		a.ledger.log.ErrorContext(ctx, "refund failed", fields...)
	case a.outcome == seckill.PaymentApplied && e.Type == seckill.RefundSucceeded && a.order.Status == seckill.OrderPaid:
		a.ledger.log.WarnContext(ctx, "a payment was refunded and its order stays paid", fields...)
	case a.outcome == seckill.PaymentRefundDue:
		a.ledger.log.WarnContext(ctx, "payment has to go back", fields...)
	}
}

func validatePaymentEvent(e seckill.PaymentEvent) error {
	if err := validateNames(e.Provider, e.PaymentID); err != nil {
		return err
	}
	if !validName(e.ID, maxProviderID) {
		return seckill.Invalid("id", "must be 1 to %d bytes of text", maxProviderID)
	}
	if !validName(string(e.Type), maxEventTypeBytes) {
		return seckill.Invalid("type", "must be 1 to %d bytes of text", maxEventTypeBytes)
	}
	if len(e.Currency) > maxCurrencyBytes || !utf8.ValidString(e.Currency) {
		return seckill.Invalid("currency", "must be at most %d bytes of text", maxCurrencyBytes)
	}
	return nil
}

func validateNames(provider, paymentID string) error {
	if !validName(provider, maxProviderBytes) {
		return seckill.Invalid("provider", "must be 1 to %d bytes of text", maxProviderBytes)
	}
	if !validName(paymentID, maxProviderID) {
		return seckill.Invalid("payment_id", "must be 1 to %d bytes of text", maxProviderID)
	}
	return nil
}

// validName refuses what SQL would store or compare as something else: MySQL
// ignores spaces at the end of a text.
func validName(s string, most int) bool {
	return len(s) > 0 && len(s) <= most && utf8.ValidString(s) && strings.TrimSpace(s) == s && !strings.Contains(s, "\x00")
}
