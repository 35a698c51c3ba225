package payment

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Querier is a provider that can be asked what became of a payment.
type Querier interface {
	// Query asks. A payment that the provider does not know is StatusUnknown and
	// no error. An error means that nothing is known: unavailable when the
	// provider does not answer, or not as it should.
	Query(ctx context.Context, p seckill.Payment) (State, error)
}

// Status is what a provider says of a payment.
type Status string

const (
	StatusUnknown   Status = "unknown" // the provider has never heard of it
	StatusOpen      Status = "open"
	StatusSucceeded Status = "succeeded" // the money is there
	StatusFailed    Status = "failed"
	StatusRefunded  Status = "refunded"
)

// State is a provider's answer. Whether amount, currency and order are right is
// for the ledger to judge.
type State struct {
	Status   Status
	OrderID  seckill.ID
	Amount   int64
	Currency string
	PaidAt   time.Time // zero unless Status is StatusSucceeded
	// Body is the answer as it came.
	Body []byte
}

// Event makes of an answer that the money is there the event that a callback
// would have been. Its id is always the same for one payment.
func (s State) Event(p seckill.Payment) seckill.PaymentEvent {
	return seckill.PaymentEvent{
		Provider: p.Provider, ID: "query_" + p.ID, Type: seckill.PaymentSucceeded, PaymentID: p.ID,
		OrderID: s.OrderID, Amount: s.Amount, Currency: s.Currency, PaidAt: s.PaidAt, Body: s.Body,
	}
}
