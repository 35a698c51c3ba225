package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

func TestEveryCodeHasItsStatusTitleAndExtras(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 11, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		err    *seckill.Error
		status int
		title  string
		extra  map[string]any
		retry  string
	}{
		{&seckill.Error{Code: seckill.CodeInvalidRequest, Fields: []seckill.FieldError{{Field: "f", Reason: "r"}}}, 400, "Invalid request",
			map[string]any{"errors": []any{map[string]any{"field": "f", "reason": "r"}}}, ""},
		{&seckill.Error{Code: seckill.CodeUnauthorized}, 401, "Unauthorized", nil, ""},
		{&seckill.Error{Code: seckill.CodeForbidden}, 403, "Forbidden", nil, ""},
		{&seckill.Error{Code: seckill.CodeChallengeRequired}, 403, "Challenge required", nil, ""},
		{&seckill.Error{Code: seckill.CodeNotStarted, At: at, RetryAfter: 1500 * time.Millisecond}, 403, "Not started",
			map[string]any{"starts_at": "2026-11-11T10:00:00.000Z"}, "2"},
		{&seckill.Error{Code: seckill.CodeNotStarted, At: at}, 403, "Not started", map[string]any{"starts_at": "2026-11-11T10:00:00.000Z"}, "1"},
		{&seckill.Error{Code: seckill.CodeNotFound}, 404, "Not found", nil, ""},
		{&seckill.Error{Code: seckill.CodeSoldOut}, 409, "Sold out", nil, ""},
		{&seckill.Error{Code: seckill.CodeLimitExceeded, OrderID: 77}, 409, "Limit exceeded", map[string]any{"order_id": "77"}, ""},
		{&seckill.Error{Code: seckill.CodeConflict, State: "paid"}, 409, "Conflict", map[string]any{"state": "paid"}, ""},
		{&seckill.Error{Code: seckill.CodeEnded, At: at}, 410, "Ended", map[string]any{"ended_at": "2026-11-11T10:00:00.000Z"}, ""},
		{&seckill.Error{Code: seckill.CodeRateLimited, RetryAfter: 3 * time.Second}, 429, "Too many requests", nil, "3"},
		{&seckill.Error{Code: seckill.CodeUnavailable}, 503, "Unavailable", nil, "1"},
		{&seckill.Error{Code: seckill.CodeInternal, Detail: "the inside"}, 500, "Internal error", nil, ""},
		{&seckill.Error{Code: "made_up", Detail: "the inside"}, 500, "Internal error", nil, ""},
	} {
		t.Run(string(c.err.Code), func(t *testing.T) {
			t.Parallel()
			cfg, g, _ := webtest.StubConfig(t)
			if c.err.Detail == "" {
				c.err.Detail = "in words"
			}
			c.err.Cause = errors.New("password=hunter2")
			now := at.Add(-500 * time.Millisecond)
			cfg.Clock = func() time.Time { return now }
			g.OnNow = func() (time.Time, error) { return now, nil }
			g.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
			g.OnAdmit = func(seckill.Request) (seckill.Admission, error) { return seckill.Admission{}, c.err }
			s := webtest.NewServer(t, cfg)
			a := webtest.Call(t, s, "POST", "/api/v1/sales/7/orders", webtest.Lines(1), "Authorization: Bearer "+webtest.Login(t, s, "alice"))
			require.Equal(t, c.status, a.Status, "%s", a.Body)
			require.Equal(t, c.title, a.JSON["title"])
			require.Equal(t, "about:blank", a.JSON["type"])
			require.Equal(t, c.retry, a.Header.Get("Retry-After"))
			for name, value := range c.extra {
				require.Equal(t, value, a.JSON[name], name)
			}
			require.NotContains(t, string(a.Body), "hunter2")
			if c.status == 500 {
				require.Equal(t, "internal", a.Code())
				require.NotContains(t, string(a.Body), "inside")
			} else {
				require.EqualValues(t, c.err.Code, a.Code())
				want := "In words." // a sentence, whoever wrote it
				if len(c.err.Fields) > 0 {
					want = "in words" // as it begins with the field's name
				}
				require.Equal(t, want, a.JSON["detail"])
			}
		})
	}
}

func TestUnknownErrorsAndPanicsAreInternalAndLoggedWithTheRequestID(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(seckill.ID) (seckill.Order, error){
		"error": func(seckill.ID) (seckill.Order, error) { return seckill.Order{}, errors.New("table orders is gone") },
		"panic": func(seckill.ID) (seckill.Order, error) { panic("table orders is gone") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _, l := webtest.StubConfig(t)
			var log bytes.Buffer
			cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			l.OnOrder = order
			token := webtest.As(t, "alice")
			a := webtest.Call(t, webtest.NewServer(t, cfg), "GET", "/api/v1/orders/7?secret=in-the-query", nil, token, "X-Request-Id: my-request.1")
			require.Equal(t, 500, a.Status)
			require.Equal(t, "internal", a.Code())
			require.Equal(t, "my-request.1", a.JSON["request_id"])
			require.NotContains(t, string(a.Body), "gone")
			require.Contains(t, log.String(), "table orders is gone")
			require.Contains(t, log.String(), `"request_id":"my-request.1"`)
			require.NotContains(t, log.String(), "in-the-query")
			require.NotContains(t, log.String(), strings.TrimPrefix(token, "Authorization: Bearer "))
		})
	}
}

func TestTimeoutsAreUnavailableNotInternal(t *testing.T) {
	t.Parallel()
	cfg, g, _ := webtest.StubConfig(t)
	g.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	s := webtest.NewServer(t, cfg)
	for _, err := range []error{context.DeadlineExceeded, seckill.ErrOutcomeUnknown} {
		g.OnAdmit = func(seckill.Request) (seckill.Admission, error) { return seckill.Admission{}, err }
		a := webtest.Call(t, s, "POST", "/api/v1/sales/7/orders", webtest.Lines(1), webtest.As(t, "alice"))
		require.Equal(t, 503, a.Status)
		require.Equal(t, "1", a.Header.Get("Retry-After"))
	}
}

func TestRequestIDsOfOddFormAreReplaced(t *testing.T) {
	t.Parallel()
	s := webtest.NewStubbed(t)
	seen := map[string]bool{}
	for _, given := range []string{"", "a b", "a\tb", strings.Repeat("x", 65), "<script>"} {
		id := webtest.Call(t, s, "GET", "/healthz", nil, "X-Request-Id: "+given).Header.Get("X-Request-Id")
		require.NotEmpty(t, id)
		require.NotEqual(t, given, id)
		require.False(t, seen[id])
		seen[id] = true
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := webtest.NewStubbed(t)
	for _, path := range []string{"/", "/nothing", "/api", "/api/v1/nothing", "/api/v1/sales/7/", "/api/v1//sales", "/webhooks/payments", "/mock-pay/x"} {
		a := webtest.Call(t, s, "GET", path, nil)
		require.Equal(t, 404, a.Status, path)
		require.Equal(t, "not_found", a.Code(), path)
	}
	for call_, allow := range map[string]string{
		"DELETE /api/v1/sales": "GET, HEAD", "PUT /api/v1/sales/7/orders": "POST", "GET /webhooks/payments/standard": "POST",
		"PATCH /api/v1/admin/sales/7": "GET, PUT", "POST /healthz": "GET, HEAD", "BREW /api/v1/time": "GET, HEAD",
	} {
		method, path, _ := strings.Cut(call_, " ")
		a := webtest.Call(t, s, method, path, nil)
		require.Equal(t, 405, a.Status, call_)
		require.Equal(t, "invalid_request", a.Code())
		require.Equal(t, allow, a.Header.Get("Allow"), call_)
	}
}

func TestPublicSalesOutliveSQLAndSayPausedWithoutRedis(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	down := seckill.Unavailable(errors.New("down"), "down")
	l.OnSale = func(seckill.ID) (seckill.Sale, error) { return seckill.Sale{}, down }
	l.OnSales = func(ledger.SaleQuery) ([]seckill.Sale, error) { return nil, down }
	g.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	g.OnSales = func() ([]gate.ActiveSale, error) { return []gate.ActiveSale{{ID: 7}}, nil }
	g.OnCounters = func(seckill.ID) (map[string]gate.Counters, error) {
		return map[string]gate.Counters{"phone-1": {Total: 12, Available: 3}}, nil
	}
	s := webtest.NewServer(t, cfg)
	a := webtest.Call(t, s, "GET", "/api/v1/sales/7", nil)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, "live", a.JSON["status"])
	item := a.JSON["items"].([]any)[0].(map[string]any)
	require.EqualValues(t, 3, item["available"])
	require.EqualValues(t, 12, item["stock"], "the newer total")
	require.Len(t, webtest.Call(t, s, "GET", "/api/v1/sales", nil).JSON["sales"], 1)

	cfg.Registry = nil
	g.OnCounters = func(seckill.ID) (map[string]gate.Counters, error) { return nil, down }
	l.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	a = webtest.Call(t, webtest.NewServer(t, cfg), "GET", "/api/v1/sales/7", nil)
	require.Equal(t, "paused", a.JSON["status"])

	cfg.Registry = nil
	l.OnSale = func(seckill.ID) (seckill.Sale, error) { return seckill.Sale{}, down }
	g.OnSale = func(seckill.ID) (seckill.Sale, error) { return seckill.Sale{}, down }
	g.OnSales = func() ([]gate.ActiveSale, error) { return nil, down }
	s = webtest.NewServer(t, cfg)
	require.Equal(t, 503, webtest.Call(t, s, "GET", "/api/v1/sales/7", nil).Status)
	require.Equal(t, 503, webtest.Call(t, s, "GET", "/api/v1/sales", nil).Status)
}

func TestSalesAreListedByUrgencyAndOldOnesLeftOut(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	sale := func(id seckill.ID, from, to time.Duration) seckill.Sale {
		s := webtest.LiveSale()
		s.ID, s.StartsAt, s.EndsAt = id, time.Now().Add(from), time.Now().Add(to)
		return s
	}
	l.OnSales = func(q ledger.SaleQuery) ([]seckill.Sale, error) {
		require.NotContains(t, q.States, seckill.SaleDraft)
		return []seckill.Sale{sale(1, -50*time.Hour, -25*time.Hour), sale(2, -3*time.Hour, -2*time.Hour), sale(3, 2*time.Hour, 3*time.Hour),
			sale(4, -time.Hour, time.Hour), sale(5, time.Hour, 2*time.Hour), sale(6, -2*time.Hour, -time.Hour)}, nil
	}
	g.OnCounters = func(seckill.ID) (map[string]gate.Counters, error) {
		return map[string]gate.Counters{"phone-1": {Total: 1, Available: 1}}, nil
	}
	var got []string
	for _, s := range webtest.Call(t, webtest.NewServer(t, cfg), "GET", "/api/v1/sales", nil).JSON["sales"].([]any) {
		got = append(got, s.(map[string]any)["id"].(string)+" "+s.(map[string]any)["status"].(string))
	}
	require.Equal(t, []string{"4 live", "5 upcoming", "3 upcoming", "6 ended", "2 ended"}, got)
}

func TestTheTimeIsRedis(t *testing.T) {
	t.Parallel()
	cfg, g, _ := webtest.StubConfig(t)
	g.OnNow = func() (time.Time, error) { return time.Now().Add(90 * time.Second), nil }
	s := webtest.NewServer(t, cfg)
	ms := webtest.Call(t, s, "GET", "/api/v1/time", nil).JSON["unix_ms"].(float64)
	require.InDelta(t, float64(time.Now().Add(90*time.Second).UnixMilli()), ms, 5_000)
	g.OnNow = func() (time.Time, error) { return time.Time{}, errors.New("down") }
	clock := testkit.NewClock(time.Now())
	cfg.Registry = nil
	cfg.Clock = clock.Now
	require.Equal(t, 200, webtest.Call(t, webtest.NewServer(t, cfg), "GET", "/api/v1/time", nil).Status, "the own clock is better than none")
}

func TestTheConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*webtest.Config){
		"no gate":              func(c *webtest.Config) { c.Gate = nil },
		"no ledger":            func(c *webtest.Config) { c.Ledger = nil },
		"no ids":               func(c *webtest.Config) { c.IDs = nil },
		"no key for tokens":    func(c *webtest.Config) { c.HS256Secret, c.DemoLogin = nil, false },
		"short secret":         func(c *webtest.Config) { c.HS256Secret = []byte("short") },
		"demo without secret":  func(c *webtest.Config) { c.HS256Secret, c.JWKSURL = nil, "https://login.example/jwks" },
		"JWKS over http":       func(c *webtest.Config) { c.JWKSURL = "http://login.example/jwks" },
		"JWKS no address":      func(c *webtest.Config) { c.JWKSURL = "jwks" },
		"no admin token":       func(c *webtest.Config) { c.AdminToken = "" },
		"short admin token":    func(c *webtest.Config) { c.AdminToken = "admin" },
		"admin token of words": func(c *webtest.Config) { c.AdminToken = "an admin token of words" },
		"unknown ack":          func(c *webtest.Config) { c.Ack = "later" },
		"wait too long":        func(c *webtest.Config) { c.SettledWait = time.Minute },
		"negative rate":        func(c *webtest.Config) { c.PerIPRPS = -1 },
		"rate without burst":   func(c *webtest.Config) { c.PerBuyerRPS = 5 },
		"proxy no address":     func(c *webtest.Config) { c.TrustedProxies = []string{"proxy"} },
		"provider twice":       func(c *webtest.Config) { c.Providers = append(c.Providers, c.Providers[0]) },
		"provider nil":         func(c *webtest.Config) { c.Providers = []webtest.Provider{nil} },
		"negative share":       func(c *webtest.Config) { c.StreamsPerIP = -1 },
		"negative life":        func(c *webtest.Config) { c.MaxTokenLife = -1 },
		"negative bound":       func(c *webtest.Config) { c.MaxStreams = -1 },
	} {
		cfg, _, _ := webtest.StubConfig(t)
		change(&cfg)
		_, err := webtest.New(cfg)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), webtest.HS256Secret)
	}
}
