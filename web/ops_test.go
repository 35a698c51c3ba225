package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r := httptest.NewRequest("GET", path, nil)
	r.Host = "127.0.0.1:9090"
	h.ServeHTTP(rec, r)
	return rec
}

// However many profiles are asked for, one is taken, and probes and scrapes go on.
func TestProfilesLeaveRoomForProbes(t *testing.T) {
	t.Parallel()
	ops := web.NewOps(web.OpsConfig{Registry: prometheus.NewRegistry(), Readiness: web.NewReadiness(nil, time.Now, webtest.Quiet())}).Handler()
	ctx, end := context.WithCancel(t.Context())
	var taken sync.WaitGroup
	taken.Go(func() {
		ops.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "http://localhost/debug/pprof/heap?seconds=300", nil))
	})
	another := func(code int) func() bool {
		return func() bool { return get(ops, "/debug/pprof/cmdline").Code == code }
	}
	require.Eventually(t, another(429), webtest.Deadline, time.Millisecond)
	for range 100 {
		rec := get(ops, "/debug/pprof/profile?seconds=30") // answered at once
		require.Equal(t, 429, rec.Code)
		require.NotEmpty(t, rec.Header().Get("Retry-After"))
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		require.Equal(t, 200, get(ops, path).Code, path)
	}
	end()
	taken.Wait()
	require.True(t, another(200)(), "the next one")
	for _, seconds := range []string{"301", "1e9", "-1", "NaN", "x"} {
		require.Equal(t, 400, get(ops, "/debug/pprof/profile?seconds="+seconds).Code, seconds)
	}
}

// A page on the internet can make its own name mean this machine, and have a browser
// that reaches the port ask.
func TestMetricsAreNotForWhoeverNamesThePortHisOwn(t *testing.T) {
	t.Parallel()
	ops := web.NewOps(web.OpsConfig{Registry: prometheus.NewRegistry(), Readiness: web.NewReadiness(nil, time.Now, webtest.Quiet()),
		Hosts: []string{"ops.shop.example"}}).Handler()
	for host, code := range map[string]int{
		"127.0.0.1:9090": 200, "[::1]:9090": 200, "10.1.2.3": 200, "localhost:9090": 200, "web:9090": 200, "": 200,
		"ops.shop.example:9090": 200, "OPS.shop.example.": 200,
		"evil.example": 403, "evil.example.:9090": 403, "shop.example:9090": 403, "127.0.0.1.evil.example": 403, "[::1].evil.example": 403,
	} {
		for path, code := range map[string]int{"/metrics": code, "/debug/pprof/cmdline": code, "/livez": 200, "/readyz": 200} {
			rec, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
			r.Host = host
			ops.ServeHTTP(rec, r)
			require.Equal(t, code, rec.Code, "%s of %s", path, host)
		}
	}
}

func TestReadinessNamesWhatIsNotReady(t *testing.T) {
	t.Parallel()
	var sql error
	clock := testkit.NewClock(time.Now())
	checks := web.Checks{
		"redis": func(context.Context) error { return nil },
		"sql":   func(context.Context) error { return sql },
	}
	ops := web.NewOps(web.OpsConfig{Registry: prometheus.NewRegistry(), Readiness: web.NewReadiness(checks, clock.Now, webtest.Quiet())})
	ready := func() (int, map[string]any) {
		clock.Advance(time.Second)
		rec := get(ops.Handler(), "/readyz")
		var body map[string]any
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &body))
		return rec.Code, body
	}
	code, body := ready()
	require.Equal(t, 200, code)
	require.Equal(t, "ok", body["status"])
	sql = errors.New("dial tcp 10.0.0.5: refused")
	code, body = ready()
	require.Equal(t, 503, code)
	require.Equal(t, []any{"sql"}, body["not_ready"])
	require.Equal(t, map[string]any{"redis": "ok", "sql": "failed"}, body["checks"])
	sql = nil
	ops.SetDraining()
	code, body = ready()
	require.Equal(t, 503, code)
	require.Equal(t, "draining", body["status"])
	require.Equal(t, 200, get(ops.Handler(), "/livez").Code, "it lives, though")
}

