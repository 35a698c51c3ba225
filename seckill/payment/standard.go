package payment

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// StandardName is the name of the built-in provider.
const StandardName = "standard"

// maxEventIDBytes bounds a webhook-id; SQL keeps it in a column of this size.
const maxEventIDBytes = 128

// StandardConfig says how the built-in provider signs and where buyers pay.
type StandardConfig struct {
	// Secrets are the signing secrets, each "whsec_" and the base64 of at least
	// 24 bytes. A callback that any of them signed is accepted, so that one can
	// be changed without a gap; the first one is the present one. Required.
	Secrets []string

	// CheckoutURL is where a buyer pays: an http or https address, or a path of
	// this server. {payment_id}, {order_id}, {amount} and {currency} are filled
	// in; {payment_id} must be there. Required.
	CheckoutURL string

	// Tolerance is how far a callback's timestamp may be from now, both ways.
	// Default: 5 minutes. At most 1 hour: an old signature is a replay.
	Tolerance time.Duration

	// Clock tells the time. Default: the system's.
	Clock seckill.Clock
}

// Standard is a provider that follows the Standard Webhooks specification. Safe
// for use by many goroutines.
type Standard struct {
	verifier *Verifier
	checkout checkout
}

var _ Provider = (*Standard)(nil)

// NewStandard checks the config and makes the provider.
func NewStandard(cfg StandardConfig) (*Standard, error) {
	verifier, err := NewVerifier(cfg.Secrets, cfg.Tolerance, cfg.Clock)
	if err != nil {
		return nil, err
	}
	s := &Standard{verifier: verifier}
	if s.checkout, err = parseCheckout(cfg.CheckoutURL); err != nil {
		return nil, fmt.Errorf("payment: checkout address: %w", err)
	}
	return s, nil
}

// Name is "standard".
func (s *Standard) Name() string { return StandardName }

// Create fills the checkout address in. It asks nobody, so it never fails.
func (s *Standard) Create(_ context.Context, p seckill.Payment) (string, error) {
	return s.checkout.fill(p), nil
}

// Verify implements Provider.
func (s *Standard) Verify(h http.Header, body []byte) (seckill.PaymentEvent, error) {
	id, err := s.verifier.Verify(h, body)
	if err != nil {
		return seckill.PaymentEvent{}, err
	}
	event := parseStandard(body)
	event.Provider, event.ID, event.Body = StandardName, id, body
	if !visible(id, maxEventIDBytes) {
		event.Malformed = seckill.Invalid("webhook-id", "must be 1 to %d visible ASCII characters", maxEventIDBytes)
	}
	return event, nil
}

func visible(s string, most int) bool {
	return len(s) >= 1 && len(s) <= most &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
