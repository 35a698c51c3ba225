package token_test

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// alice is a good set of claims with changes; nil takes a claim out.
func alice(changes jwt.MapClaims) jwt.MapClaims {
	claims := jwt.MapClaims{"sub": "alice", "exp": time.Now().Add(time.Hour).Unix()}
	for k, v := range changes {
		if claims[k] = v; v == nil {
			delete(claims, k)
		}
	}
	return claims
}

func TestEveryBadTokenIsUnauthorized(t *testing.T) {
	t.Parallel()
	s := webtest.NewStubbed(t)
	hs := func(changes jwt.MapClaims) string {
		return webtest.Signed(t, jwt.SigningMethodHS256, []byte(webtest.HS256Secret), alice(changes))
	}
	good := hs(nil)
	part := strings.Split(good, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	for name, header := range map[string][]string{
		"none":                {},
		"empty":               {"Authorization: Bearer "},
		"no scheme":           {"Authorization: " + good},
		"other scheme":        {"Authorization: Basic " + good},
		"twice":               {"Authorization: Bearer " + good, "Authorization: Bearer " + good},
		"no token":            {"Authorization: Bearer abc"},
		"expired":             {"Authorization: Bearer " + hs(jwt.MapClaims{"exp": time.Now().Add(-2 * time.Second).Unix()})},
		"no exp":              {"Authorization: Bearer " + hs(jwt.MapClaims{"exp": nil})},
		"exp as text":         {"Authorization: Bearer " + hs(jwt.MapClaims{"exp": "tomorrow"})},
		"not yet valid":       {"Authorization: Bearer " + hs(jwt.MapClaims{"nbf": time.Now().Add(time.Hour).Unix()})},
		"no sub":              {"Authorization: Bearer " + hs(jwt.MapClaims{"sub": nil})},
		"empty sub":           {"Authorization: Bearer " + hs(jwt.MapClaims{"sub": ""})},
		"sub too long":        {"Authorization: Bearer " + hs(jwt.MapClaims{"sub": strings.Repeat("a", 65)})},
		"sub with newline":    {"Authorization: Bearer " + hs(jwt.MapClaims{"sub": "a\nb"})},
		"sub a number":        {"Authorization: Bearer " + hs(jwt.MapClaims{"sub": 7})},
		"other secret":        {"Authorization: Bearer " + webtest.Signed(t, jwt.SigningMethodHS256, []byte("another-secret-of-more-than-32-bytes"), alice(nil))},
		"HS512":               {"Authorization: Bearer " + webtest.Signed(t, jwt.SigningMethodHS512, []byte(webtest.HS256Secret), alice(nil))},
		"alg none":            {"Authorization: Bearer " + webtest.Signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, alice(nil))},
		"alg none, signature": {"Authorization: Bearer " + b64([]byte(`{"alg":"none"}`)) + "." + part[1] + "." + part[2]},
		"alg nOnE":            {"Authorization: Bearer " + b64([]byte(`{"alg":"nOnE"}`)) + "." + part[1] + "."},
		"claims changed":      {"Authorization: Bearer " + part[0] + "." + b64([]byte(`{"sub":"bob","exp":9999999999}`)) + "." + part[2]},
		"no signature":        {"Authorization: Bearer " + part[0] + "." + part[1] + "."},
		"in the address only": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := webtest.Call(t, s, "GET", "/api/v1/orders?access_token="+good, nil, header...)
			require.Equal(t, 401, a.Status, "%s", a.Body)
			require.Equal(t, "unauthorized", a.Code())
			require.Equal(t, "Bearer", a.Header.Get("WWW-Authenticate"))
		})
	}
}

// The clocks of a shop and of this service are never quite the same, and many logins say
// that a token is good from the very second in which they sign it.
func TestATokenIsTakenAMinuteBeforeItBeginsAndNotASecondAfterItsEnd(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock(time.Now())
	s := identified(t, func(c *webtest.Config) { c.Clock = clock.Now })
	ahead := func(claim string, d time.Duration) int {
		return status(t, s, webtest.Signed(t, jwt.SigningMethodHS256, []byte(webtest.HS256Secret), alice(jwt.MapClaims{claim: clock.Now().Add(d).Unix()})))
	}
	require.Equal(t, 200, ahead("nbf", 59*time.Second))
	require.Equal(t, 401, ahead("nbf", 62*time.Second))
	require.Equal(t, 200, ahead("iat", time.Hour), "nothing follows from when it was signed")
	require.Equal(t, 401, ahead("exp", 0))
	require.Equal(t, 200, ahead("exp", 2*time.Second))
}