func TestAStoreThatRefusesWritesIsNamedEverywhere(t *testing.T) {
	t.Parallel()
	full := &seckill.WriteRefusal{Why: "out of memory", Cause: errors.New("OOM command not allowed at 10.0.0.5")}
	checks := web.Checks{
		"redis": func(context.Context) error { return full },
		"mysql": func(context.Context) error { return nil },
	}
	for mayRefuse, want := range map[bool]struct {
		code int
		body string
	}{
		false: {503, `{"status":"not_ready","not_ready":["redis"],"refusing":["redis"],"checks":{"mysql":"ok","redis":"refuses writes: out of memory"}}`},
		true:  {200, `{"status":"refusing","refusing":["redis"],"checks":{"mysql":"ok","redis":"refuses writes: out of memory"}}`},
	} {
		ready := web.NewReadiness(checks, time.Now, webtest.Quiet())
		registry := prometheus.NewRegistry()
		registry.MustRegister(ready)
		ops := web.NewOps(web.OpsConfig{Registry: registry, Readiness: ready, MayRefuse: mayRefuse}).Handler()
		rec := get(ops, "/readyz")
		require.Equal(t, want.code, rec.Code)
		require.JSONEq(t, want.body, rec.Body.String())
		text := get(ops, "/metrics").Body.String()
		require.Contains(t, text, `seckill_ready{check="redis"} 0`+"\n")
		require.Contains(t, text, `seckill_ready{check="mysql"} 1`+"\n")
	}
}

func TestAFloodOfProbesAsksTheStoresOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	clock := testkit.NewClock(time.Now())
	ready := web.NewReadiness(web.Checks{"redis": func(context.Context) error { asked.Add(1); return nil }}, clock.Now, webtest.Quiet())
	ops := web.NewOps(web.OpsConfig{Registry: prometheus.NewRegistry(), Readiness: ready}).Handler()
	var probers sync.WaitGroup
	for range 100 {
		probers.Go(func() { get(ops, "/readyz") })
	}
	probers.Wait()
	require.EqualValues(t, 1, asked.Load())
	clock.Advance(time.Second)
	get(ops, "/readyz")
	require.EqualValues(t, 2, asked.Load())
}

func TestMetricsAndProfilesAreOnTheOperationsPortAlone(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	ops := web.NewOps(web.OpsConfig{Registry: registry, Readiness: web.NewReadiness(nil, time.Now, webtest.Quiet())}).Handler()
	s := webtest.NewShop(t, func(c *webtest.Config) { c.Registry = registry })
	sale := s.Open(webtest.Draft(1, 1))
	s.MustBuy(sale, "alice", "Idempotency-Key: k")
	s.Buy(sale, "alice", 1, "Idempotency-Key: k")
	s.Buy(sale, "bob", 1)
	s.Call("BREW", "/api/v1/time", nil)
	text := get(ops, "/metrics").Body.String()
	for _, line := range []string{
		`seckill_admissions_total{outcome="admitted"} 1`,
		`seckill_admissions_total{outcome="repeated"} 1`,
		`seckill_admissions_total{outcome="sold_out"} 1`,
		`seckill_http_requests_total{code="202",method="POST",route="/api/v1/sales/:sale/orders"} 1`,
		`seckill_http_requests_total{code="405",method="other",route="other"} 1`,
		`seckill_sse_streams{of="dashboard"} 0`, `seckill_sse_streams{of="order"} 0`, `seckill_sse_streams{of="sale"} 0`,
	} {
		require.Contains(t, text, line+"\n")
	}
	require.NotContains(t, text, sale, "no id becomes a label")
	require.Equal(t, 200, get(ops, "/debug/pprof/").Code)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/readyz", "/livez"} {
		require.Equal(t, 404, get(s.Server.Handler(), path).Code, path)
	}
}

func TestPagesAreServedAndAPIsAreNot(t *testing.T) {
	t.Parallel()
	page := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(text + r.URL.Path)) })
	}
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.UI, c.MockPay = page("ui "), page("pay ") })
	for path, want := range map[string]string{"/": "ui /", "/sales/7": "ui /sales/7", "/assets/x.js": "ui /assets/x.js", "/mock-pay/pay_1": "pay /mock-pay/pay_1"} {
		rec := get(s.Handler(), path)
		require.Equal(t, 200, rec.Code, path)
		require.Equal(t, want, rec.Body.String())
		policy := rec.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'self'")
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", rec.Header().Get("X-Content-Type-Options"))
	}
	require.Equal(t, 404, get(s.Handler(), "/api/v2/x").Code)
	require.Equal(t, 404, webtest.Call(t, s, "POST", "/", nil).Status)
}

// Every route stands in the contract, and nothing stands there that is no route.
func TestRoutesAndContractAreTheSame(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	paths := regexp.MustCompile(`(?m)^  (/\S+):$`).FindAllStringSubmatch(string(file), -1)
	inFile := map[string]bool{}
	for _, p := range paths {
		inFile[p[1]] = true
	}
	routed := map[string]bool{}
	for _, r := range webtest.NewStubbed(t).Routes() {
		_, path, _ := strings.Cut(r, " ")
		routed[regexp.MustCompile(`[:*](\w+)`).ReplaceAllString(path, "{$1}")] = true
	}
	require.Equal(t, inFile, routed)
}
