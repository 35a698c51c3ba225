package payment

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/seckill-go/seckill/seckill"
)

// Provider is one payment provider. What else some of them can do over an API
// has interfaces of its own, Querier and Refunder: not every provider has them.
type Provider interface {
	// Name is the provider's part of the webhook's path and the first half of
	// what makes an event id unique. It never changes.
	Name() string

	// Verify proves that a callback comes from the provider and reads it. The
	// body must be the bytes as they came. The error is a *seckill.Error:
	// unauthorized, with the cause ErrUnsigned, ErrStale or ErrSignature.
	//
	// What was signed is never an error, whatever is wrong with it: it may tell of
	// money. It is an event that is Malformed then, with all that could be read.
	//
	// A type that this package does not know gives an event with that type and
	// no data, for the caller to ignore: providers add types.
	Verify(h http.Header, body []byte) (seckill.PaymentEvent, error)

	// Create tells the provider of a payment and returns the address at which
	// the buyer pays. Calling it again for the same payment is harmless.
	Create(ctx context.Context, p seckill.Payment) (paymentURL string, err error)
}

// ByName finds providers by their names, each of which may be there once.
func ByName[P interface{ Name() string }](providers []P) (map[string]P, error) {
	byName := make(map[string]P, len(providers))
	for _, p := range providers {
		if any(p) == nil {
			return nil, errors.New("a payment provider is nil")
		}
		if _, twice := byName[p.Name()]; twice {
			return nil, fmt.Errorf("payment provider %q is there twice", p.Name())
		}
		byName[p.Name()] = p
	}
	return byName, nil
}

// NewPaymentID makes the id of a new payment: "pay_" and 128 random bits in
// hexadecimal, so that nobody can guess another buyer's.
func NewPaymentID() string { return "pay_" + randomHex(16) }

// NewEventID makes the id of one event, as a provider would.
func NewEventID() string { return "evt_" + randomHex(16) }

func randomHex(n int) string {
	b := make([]byte, n)
	// It never fails: where the system has no randomness the process ends.
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
