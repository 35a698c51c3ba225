package ledger

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/seckill-go/seckill/seckill"
)

// What a provider may send, in bytes; more is malformed.
const (
	maxProviderBytes  = 32
	maxProviderID     = 191
	maxEventIDBytes   = maxProviderID - 1 - 2*fingerprintBytes // see beside
	maxEventTypeBytes = 64
	maxCurrencyBytes  = 16
	maxNoteBytes      = 200 // ours, on what does not fit
)

// ApplyPayment takes a verified callback of a provider: it records the event
// and, in the same transaction, does what it says. Once it returns without an
// error, all that must follow is durable. The order is as it now is; it is
// empty when there is none of that id.
//
//   - The provider's event id comes once: a repeated one is PaymentDuplicate,
//     or PaymentMismatch if it was that, or PaymentLate while that is undecided.
//     An event that says something else than the one before it with its id is
//     recorded beside it, once, logged as an error, and PaymentMismatch.
//   - What is malformed is recorded, once, logged as an error, PaymentMalformed, and
//     does not take the id of the event that it was meant to be. What has a type that
//     is not acted upon is recorded in the same way, and PaymentIgnored.
//   - An unknown order, a payment of another order, another amount or currency:
//     recorded, logged as an error, PaymentMismatch, and nothing else changes.
//   - payment.succeeded pays an order that awaits it. If the order has expired or
//     was cancelled it is PaymentLate: Retake has to be called, and somebody will,
//     also if this process ends. If the order has failed, or is paid already by
//     another payment, or was paid late before, the money is to go back:
//     PaymentRefundDue. The payment need not be one that CreatePayment made.
//   - payment.failed closes an open payment and leaves the order as it is; one that
//     CreatePayment did not make is PaymentIgnored.
//   - refund.succeeded closes the refund; the order is refunded once no refund
//     of it is due any more. One of the payment that paid an order leaves the order
//     paid and announces that its money went back. refund.failed changes nothing: the
//     refund stays due.
//
// Whatever says nothing new is PaymentDuplicate, what has no effect is
// PaymentIgnored. What a person has to look at is among RaisedCallbacks: what does not
// fit or cannot be read, of a type that is not acted upon, about a payment that is not
// known, or of money that went back and was not due.
//
// Events that arrive together share a transaction. When ctx ends before an event's
// turn, it is withdrawn; after that the error is seckill.ErrOutcomeUnknown. When
// too many wait it is seckill.CodeUnavailable.
func (l *Ledger) ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
	if !validName(e.Provider, maxProviderBytes) {
		return "", seckill.Order{}, invalidProvider()
	}
	a, err := l.payments.Do(ctx, struct{}{}, recordable(e))
	if err != nil {
		return "", seckill.Order{}, err
	}
	return a.outcome, a.order, a.err
}

// recordable makes an event that SQL could not keep as it is a malformed one: what a
// provider has signed is never refused. The whole of it is in its body.
func recordable(e seckill.PaymentEvent) seckill.PaymentEvent {
	for _, f := range []struct {
		name string
		text *string
		most int
	}{
		{"payment_id", &e.PaymentID, maxProviderID},
		{"id", &e.ID, maxEventIDBytes},
		{"type", (*string)(&e.Type), maxEventTypeBytes},
	} {
		if validName(*f.text, f.most) || f.text == &e.PaymentID && e.PaymentID == "" && !e.Type.Known() {
			continue
		}
		if e.Malformed == nil {
			e.Malformed = seckill.Invalid(f.name, "must be 1 to %d bytes of text", f.most)
		}
		*f.text = legible(*f.text, f.most)
	}
	if len(e.Currency) > maxCurrencyBytes || !utf8.ValidString(e.Currency) {
		if e.Malformed == nil {
			e.Malformed = seckill.Invalid("currency", "must be at most %d bytes of text", maxCurrencyBytes)
		}
		e.Currency = legible(e.Currency, maxCurrencyBytes)
	}
	return e
}

// legible is the part of a text that SQL can keep.
func legible(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), most)], ""), "\x00", "")
	return strings.TrimSpace(s)
}

func validateNames(provider, paymentID string) error {
	if !validName(provider, maxProviderBytes) {
		return invalidProvider()
	}
	if !validName(paymentID, maxProviderID) {
		return seckill.Invalid("payment_id", "must be 1 to %d bytes of text", maxProviderID)
	}
	return nil
}

func invalidProvider() error {
	return seckill.Invalid("provider", "must be 1 to %d bytes of text", maxProviderBytes)
}
