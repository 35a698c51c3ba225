package token_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

const plainHeader = `{"alg":"HS256","typ":"JWT"}`

// rawToken signs a header and claims as they are written.
func rawToken(t *testing.T, header, claims string) string {
	t.Helper()
	text := b64([]byte(header)) + "." + b64([]byte(claims))
	signature, err := jwt.SigningMethodHS256.Sign(text, []byte(webtest.HS256Secret))
	require.NoError(t, err)
	return text + "." + b64(signature)
}

// inHours writes a time from now as claims do.
func inHours(n int) string {
	return fmt.Sprint(time.Now().Add(time.Duration(n) * time.Hour).Unix())
}

// identified serves one order of alice, so that who a token is taken for shows: 200 for
// alice, 404 for anyone else, 401 for nobody.
func identified(t *testing.T, change ...func(*webtest.Config)) *webtest.Server {
	t.Helper()
	cfg, _, l := webtest.StubConfig(t)
	l.OnOrder = func(seckill.ID) (seckill.Order, error) { return webtest.SampleOrder(7, seckill.OrderPaid), nil }
	for _, c := range change {
		c(&cfg)
	}
	return webtest.NewServer(t, cfg)
}

func TestATokenHasOneReading(t *testing.T) {
	t.Parallel()
	s := identified(t)
	soon, past := inHours(1), inHours(-1)
	good := `{"sub":"alice","exp":` + soon + `}`
	for name, c := range map[string]struct {
		header, claims string
		want           int
	}{
		"good":                      {plainHeader, good, 200},
		"exp with a fraction":       {plainHeader, `{"sub":"alice","exp":` + soon + `.5}`, 200},
		"claims of a login's own":   {plainHeader, `{"sub":"alice","exp":` + soon + `,"name":"Alice","roles":["a"],"act":{"sub":"x"}}`, 200},
		"header of a login's own":   {`{"alg":"HS256","typ":"at+jwt","kid":"1","x5t":"y"}`, good, 200},
		"iat and nbf":               {plainHeader, `{"sub":"alice","exp":` + soon + `,"iat":` + past + `,"nbf":` + past + `}`, 200},
		"audiences":                 {plainHeader, `{"sub":"alice","exp":` + soon + `,"aud":["a","b"]}`, 200},
		"SUB is not sub":            {plainHeader, `{"sub":"bob","SUB":"alice","exp":` + soon + `}`, 404},
		"a trial's buyer unmarked":  {plainHeader, `{"sub":"seckill:bench-x-0","exp":` + soon + `}`, 401},
		"a trial's buyer in words":  {plainHeader, `{"sub":"seckill:bench-x-0","exp":` + soon + `,"seckill_trial":"true"}`, 401},
		"no trial's buyer":          {plainHeader, `{"sub":"seckill:bench-x-0","exp":` + soon + `,"seckill_trial":false}`, 401},
		"a trial's buyer":           {plainHeader, `{"sub":"seckill:bench-x-0","exp":` + soon + `,"seckill_trial":true}`, 404},
		"a customer called bench-x": {plainHeader, `{"sub":"bench-x","exp":` + soon + `}`, 404},
		"sub twice":                 {plainHeader, `{"sub":"bob","sub":"alice","exp":` + soon + `}`, 401},
		"sub twice, escaped":        {plainHeader, `{"sub":"bob","\u0073ub":"alice","exp":` + soon + `}`, 401},
		"Sub alone":                 {plainHeader, `{"Sub":"alice","exp":` + soon + `}`, 401},
		"Exp is not exp":            {plainHeader, `{"sub":"alice","exp":` + past + `,"Exp":` + soon + `}`, 401},
		"Exp alone":                 {plainHeader, `{"sub":"alice","Exp":` + soon + `}`, 401},
		"exp twice":                 {plainHeader, `{"sub":"alice","exp":` + past + `,"exp":` + soon + `}`, 401},
		"exp as text":               {plainHeader, `{"sub":"alice","exp":"` + soon + `"}`, 401},
		"exp null":                  {plainHeader, `{"sub":"alice","exp":null}`, 401},
		"exp true":                  {plainHeader, `{"sub":"alice","exp":true}`, 401},
		"exp beyond all years":      {plainHeader, `{"sub":"alice","exp":1e30}`, 401},
		"exp beyond all numbers":    {plainHeader, `{"sub":"alice","exp":1e999}`, 401},
		"exp below zero":            {plainHeader, `{"sub":"alice","exp":-1}`, 401},
		"nbf as text":               {plainHeader, `{"sub":"alice","exp":` + soon + `,"nbf":"` + past + `"}`, 401},
		"nbf null":                  {plainHeader, `{"sub":"alice","exp":` + soon + `,"nbf":null}`, 401},
		"nbf ahead":                 {plainHeader, `{"sub":"alice","exp":` + soon + `,"nbf":` + soon + `}`, 401},
		"NBF ahead":                 {plainHeader, `{"sub":"alice","exp":` + soon + `,"NBF":` + soon + `}`, 200},
		"iat as text":               {plainHeader, `{"sub":"alice","exp":` + soon + `,"iat":"x"}`, 401},
		"aud of another type":       {plainHeader, `{"sub":"alice","exp":` + soon + `,"aud":[1]}`, 401},
		"iss of another type":       {plainHeader, `{"sub":"alice","exp":` + soon + `,"iss":["a"]}`, 401},
		"sub null":                  {plainHeader, `{"sub":null,"exp":` + soon + `}`, 401},
		"sub in a list":             {plainHeader, `{"sub":["alice"],"exp":` + soon + `}`, 401},
		"half a surrogate pair":     {plainHeader, `{"sub":"alice\ud800","exp":` + soon + `}`, 401},
		"half a pair elsewhere":     {plainHeader, `{"sub":"alice","name":"\udc00","exp":` + soon + `}`, 401},
		"not UTF-8":                 {plainHeader, "{\"sub\":\"alice\xff\",\"exp\":" + soon + "}", 401},
		"something after it":        {plainHeader, good + `{}`, 401},
		"a list":                    {plainHeader, `[` + good + `]`, 401},
		"null":                      {plainHeader, `null`, 401},
		"crit":                      {`{"alg":"HS256","crit":["x-limit"],"x-limit":1}`, good, 401},
		"crit of nothing":           {`{"alg":"HS256","crit":[]}`, good, 401},
		"crit null":                 {`{"alg":"HS256","crit":null}`, good, 401},
		"alg twice":                 {`{"alg":"none","alg":"HS256"}`, good, 401},
		"alg twice, good one first": {`{"alg":"HS256","alg":"HS256"}`, good, 401},
		"ALG alone":                 {`{"ALG":"HS256"}`, good, 401},
		"kid a number":              {`{"alg":"HS256","kid":7}`, good, 401},
		"header not UTF-8":          {"{\"alg\":\"HS256\",\"kid\":\"\xff\"}", good, 401},
		"header null":               {`null`, good, 401},
	} {
		a := webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, "Authorization: Bearer "+rawToken(t, c.header, c.claims))
		require.Equal(t, c.want, a.Status, "%s: %s", name, a.Body)
	}
}

