package web_test

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/web"
)

// Whoever can make the service write a line for each request fills its disk.
func TestWhatAnybodyCanSendFillsNoLog(t *testing.T) {
	t.Parallel()
	cfg, _, _ := webtest.StubConfig(t)
	var log bytes.Buffer
	clock := testkit.NewClock(time.Now())
	cfg.Logger, cfg.Clock = slog.New(slog.NewTextHandler(&log, nil)), clock.Now
	cfg.Registry = prometheus.NewRegistry()
	s := webtest.NewServer(t, cfg)
	ops := web.NewOps(web.OpsConfig{Registry: cfg.Registry}).Handler()
	good := webtest.PaymentBody("payment.succeeded", "pay_1", "77", 100, "CNY")
	flood := func() {
		for range 20 {
			webtest.Call(t, s, "POST", webtest.WebhookPath, good)
			webtest.Call(t, s, "POST", webtest.WebhookPath, good, webtest.Callback(t, "e1", good+" ", clock.Now())...)
			webtest.Call(t, s, "POST", webtest.WebhookPath, good, webtest.Callback(t, "e1", good, clock.Now().Add(-time.Hour))...)
			webtest.Call(t, s, "POST", webtest.WebhookPath, strings.Repeat("x", 64<<10+1))
			webtest.Call(t, s, "POST", "/webhooks/payments/nobody", good)
			webtest.Call(t, s, "POST", "/api/v1/sales/7/orders", "{", "Authorization: Bearer x")
			webtest.Call(t, s, "GET", "/api/v1/orders", nil)
			webtest.Call(t, s, "POST", "/api/v1/demo/login", "{")
			webtest.Call(t, s, "POST", "/api/v1/nothing", "{")
			webtest.Call(t, s, "DELETE", "/api/v1/time", nil)
		}
	}
	flood()
	require.Equal(t, 2, strings.Count(log.String(), "\n"), "%s", log.String())
	require.Contains(t, log.String(), "buyers' tokens are refused")
	require.Contains(t, log.String(), "payment callbacks are not believed")
	require.Contains(t, log.String(), "why=unsigned")
	require.Contains(t, log.String(), "ip=192.0.2.1")

	log.Reset()
	clock.Advance(time.Minute)
	flood()
	require.Equal(t, 2, strings.Count(log.String(), "\n"), "%s", log.String())
	require.Contains(t, log.String(), "left_out_before=99")
	require.Contains(t, log.String(), "left_out_before=19")
	text := get(ops, "/metrics").Body.String()
	for _, why := range []string{"unsigned", "signature", "stale", "body", "provider"} {
		require.Contains(t, text, `seckill_payment_callbacks_total{outcome="`+why+`"} 40`+"\n")
	}
	require.Contains(t, text, `seckill_payment_callbacks_total{outcome="malformed"} 0`+"\n", "an alert needs the 0 to see the 1")

	log.Reset()
	for i := range 40 {
		webtest.Call(t, s, "POST", "/api/v1/admin/sales", "{}", "Authorization: Bearer "+strconv.Itoa(i))
	}
	require.LessOrEqual(t, strings.Count(log.String(), "\n"), 1, "%s", log.String())
}