// Whoever is on duty when everybody is asked to sign in has to know why.
func TestOperatorsAreToldWhyTokensAreRefused(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	i := newIDP(t, rsaJWK("r", rsaKey()))
	cfg, _, _ := webtest.StubConfig(t)
	clock := testkit.NewClock(time.Now())
	cfg.Logger, cfg.Clock, cfg.Registry = slog.New(slog.NewTextHandler(&log, nil)), clock.Now, prometheus.NewRegistry()
	cfg.Issuer, cfg.Audience, cfg.JWKSURL = "https://login.example", "shop", i.URL
	s := webtest.NewServer(t, cfg)
	hs := func(changes jwt.MapClaims) string {
		claims := alice(jwt.MapClaims{"iss": "https://login.example", "aud": "shop"})
		for k, v := range changes {
			if claims[k] = v; v == nil {
				delete(claims, k)
			}
		}
		return "Authorization: Bearer " + webtest.Signed(t, jwt.SigningMethodHS256, []byte(webtest.HS256Secret), claims)
	}
	for why, headers := range map[string][]string{
		"missing":   {},
		"twice":     {hs(nil), hs(nil)},
		"malformed": {"Authorization: Bearer abc"},
		"signature": {"Authorization: Bearer " + webtest.Signed(t, jwt.SigningMethodHS256, []byte("another-secret-of-more-than-32-bytes"), alice(nil))},
		"key":       {"Authorization: Bearer " + tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "x")},
		"claim":     {hs(jwt.MapClaims{"exp": nil})},
		"expired":   {hs(jwt.MapClaims{"exp": clock.Now().Add(-time.Second).Unix()})},
		"early":     {hs(jwt.MapClaims{"nbf": clock.Now().Add(time.Hour).Unix()})},
		"lifetime":  {hs(jwt.MapClaims{"exp": clock.Now().Add(48 * time.Hour).Unix()})},
		"issuer":    {hs(jwt.MapClaims{"iss": "https://test.login.example"})},
		"audience":  {hs(jwt.MapClaims{"aud": "bank"})},
		"buyer":     {hs(jwt.MapClaims{"sub": "seckill:bench-1"})},
	} {
		log.Reset()
		var a webtest.Answer
		for range 3 {
			a = webtest.Call(t, s, "GET", "/api/v1/orders", nil, headers...)
			require.Equal(t, 401, a.Status, why)
		}
		rec := httptest.NewRecorder()
		web.NewOps(web.OpsConfig{Registry: cfg.Registry}).Handler().ServeHTTP(rec, httptest.NewRequest("GET", "http://localhost/metrics", nil))
		require.Contains(t, rec.Body.String(), `seckill_tokens_refused_total{why="`+why+`"} 3`+"\n")
		if why == "missing" || why == "expired" {
			require.Empty(t, log.String(), "every day has those")
			continue
		}
		require.Equal(t, 1, strings.Count(log.String(), "\n"), "%s", log.String())
		require.Contains(t, log.String(), `msg="buyers' tokens are refused" why=`+why+" ip=192.0.2.1")
		if why == "twice" {
			require.Contains(t, a.JSON["detail"], "more than one Authorization header")
		}
	}
}

// The signature of a token is not looked at each time; its end and its every letter
// are.
func TestATokenThatWasGoodIsTakenUntilItsEndAndNoOtherInItsPlace(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock(time.Now())
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.Clock = clock.Now })
	token := webtest.Signed(t, jwt.SigningMethodHS256, []byte(webtest.HS256Secret), alice(jwt.MapClaims{"exp": clock.Now().Add(30 * time.Second).Unix()}))
	known := status(t, s, token)
	require.NotEqual(t, 401, known)
	require.Equal(t, known, status(t, s, token))
	part := strings.Split(token, ".")
	require.Equal(t, 401, status(t, s, part[0]+"."+part[1]+"."+strings.Repeat("A", len(part[2]))))
	require.Equal(t, 401, status(t, s, token[:len(token)-1]))
	clock.Advance(31 * time.Second)
	require.Equal(t, 401, status(t, s, token))
}