// The last letter of a signature has two bits that stand for nothing: with others there
// it is another text.
func TestATokenHasOneSpelling(t *testing.T) {
	t.Parallel()
	s := identified(t)
	token := rawToken(t, plainHeader, `{"sub":"alice","exp":`+inHours(1)+`}`)
	for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		other := token[:len(token)-1] + string(letter)
		require.Equal(t, other == token, status(t, s, other) == 200, "ends in %c", letter)
	}
	require.Equal(t, 401, status(t, s, token+"="))
}

func TestATokenThatIsGoodForTooLongIsRefused(t *testing.T) {
	t.Parallel()
	s := identified(t)
	get := func(s *webtest.Server, claims string) webtest.Answer {
		return webtest.Call(t, s, "GET", "/api/v1/orders/7", nil, "Authorization: Bearer "+rawToken(t, plainHeader, claims))
	}
	require.Equal(t, 200, get(s, `{"sub":"alice","exp":`+inHours(24)+`}`).Status)
	a := get(s, `{"sub":"alice","exp":`+inHours(25)+`}`)
	require.Equal(t, 401, a.Status)
	require.Contains(t, string(a.Body), "24h")
	require.Equal(t, 401, get(s, `{"sub":"alice","iat":`+inHours(300)+`,"exp":`+inHours(301)+`}`).Status, "counted from now, whatever the token says")
	short := identified(t, func(c *webtest.Config) { c.MaxTokenLife = 2 * time.Hour })
	require.Equal(t, 401, get(short, `{"sub":"alice","exp":`+inHours(3)+`}`).Status)
	require.Equal(t, 200, status(t, short, webtest.Login(t, short, "alice")), "the demo's tokens last no longer")
}

func TestAStreamEndsWhenItsTokenDoes(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	now := time.Now()
	base, order, _, _ := webtest.Awaiting(t, func(c *webtest.Config) {
		c.Clock = func() time.Time { return now.Add(time.Duration(passed.Load())) } // stands still
	})
	const lasts = 300 * time.Millisecond
	ends := now.Add(lasts)
	token := "Authorization: Bearer " + rawToken(t, plainHeader, fmt.Sprintf(`{"sub":"alice","exp":%d.%09d}`, ends.Unix(), ends.Nanosecond()))
	began := time.Now()
	st := webtest.Follow(t, base, order, token)
	require.Equal(t, "awaiting_payment", st.Status(t))
	require.Empty(t, st.Next(t, "data: "), "nothing more, and an end")
	require.Greater(t, time.Since(began), lasts/2, "not before the token's")
	passed.Store(int64(lasts + time.Millisecond))
	require.Equal(t, 401, webtest.Follow(t, base, order, token).Resp.StatusCode)
}

func TestAJWKSHasOneReading(t *testing.T) {
	t.Parallel()
	k := rsaJWK("r", rsaKey())
	i := newIDP(t, k)
	i.set(func(w http.ResponseWriter) {
		_, _ = fmt.Fprintf(w, `{"Keys":[{"kty":"RSA","kid":"r","n":%q,"e":%q}]}`, k["n"], k["e"])
	})
	s, _ := jwksServer(t, i, nil)
	require.Equal(t, 503, status(t, s, tokenOf(t, jwt.SigningMethodRS256, rsaKey(), "r")), "Keys are no keys")
}
