package webtest

import (
	"encoding/base64"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

// Secrets of StubConfig.
const (
	HS256Secret = "a-secret-of-more-than-32-bytes-for-tests"
	AdminToken  = "an-admin-token-of-32-bytes-for-tests"
)

// WebhookSecret signs callbacks of its provider.
var WebhookSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a-webhook-secret-of-32-bytes-len"))

// IDs makes ids as one process alone does.
func IDs() *seckill.IDGenerator {
	ids := seckill.NewIDGenerator(seckill.SystemClock)
	ids.Lease(1, time.Now().Add(time.Hour))
	return ids
}

// StubConfig is a valid config on stubs.
func StubConfig(t testing.TB) (Config, *StubGate, *StubLedger) {
	t.Helper()
	provider, err := payment.NewStandard(payment.StandardConfig{
		Secrets: []string{WebhookSecret}, CheckoutURL: "https://pay.example/?payment={payment_id}",
	})
	require.NoError(t, err)
	g, l := &StubGate{Changes: make(chan seckill.Change, 8)}, &StubLedger{}
	return Config{
		Gate: g, Ledger: l, IDs: IDs(), Providers: []Provider{provider},
		HS256Secret: []byte(HS256Secret), AdminToken: AdminToken, DemoLogin: true,
		Logger: Quiet(),
	}, g, l
}

// NewStubbed is a server on stubs that a test does not set.
func NewStubbed(t testing.TB, change ...func(*Config)) *Server {
	t.Helper()
	cfg, _, _ := StubConfig(t)
	for _, c := range change {
		c(&cfg)
	}
	return NewServer(t, cfg)
}

// NotFound is what a store says of what it does not have.
func NotFound(string) error { return seckill.Errorf(seckill.CodeNotFound, "no") }

// Quiet is a log that nobody reads.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