func TestGoodTokensAreTaken(t *testing.T) {
	t.Parallel()
	cfg, _, l := webtest.StubConfig(t)
	l.OnOrder = func(seckill.ID) (seckill.Order, error) {
		o := webtest.SampleOrder(7, seckill.OrderPaid)
		o.Buyer = "小红 " + strings.Repeat("x", 61)
		return o, nil
	}
	token := webtest.Signed(t, jwt.SigningMethodHS256, []byte(webtest.HS256Secret), alice(jwt.MapClaims{"sub": "小红 " + strings.Repeat("x", 61)}))
	for _, scheme := range []string{"Bearer ", "bearer "} {
		a := webtest.Call(t, webtest.NewServer(t, cfg), "GET", "/api/v1/orders/7", nil, "Authorization: "+scheme+token)
		require.Equal(t, 200, a.Status, "%s", a.Body)
		cfg.Registry = nil
	}
}

func TestIssuerAndAudienceAreCheckedWhereSet(t *testing.T) {
	t.Parallel()
	cfg, _, l := webtest.StubConfig(t)
	cfg.Issuer, cfg.Audience = "https://login.example", "shop"
	l.OnOrder = func(seckill.ID) (seckill.Order, error) { return webtest.SampleOrder(7, seckill.OrderPaid), nil }
	s := webtest.NewServer(t, cfg)
	for name, c := range map[string]struct {
		claims jwt.MapClaims
		status int
	}{
		"neither":        {alice(nil), 401},
		"other issuer":   {alice(jwt.MapClaims{"iss": "https://evil.example", "aud": "shop"}), 401},
		"other audience": {alice(jwt.MapClaims{"iss": "https://login.example", "aud": "bank"}), 401},
		"both":           {alice(jwt.MapClaims{"iss": "https://login.example", "aud": []string{"bank", "shop"}}), 200},
	} {
		a := webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, "Authorization: Bearer "+webtest.Signed(t, jwt.SigningMethodHS256, []byte(webtest.HS256Secret), c.claims))
		require.Equal(t, c.status, a.Status, "%s: %s", name, a.Body)
	}
	a := webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, "Authorization: Bearer "+webtest.Login(t, s, "alice"))
	require.Equal(t, 200, a.Status, "a demo token carries them")
}

func TestDemoLogin(t *testing.T) {
	t.Parallel()
	s := webtest.NewStubbed(t)
	for _, body := range []string{`{}`, `{"buyer":""}`, `{"buyer":"` + strings.Repeat("a", 65) + `"}`, `{"buyer":" a"}`, `{"buyer":"a","admin":true}`} {
		require.Equal(t, "invalid_request", webtest.Call(t, s, "POST", "/api/v1/demo/login", body).Code(), body)
	}
	off := webtest.NewStubbed(t, func(c *webtest.Config) { c.DemoLogin = false })
	require.Equal(t, 404, webtest.Call(t, off, "POST", "/api/v1/demo/login", `{"buyer":"alice"}`).Status)
}

func TestAdminCallsNeedTheAdminToken(t *testing.T) {
	t.Parallel()
	cfg, _, l := webtest.StubConfig(t)
	l.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	s := webtest.NewServer(t, cfg)
	calls := []string{"POST /sales", "GET /sales", "GET /sales/7", "PUT /sales/7", "POST /sales/7/preload", "POST /sales/7/pause",
		"POST /sales/7/resume", "POST /sales/7/close", "POST /sales/7/items/a/stock", "GET /sales/7/stats", "GET /sales/7/audit",
		"GET /sales/7/orders", "GET /refunds", "POST /refunds/retry", "GET /dead-letters", "POST /dead-letters/requeue"}
	for i, c := range calls {
		method, path, _ := strings.Cut(c, " ")
		wrong := []string{}
		switch i % 4 {
		case 1:
			wrong = []string{webtest.As(t, "alice")} // a buyer's token is no admin token
		case 2:
			wrong = []string{webtest.Admin + "x"}
		case 3:
			wrong = []string{"Authorization: Bearer " + webtest.AdminToken[:len(webtest.AdminToken)-1]}
		}
		a := webtest.Call(t, s, method, "/api/v1/admin"+path, nil, wrong...)
		require.Equal(t, 401, a.Status, "%s: %s", c, a.Body)
	}
	require.Equal(t, 200, webtest.Call(t, s, "GET", "/api/v1/admin/sales/7", nil, webtest.Admin).Status)
	require.Equal(t, 401, webtest.Call(t, s, "GET", "/api/v1/orders", nil, webtest.Admin).Status, "the admin token is no buyer's")
}
