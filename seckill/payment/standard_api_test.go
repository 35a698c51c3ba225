package payment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

var due = seckill.Payment{ID: "pay/1", OrderID: 42, Provider: "standard", Amount: 19900, Currency: "CNY"}

// providerAPI answers every call in the same way, once it is proven that the
// call is signed.
func providerAPI(t *testing.T, answer http.HandlerFunc) *payment.StandardAPI {
	t.Helper()
	verifier, err := payment.NewVerifier([]string{present}, 0, func() time.Time { return now })
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if _, err := verifier.Verify(r.Header, body); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	api, err := payment.NewStandardAPI(payment.StandardAPIConfig{URL: server.URL + "/v1", Secret: present,
		Timeout: time.Minute, Clock: func() time.Time { return now }})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	return api
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const paidAnswer = `{"payment_id":"pay/1","order_id":"42","status":"succeeded","amount":19900,"currency":"CNY",` +
	`"paid_at":"2026-11-21T12:00:00.123Z","method":"card"}`

func TestAPaymentIsAskedForWithASignature(t *testing.T) {
	var path string
	api := providerAPI(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.Method + " " + r.URL.EscapedPath()
		says(200, paidAnswer)(w, r)
	})
	state, err := api.Query(t.Context(), due)
	require.NoError(t, err)
	assert.Equal(t, "GET /v1/payments/pay%2F1", path)
	assert.Equal(t, payment.State{Status: payment.StatusSucceeded, OrderID: 42, Amount: 19900, Currency: "CNY",
		PaidAt: time.Date(2026, 11, 21, 12, 0, 0, 123e6, time.UTC), Body: []byte(paidAnswer)}, state)
	assert.Equal(t, seckill.PaymentEvent{Provider: "standard", ID: "query_pay/1", Type: seckill.PaymentSucceeded, PaymentID: "pay/1",
		OrderID: 42, Amount: 19900, Currency: "CNY", PaidAt: state.PaidAt, Body: state.Body}, state.Event(due))
}

func TestWhatAProviderSaysOfAPayment(t *testing.T) {
	with := func(old, replacement string) string { return strings.Replace(paidAnswer, old, replacement, 1) }
	cases := []struct {
		name   string
		status int
		body   string
		want   payment.Status
		code   seckill.Code
	}{
		{"paid", 200, paidAnswer, payment.StatusSucceeded, ""},
		{"open", 200, with(`"succeeded"`, `"open"`), payment.StatusOpen, ""},
		{"failed", 200, with(`"succeeded"`, `"failed"`), payment.StatusFailed, ""},
		{"refunded", 200, with(`"succeeded"`, `"refunded"`), payment.StatusRefunded, ""},
		{"never heard of", 404, `{"code":"not_found"}`, payment.StatusUnknown, ""},
		{"a wrong address", 404, "404 page not found", "", seckill.CodeConflict},
		{"another payment", 200, with("pay/1", "pay/2"), "", seckill.CodeUnavailable},
		{"a status that we do not know", 200, with(`"succeeded"`, `"perhaps"`), "", seckill.CodeUnavailable},
		{"no status", 200, with(`"status"`, `"x"`), "", seckill.CodeUnavailable},
		{"no time", 200, with(`"paid_at"`, `"x"`), "", seckill.CodeUnavailable},
		{"no amount", 200, with(`"amount"`, `"Amount"`), "", seckill.CodeUnavailable},
		{"odd currency", 200, with(`CNY`, `¥`), "", seckill.CodeUnavailable},
		{"not JSON", 200, "<html>", "", seckill.CodeUnavailable},
		{"endless", 200, strings.Repeat(" ", 70<<10) + paidAnswer, "", seckill.CodeUnavailable},
		{"refused", 401, `{"code":"unauthorized"}`, "", seckill.CodeConflict},
		{"down", 503, "", "", seckill.CodeUnavailable},
		{"busy", 429, "", "", seckill.CodeUnavailable},
		{"moved", 301, "", "", seckill.CodeConflict},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state, err := providerAPI(t, says(c.status, c.body)).Query(t.Context(), due)
			if c.code != "" {
				require.Error(t, err)
				assert.Equal(t, c.code, seckill.CodeOf(err), "%v", err)
				assert.Zero(t, state)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, state.Status)
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var calls atomic.Int64
	api := providerAPI(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		http.Redirect(w, r, "/v1/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := api.Refund(t.Context(), due, "refund_pay/1", "late")
	require.ErrorContains(t, err, "307")
	require.EqualValues(t, 1, calls.Load())
}

func TestARefundSaysAllThatAProviderNeeds(t *testing.T) {
	var got payment.RefundRequest
	api := providerAPI(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "POST /v1/refunds", r.Method+" "+r.URL.Path)
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&got))
		says(201, `{"refund_id":"refund_pay/1","status":"succeeded"}`)(w, r)
	})
	state, err := api.Refund(t.Context(), due, payment.RefundID(due), "paid too late")
	require.NoError(t, err)
	assert.Equal(t, payment.RefundDone, state)
	assert.Equal(t, payment.RefundRequest{RefundID: "refund_pay/1", PaymentID: "pay/1", OrderID: 42, Amount: 19900, Currency: "CNY",
		Reason: "paid too late"}, got)
}

