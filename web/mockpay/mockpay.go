// Package mockpay is a stand-in for a payment provider: a page at which a buyer
// pays, and real signed callbacks over HTTP. It takes no money. It is for the
// embedded mode and for tests; whoever knows a payment's id, which is 128
// random bits, can settle it.
//
// It tells the shop what happened in no other way than a provider could, so
// that a payment in a demonstration takes the way of a real one: signature,
// retries and all. It also answers the shop as a provider's API does, when it
// asks what became of a payment, or for a refund.
package mockpay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

// CheckoutURL is the provider's CheckoutURL where this package is the gateway.
const CheckoutURL = Prefix + "{payment_id}"

// Prefix is where the handler is mounted.
const Prefix = "/mock-pay/"

// Ledger is what the page needs to know, and where the gateway keeps its own book: it
// has no other store, and what it promised a buyer must outlive it.
type Ledger interface {
	Payment(ctx context.Context, provider, id string) (seckill.Payment, error)
	Order(ctx context.Context, id seckill.ID) (seckill.Order, error)
	Sale(ctx context.Context, id seckill.ID) (seckill.Sale, error)
	// KeepMockPayment notes when a payment was paid, and when the shop is to be told.
	// The zero times: it is paid when the shop is told; the shop has to ask.
	KeepMockPayment(ctx context.Context, paymentID string, paidAt, tellAt time.Time) error
	// MockPaidAt tells when a payment was paid; the zero time where it was not.
	MockPaidAt(ctx context.Context, paymentID string) (time.Time, error)
	// ClaimMockPayments gives payments of which the shop is to be told now to one
	// caller alone, for the given time.
	ClaimMockPayments(ctx context.Context, limit int, claim time.Duration) ([]string, error)
	// DropMockPayment forgets a payment of which the shop knows.
	DropMockPayment(ctx context.Context, paymentID string) error
}

// Config is what a Handler needs. New checks it.
type Config struct {
	// Ledger knows payments and orders. Required.
	Ledger Ledger
	// Secret signs the callbacks, and the shop's requests to the gateway: "whsec_"
	// and base64. Required.
	Secret string
	// WebhookURL is where the callbacks go, such as
	// http://127.0.0.1:8080/webhooks/payments/standard. Required.
	WebhookURL string
	// Provider is the name that payments are kept under. Default: standard.
	Provider string

	// Attempts bounds how often one callback is sent while the shop cannot take
	// it. Default: 6, at most 20.
	Attempts int
	// Backoff is the wait before the second attempt; it doubles from there to at
	// most 16 times as much, and each wait is shortened by up to a half at
	// random. Default: 100 ms.
	Backoff time.Duration
	// Wait bounds all attempts together, since a buyer looks on. Default: 8 s.
	Wait time.Duration

	// Client sends the callbacks. Default: one without proxy and redirects.
	Client *http.Client
	// Clock stamps the callbacks. Default: the system's.
	Clock seckill.Clock
	// Logger takes the log. Default: slog.Default().
	Logger *slog.Logger
}

func (c *Config) check() error {
	c.setDefaults()
	if c.Ledger == nil {
		return errors.New("mockpay: Ledger is required")
	}
	if _, err := payment.Sign(c.Secret, "probe", time.Unix(0, 0), nil); err != nil {
		return fmt.Errorf("mockpay: %w", err)
	}
	u, err := url.Parse(c.WebhookURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("mockpay: WebhookURL must be an http or https address")
	}
	if c.Attempts < 1 || c.Attempts > 20 || c.Backoff < 0 || c.Wait < 0 {
		return errors.New("mockpay: Attempts must be 1 to 20; Backoff and Wait must not be negative")
	}
	return nil
}

func (c *Config) setDefaults() {
	if c.Provider == "" {
		c.Provider = payment.StandardName
	}
	if c.Attempts == 0 {
		c.Attempts = 6
	}
	if c.Backoff == 0 {
		c.Backoff = 100 * time.Millisecond
	}
	if c.Wait == 0 {
		c.Wait = 8 * time.Second
	}
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Client == nil {
		c.Client = &http.Client{
			// The shop is near; an environment's proxy must not come between.
			Transport:     &http.Transport{MaxConnsPerHost: 64, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
}

// Handler is the gateway. Run has to run beside it. Safe for use by many goroutines.
type Handler struct {
	cfg      Config
	mux      http.Handler
	verifier *payment.Verifier
	jitter   func() float64 // 0 to 1
}

var _ http.Handler = (*Handler)(nil)

// New checks the config and makes the gateway, to be mounted at Prefix.
func New(cfg Config) (*Handler, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	verifier, err := payment.NewVerifier([]string{cfg.Secret}, 0, cfg.Clock)
	if err != nil {
		return nil, fmt.Errorf("mockpay: %w", err)
	}
	h := &Handler{cfg: cfg, verifier: verifier, jitter: rand.Float64}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"{payment_id}", h.show)
	mux.HandleFunc("POST "+Prefix+"{payment_id}", h.act)
	mux.HandleFunc("GET "+Prefix+"assets/{name}", serveAsset)
	mux.HandleFunc("GET "+APIPrefix+"/payments/{payment_id}", h.signed(h.answerPayment))
	mux.HandleFunc("POST "+APIPrefix+"/refunds", h.signed(h.refund))
	// Another site's page must not press the buttons of this one.
	h.mux = http.NewCrossOriginProtection().Handler(mux)
	return h, nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }
