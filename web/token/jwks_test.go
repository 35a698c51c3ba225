package token_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// Keys are slow to make, so all tests share them.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	otherRSA = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	weakRSA  = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 1024); return k })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k })
)

func rsaJWK(kid string, k *rsa.PrivateKey) map[string]string {
	return map[string]string{"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256",
		"n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
}

func ecJWK(kid string, k *ecdsa.PrivateKey) map[string]string {
	point, _ := k.PublicKey.Bytes()
	return map[string]string{"kty": "EC", "kid": kid, "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// idp is an identity provider's JWKS that a test can change.
type idp struct {
	*httptest.Server
	fetches atomic.Int64
	mu      sync.Mutex
	answer  func(http.ResponseWriter)
}

func newIDP(t *testing.T, keys ...map[string]string) *idp {
	i := &idp{}
	i.publish(keys...)
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.fetches.Add(1)
		i.mu.Lock()
		defer i.mu.Unlock()
		i.answer(w)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *idp) set(answer func(http.ResponseWriter)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = answer
}

func (i *idp) publish(keys ...map[string]string) {
	i.set(func(w http.ResponseWriter) { _ = json.NewEncoder(w).Encode(map[string]any{"keys": keys}) })
}

// jwksServer serves one paid order of alice to whoever proves to be her.
func jwksServer(t *testing.T, i *idp, change func(*webtest.Config)) (*webtest.Server, *testkit.Clock) {
	t.Helper()
	cfg, _, l := webtest.StubConfig(t)
	l.OnOrder = func(seckill.ID) (seckill.Order, error) { return webtest.SampleOrder(7, seckill.OrderPaid), nil }
	cfg.HS256Secret, cfg.DemoLogin, cfg.JWKSURL = nil, false, i.URL
	cfg.MaxTokenLife = 96 * time.Hour // the tokens outlast keys that are not fetched again
	clock := testkit.NewClock(time.Now())
	cfg.Clock = clock.Now
	if change != nil {
		change(&cfg)
	}
	return webtest.NewServer(t, cfg), clock
}

func tokenOf(t *testing.T, method jwt.SigningMethod, key any, kid string) string {
	t.Helper()
	token := jwt.NewWithClaims(method, alice(jwt.MapClaims{"exp": time.Now().Add(72 * time.Hour).Unix()}))
	if kid != "" {
		token.Header["kid"] = kid
	}
	text, err := token.SignedString(key)
	require.NoError(t, err)
	return text
}

func status(t *testing.T, s *webtest.Server, token string) int {
	t.Helper()
	return webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, "Authorization: Bearer "+token).Status
}

func TestJWKSVerifiesRS256AndES256(t *testing.T) {
	t.Parallel()
	i := newIDP(t, rsaJWK("r", rsaKey()), ecJWK("e", ecKey()), map[string]string{"kty": "oct", "kid": "o", "k": b64([]byte("secret"))})
	s, _ := jwksServer(t, i, nil)
	public, err := x509.MarshalPKIXPublicKey(&rsaKey().PublicKey)
	require.NoError(t, err)
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	for name, c := range map[string]struct {
		token  string
		status int
	}{
		"RS256":                         {tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "r"), 200},
		"RS256 without a key id":        {tokenOf(t, jwt.SigningMethodRS256, rsaKey(), ""), 200},
		"ES256":                         {tokenOf(t, jwt.SigningMethodES256, ecKey(), "e"), 200},
		"signed by another key":         {tokenOf(t, jwt.SigningMethodRS256, otherRSA(), "r"), 401},
		"RS512":                         {tokenOf(t, jwt.SigningMethodRS512, rsaKey(), "r"), 401},
		"PS256":                         {tokenOf(t, jwt.SigningMethodPS256, rsaKey(), "r"), 401},
		"RS256 with the key of ES256":   {tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "e"), 401},
		"ES256 with the key of RS256":   {tokenOf(t, jwt.SigningMethodES256, ecKey(), "r"), 401},
		"HS256 by the public key":       {tokenOf(t, jwt.SigningMethodHS256, asPEM, "r"), 401},
		"HS256 by the modulus":          {tokenOf(t, jwt.SigningMethodHS256, rsaKey().N.Bytes(), "r"), 401},
		"HS256 by the published secret": {tokenOf(t, jwt.SigningMethodHS256, []byte("secret"), "o"), 401},
		"unknown key id":                {tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "x"), 401},
		"none":                          {tokenOf(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "r"), 401},
	} {
		require.Equal(t, c.status, status(t, s, c.token), name)
	}
}

func TestJWKSAndSecretEachServeTheirOwnAlgorithms(t *testing.T) {
	t.Parallel()
	i := newIDP(t, rsaJWK("r", rsaKey()))
	s, _ := jwksServer(t, i, func(c *webtest.Config) { c.HS256Secret = []byte(webtest.HS256Secret) })
	require.Equal(t, 200, status(t, s, tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "r")))
	require.Equal(t, 200, status(t, s, tokenOf(t, jwt.SigningMethodHS256, []byte(webtest.HS256Secret), "r")))
	require.Equal(t, 401, status(t, s, tokenOf(t, jwt.SigningMethodHS256, rsaKey().N.Bytes(), "r")))
}

func TestAnUnknownKeyIDFetchesAgainButNotForEveryToken(t *testing.T) {
	t.Parallel()
	i := newIDP(t, rsaJWK("old", rsaKey()))
	s, clock := jwksServer(t, i, nil)
	require.Equal(t, 200, status(t, s, tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "old")))
	require.EqualValues(t, 1, i.fetches.Load())
	i.publish(rsaJWK("old", rsaKey()), rsaJWK("new", otherRSA()))
	fresh := tokenOf(t, jwt.SigningMethodRS256, otherRSA(), "new")
	for range 5 {
		require.Equal(t, 401, status(t, s, fresh), "fetched a moment ago")
	}
	require.EqualValues(t, 1, i.fetches.Load())
	clock.Advance(11 * time.Second)
	require.Equal(t, 200, status(t, s, fresh))
	require.EqualValues(t, 2, i.fetches.Load())
}

func TestKeysOutliveTheirProviderForADay(t *testing.T) {
	t.Parallel()
	i := newIDP(t, rsaJWK("r", rsaKey()))
	s, clock := jwksServer(t, i, nil)
	token := tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "r")
	require.Equal(t, 200, status(t, s, token))
	i.set(func(w http.ResponseWriter) { w.WriteHeader(500) })
	clock.Advance(time.Hour)
	require.Equal(t, 200, status(t, s, token))
	require.Eventually(t, func() bool { return i.fetches.Load() == 2 }, webtest.Deadline, 5*time.Millisecond, "fetched again behind the buyer")
	clock.Advance(25 * time.Hour)
	require.Equal(t, 503, status(t, s, token))
}

func TestARevokedKeyIsNotUsedAnyMore(t *testing.T) {
	t.Parallel()
	i := newIDP(t, rsaJWK("r", rsaKey()))
	s, clock := jwksServer(t, i, nil)
	token := tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "r")
	require.Equal(t, 200, status(t, s, token))
	i.publish(rsaJWK("new", otherRSA()))
	clock.Advance(16 * time.Minute)
	require.Eventually(t, func() bool { return status(t, s, token) == 401 }, webtest.Deadline, 10*time.Millisecond)
}

// What a login publishes carelessly keeps out nobody whose key is in the set.
func TestOddEntriesOfAJWKSSpoilNoOther(t *testing.T) {
	t.Parallel()
	one, two := rsaJWK("r", rsaKey()), rsaJWK("r", otherRSA())
	odd := map[string]any{}
	for name, value := range one {
		odd[name] = value
	}
	odd["kid"] = 7
	first, second := tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "r"), tokenOf(t, jwt.SigningMethodRS256, otherRSA(), "r")
	unnamed := tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "")
	for name, c := range map[string]struct {
		set    []any
		tokens map[string]int
	}{
		"the same key twice":      {[]any{one, one}, map[string]int{first: 200, unnamed: 200, second: 401}},
		"two keys under one id":   {[]any{one, two}, map[string]int{first: 200, second: 200, unnamed: 401}},
		"the first of another":    {[]any{two, ecJWK("r", ecKey()), one}, map[string]int{first: 200, second: 200}},
		"a number as an id":       {[]any{odd, two}, map[string]int{second: 200, first: 401}},
		"entries that are no key": {[]any{"r", nil, 7, []any{one}, one}, map[string]int{first: 200, second: 401}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIDP(t)
			i.set(func(w http.ResponseWriter) { _ = json.NewEncoder(w).Encode(map[string]any{"keys": c.set}) })
			s, _ := jwksServer(t, i, nil)
			for token, want := range c.tokens {
				require.Equal(t, want, status(t, s, token))
			}
		})
	}
}

func TestAUselessJWKSMakesTokensUnavailableNotInvalid(t *testing.T) {
	t.Parallel()
	offCurve := ecJWK("e", ecKey())
	offCurve["y"] = b64(make([]byte, 32))
	encryption := rsaJWK("r", rsaKey())
	encryption["use"] = "enc"
	otherAlg := rsaJWK("r", rsaKey())
	otherAlg["alg"] = "PS256"
	evenExponent := rsaJWK("r", rsaKey())
	evenExponent["e"] = b64([]byte{4})
	many := make([]map[string]string, 101)
	for n := range many {
		many[n] = rsaJWK("r", rsaKey())
	}
	for name, answer := range map[string]func(http.ResponseWriter){
		"error":      func(w http.ResponseWriter) { w.WriteHeader(500) },
		"no JSON":    func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
		"a redirect": func(w http.ResponseWriter) { w.Header().Set("Location", "http://127.0.0.1:1/"); w.WriteHeader(302) },
		"huge": func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"keys":[],"x":"` + strings.Repeat("x", 1<<20) + `"}`))
		},
		"weak key":       keys(rsaJWK("r", weakRSA())),
		"off the curve":  keys(offCurve),
		"for encryption": keys(encryption),
		"other alg":      keys(otherAlg),
		"even exponent":  keys(evenExponent),
		"too many keys":  keys(many...),
		"no keys":        keys(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIDP(t)
			i.set(answer)
			s, clock := jwksServer(t, i, nil)
			require.Equal(t, 503, status(t, s, tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "r")))
			i.publish(rsaJWK("r", rsaKey()))
			clock.Advance(11 * time.Second)
			require.Equal(t, 200, status(t, s, tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "r")))
		})
	}
}

func keys(set ...map[string]string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { _ = json.NewEncoder(w).Encode(map[string]any{"keys": set}) }
}
