package payment

import (
	"context"

	"github.com/seckill-go/seckill/seckill"
)

// NoRefunder is why a refund waits for a person whose provider is no Refunder: nobody
// can be asked again.
const NoRefunder = "the provider returns no money over an API; do it by hand"

// Refunder is a provider that returns money over an API.
type Refunder interface {
	// Refund asks for all of a payment's money to go back. The refund's id makes
	// it one refund however often it is asked for; asking again tells how it
	// stands. An error means that the provider refused, or that nobody knows.
	Refund(ctx context.Context, p seckill.Payment, refundID, reason string) (RefundState, error)
}

// RefundState is how a refund stands.
type RefundState string

const (
	RefundDone    RefundState = "succeeded" // the money is on its way for good
	RefundPending RefundState = "pending"   // accepted; the provider tells later
)

// RefundID is the id of the one refund of a payment.
func RefundID(p seckill.Payment) string { return "refund_" + p.ID }

// RefundEvent is the event that a callback about a refund that is done would
// have been. Its id is always the same for one payment.
func RefundEvent(p seckill.Payment) seckill.PaymentEvent {
	return seckill.PaymentEvent{
		Provider: p.Provider, ID: RefundID(p), Type: seckill.RefundSucceeded, PaymentID: p.ID,
		OrderID: p.OrderID, Amount: p.Amount, Currency: p.Currency,
	}
}
