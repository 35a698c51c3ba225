package payment

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// StandardName is the name of the built-in provider.
const StandardName = "standard"

// DefaultTolerance is how far a callback's timestamp may be from now.
const DefaultTolerance = 5 * time.Minute

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
	keys      [][]byte
	checkout  checkout
	tolerance time.Duration
	clock     seckill.Clock
}

var _ Provider = (*Standard)(nil)

// NewStandard checks the config and makes the provider.
func NewStandard(cfg StandardConfig) (*Standard, error) {
	if cfg.Tolerance == 0 {
		cfg.Tolerance = DefaultTolerance
	}
	if cfg.Clock == nil {
		cfg.Clock = seckill.SystemClock
	}
	if cfg.Tolerance < time.Second || cfg.Tolerance > time.Hour {
		return nil, fmt.Errorf("payment: tolerance must be 1s to 1h, not %s", cfg.Tolerance)
	}
	if len(cfg.Secrets) == 0 {
		return nil, errors.New("payment: a signing secret is required")
	}
	s := &Standard{tolerance: cfg.Tolerance, clock: cfg.Clock}
	for i, secret := range cfg.Secrets {
		key, err := parseSecret(secret)
		if err != nil {
			return nil, fmt.Errorf("payment: signing secret %d: %w", i+1, err)
		}
		s.keys = append(s.keys, key)
	}
	var err error
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
	id, err := s.proveSigned(h, body)
	if err != nil {
		return seckill.PaymentEvent{}, err
	}
	if !visible(id, maxEventIDBytes) {
		return seckill.PaymentEvent{}, seckill.Invalid("webhook-id", "must be 1 to %d visible ASCII characters", maxEventIDBytes)
	}
	event, err := parseStandard(body)
	if err != nil {
		return seckill.PaymentEvent{}, err
	}
	event.Provider, event.ID, event.Body = StandardName, id, body
	return event, nil
}

// proveSigned returns the id of a callback that is signed by one of the secrets
// within the tolerance.
func (s *Standard) proveSigned(h http.Header, body []byte) (id string, err error) {
	var values [3]string
	for i, name := range [...]string{HeaderID, HeaderTimestamp, HeaderSignature} {
		// A header that is there twice could be read as one value by a proxy and
		// as the other one here.
		if all := h.Values(name); len(all) != 1 || all[0] == "" {
			return "", seckill.Errorf(seckill.CodeUnauthorized, "the header %s must be there once", strings.ToLower(name))
		}
		values[i] = h.Get(name)
	}
	id, timestamp, signature := values[0], values[1], values[2]
	// The shortest spelling alone: what is signed is the number as it is written.
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != timestamp {
		return "", seckill.Errorf(seckill.CodeUnauthorized, "webhook-timestamp must be unix seconds")
	}
	now := s.clock()
	if at := time.Unix(seconds, 0); at.Before(now.Add(-s.tolerance)) || at.After(now.Add(s.tolerance)) {
		return "", seckill.Errorf(seckill.CodeUnauthorized, "webhook-timestamp is more than %s from now", s.tolerance)
	}
	if !signedByAny(s.keys, signature, id, timestamp, body) {
		return "", seckill.Errorf(seckill.CodeUnauthorized, "no signature fits")
	}
	return id, nil
}

func visible(s string, most int) bool {
	return len(s) >= 1 && len(s) <= most &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
