package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

func TestTheLimitByBuyerCountsEachBuyerAlone(t *testing.T) {
	t.Parallel()
	cfg, _, l := webtest.StubConfig(t)
	cfg.PerBuyerRPS, cfg.PerBuyerBurst = 0.5, 3
	clock := testkit.NewClock(time.Now())
	cfg.Clock = clock.Now
	l.OnOrder = func(seckill.ID) (seckill.Order, error) { return webtest.SampleOrder(7, seckill.OrderPaid), nil }
	s := webtest.NewServer(t, cfg)
	alice, bob := webtest.As(t, "alice"), webtest.As(t, "bob")
	for range 3 {
		require.Equal(t, 200, webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, alice).Status)
	}
	a := webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, alice)
	require.Equal(t, 429, a.Status)
	require.Equal(t, "rate_limited", a.Code())
	require.Equal(t, "2", a.Header.Get("Retry-After"))
	require.Equal(t, 404, webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, bob).Status, "not bob's order, but he got through")
	clock.Advance(2 * time.Second)
	require.Equal(t, 200, webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, alice).Status, "who waits as told gets in")
	require.Equal(t, 429, webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, alice).Status, "refusals used nothing up, and gave nothing")
}

// from sends a GET from an address and gives the status.
func from(s *webtest.Server, remote, path string, headers ...string) int {
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
	cfg, _, _ := webtest.StubConfig(t)
	cfg.PerIPRPS, cfg.PerIPBurst = 0.001, 2
	s := webtest.NewServer(t, cfg)
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
	s := webtest.NewStubbed(t, func(c *webtest.Config) {
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
	cfg, _, l := webtest.StubConfig(t)
	now := time.Now()
	cfg.Clock = func() time.Time { return now }
	l.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	l.OnApplyPayment = func(seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
		return seckill.PaymentDuplicate, seckill.Order{}, nil
	}
	s := webtest.NewServer(t, cfg)
	for range 100 {
		require.Equal(t, 401, webtest.Call(t, s, "POST", webtest.WebhookPath, "{}").Status)
	}
	require.Equal(t, 429, webtest.Call(t, s, "POST", webtest.WebhookPath, "{}").Status)
	body := webtest.PaymentBody("payment.succeeded", "pay_1", "7", 19900, "CNY")
	require.Equal(t, 200, webtest.Call(t, s, "POST", webtest.WebhookPath, body, webtest.Callback(t, "e1", body, now)...).Status)
	require.Equal(t, 200, webtest.Call(t, s, "GET", "/api/v1/admin/sales/7", nil, webtest.Admin).Status, "operators are counted apart")
}
