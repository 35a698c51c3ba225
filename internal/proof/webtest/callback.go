package webtest

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/payment"
)

// WebhookPath is where the provider of StubConfig calls.
const WebhookPath = "/webhooks/payments/standard"

// Callback are the headers that sign a provider's body.
func Callback(t *testing.T, eventID, body string, at time.Time) []string {
	t.Helper()
	h, err := payment.SignedHeader(WebhookSecret, eventID, at, []byte(body))
	require.NoError(t, err)
	return HeadersOf(h)
}

// HeadersOf writes headers as Call takes them.
func HeadersOf(h http.Header) []string {
	var list []string
	for name, values := range h {
		list = append(list, name+": "+values[0])
	}
	return list
}

// PaymentBody is what a provider tells.
func PaymentBody(kind, paymentID, order string, amount int64, currency string) string {
	b, _ := json.Marshal(map[string]any{"type": kind, "data": map[string]any{"payment_id": paymentID, "order_id": order,
		"amount": amount, "currency": currency, "paid_at": time.Now().UTC().Format(time.RFC3339)}})
	return string(b)
}
