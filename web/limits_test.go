package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

func TestTheLimitByBuyerCountsEachBuyerAlone(t *testing.T) {
	t.Parallel()
	cfg, _, l := stubConfig(t)
	cfg.PerBuyerRPS, cfg.PerBuyerBurst = 0.5, 3
	clock := &movable{}
	now := time.Now()
	cfg.Clock = func() time.Time { return now.Add(time.Duration(clock.ahead.Load())) } // stands still
	l.order = func(seckill.ID) (seckill.Order, error) { return sampleOrder(7, seckill.OrderPaid), nil }
	s := serverOf(t, cfg)
	alice, bob := as(t, "alice"), as(t, "bob")
	for range 3 {
		require.Equal(t, 200, call(t, s, "GET", "/api/v1/orders/7", nil, alice).status)
	}
	a := call(t, s, "GET", "/api/v1/orders/7", nil, alice)
	require.Equal(t, 429, a.status)
	require.Equal(t, "rate_limited", a.code())
	require.Equal(t, "2", a.header.Get("Retry-After"))
	require.Equal(t, 404, call(t, s, "GET", "/api/v1/orders/7", nil, bob).status, "not bob's order, but he got through")
	clock.add(2 * time.Second)
	require.Equal(t, 200, call(t, s, "GET", "/api/v1/orders/7", nil, alice).status, "who waits as told gets in")
	require.Equal(t, 429, call(t, s, "GET", "/api/v1/orders/7", nil, alice).status, "refusals used nothing up, and gave nothing")
}

// from sends a GET from an address and gives the status.
func from(s *web.Server, remote, path string, headers ...string) int {
	req := httptest.NewRequest("GET", path, nil)
	req.RemoteAddr = remote
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, req)
	return rec.Code
}

func TestTheLimitByAddressIsForTheBuyersAPIAlone(t *testing.T) {
	t.Parallel()
	cfg, _, _ := stubConfig(t)
	cfg.PerIPRPS, cfg.PerIPBurst = 0.001, 2
	s := serverOf(t, cfg)
	for range 2 {
		require.Equal(t, 200, from(s, "192.0.2.1:1000", "/api/v1/time"))
	}
	require.Equal(t, 429, from(s, "192.0.2.1:1001", "/api/v1/time"), "another port is no other client")
	require.Equal(t, 200, from(s, "192.0.2.2:1000", "/api/v1/time"))
	require.Equal(t, 200, from(s, "192.0.2.1:1000", "/healthz"))
	require.Equal(t, 401, from(s, "192.0.2.1:1000", "/api/v1/admin/sales"), "operators have no such limit")
}

// Each press at the stand-in gateway is recorded for good.
func TestButtonsOfTheStandInGatewayAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	s := newStubbed(t, func(c *web.Config) {
		c.PerIPRPS, c.PerIPBurst = 0.001, 1
		c.MockPay = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	})
	press := func(method, path string) int {
		rec := httptest.NewRecorder()
		s.Handler().ServeHTTP(rec, httptest.NewRequest(method, path, nil))
		return rec.Code
	}
	require.Equal(t, 200, press("POST", "/mock-pay/pay_1"))
	require.Equal(t, 429, press("POST", "/mock-pay/pay_1"))
	require.Equal(t, 200, press("GET", "/mock-pay/pay_1"))
	require.Equal(t, 200, press("POST", "/mock-pay/api/refunds"), "the worker's calls are signed")
}

func TestWrongSignaturesAreLimitedAndNoProviderIsLockedOut(t *testing.T) {
	t.Parallel()
	cfg, _, l := stubConfig(t)
	now := time.Now()
	cfg.Clock = func() time.Time { return now }
	l.sale = func(seckill.ID) (seckill.Sale, error) { return liveSale(), nil }
	l.apply = func(seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
		return seckill.PaymentDuplicate, seckill.Order{}, nil
	}
	s := serverOf(t, cfg)
	for range 100 {
		require.Equal(t, 401, call(t, s, "POST", webhookPath, "{}").status)
	}
	require.Equal(t, 429, call(t, s, "POST", webhookPath, "{}").status)
	body := paymentBody("payment.succeeded", "pay_1", "7", 19900, "CNY")
	require.Equal(t, 200, call(t, s, "POST", webhookPath, body, callback(t, "e1", body, now)...).status)
	require.Equal(t, 200, call(t, s, "GET", "/api/v1/admin/sales/7", nil, admin).status, "operators are counted apart")
}