func TestWhatAProviderSaysOfARefund(t *testing.T) {
	cases := []struct {
		name   string
		status int
		body   string
		want   payment.RefundState
		says   string
	}{
		{"done", 200, `{"refund_id":"r","status":"succeeded"}`, payment.RefundDone, ""},
		{"accepted", 202, `{"refund_id":"r","status":"pending"}`, payment.RefundPending, ""},
		{"failed", 200, `{"refund_id":"r","status":"failed","reason":"account_closed"}`, "", "account_closed"},
		{"another refund", 200, `{"refund_id":"s","status":"succeeded"}`, "", "malformed"},
		{"a state that we do not know", 200, `{"refund_id":"r","status":"done"}`, "", "malformed"},
		{"not JSON", 200, "ok", "", "malformed"},
		{"refused", 409, `{"code":"not_paid"}`, "", "409, not_paid"},
		{"refused with words that are none", 409, `{"code":"\u0000 <b>"}`, "", "409"},
		{"down", 502, "", "", "502"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state, err := providerAPI(t, says(c.status, c.body)).Refund(t.Context(), due, "r", "late")
			assert.Equal(t, c.want, state)
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
			assert.NotContains(t, err.Error(), "<b>")
		})
	}
}

func TestAProviderThatIsSlowIsGivenUp(t *testing.T) {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-gone }))
	t.Cleanup(func() { close(gone); server.Close() })
	api, err := payment.NewStandardAPI(payment.StandardAPIConfig{URL: server.URL, Secret: present, Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	_, err = api.Query(context.Background(), due)
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err), "%v", err)
	assert.NotContains(t, fmt.Sprint(err), strings.TrimPrefix(present, "whsec_"))
}

func TestABadAddressOfTheAPIIsRefused(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://api.pay.example":       true,
		"https://api.pay.example/v1":    true,
		"http://127.0.0.1:8080/api":     true,
		"http://localhost:8080":         true,
		"http://[::1]:8080":             true,
		"":                              false,
		"http://api.pay.example":        false,
		"https://api.pay.example/":      false,
		"https://api.pay.example?x=1":   false,
		"https://user:pw@pay.example":   false,
		"ftp://api.pay.example":         false,
		"api.pay.example":               false,
		"http://127.0.0.1.evil.example": false,
	} {
		_, err := payment.NewStandardAPI(payment.StandardAPIConfig{URL: address, Secret: present})
		assert.Equal(t, ok, err == nil, "%s: %v", address, err)
	}
	_, err := payment.NewStandardAPI(payment.StandardAPIConfig{URL: "https://api.pay.example", Secret: "whsec_short"})
	require.ErrorIs(t, err, payment.ErrSecret)
}
