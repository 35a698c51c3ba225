package web_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// guarded is a server with one sale, whose clock stands still until a test moves it.
func guarded(t *testing.T, change ...func(*webtest.Config)) (s *webtest.Server, wait func(time.Duration)) {
	t.Helper()
	cfg, _, l := webtest.StubConfig(t)
	clock := testkit.NewClock(time.Now())
	cfg.Clock = clock.Now
	l.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	for _, c := range change {
		c(&cfg)
	}
	return webtest.NewServer(t, cfg), clock.Advance
}

// asOperator makes an operator's call from an address.
func asOperator(s *webtest.Server, remote, token string) *httptest.ResponseRecorder {
	req := httptest.NewRequest("GET", "/api/v1/admin/sales/7", nil)
	req.RemoteAddr = remote
	req.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, req)
	return rec
}

const guesser, operatorAt = "198.51.100.7:4000", "203.0.113.5:4000"

func TestAGuesserIsRefusedBeforeHisGuessIsLookedAt(t *testing.T) {
	t.Parallel()
	s, wait := guarded(t)
	looked := 0
	for n := range 1_000 {
		if asOperator(s, guesser, "guess-"+strconv.Itoa(n)).Code == 401 {
			looked++
		}
	}
	require.Equal(t, 20, looked)
	refused := asOperator(s, guesser, webtest.AdminToken)
	require.Equal(t, 429, refused.Code, "the right one is not looked at either")
	require.Contains(t, refused.Body.String(), `"code":"rate_limited"`)
	seconds, err := strconv.Atoi(refused.Header().Get("Retry-After"))
	require.NoError(t, err)
	require.Equal(t, 200, asOperator(s, operatorAt, webtest.AdminToken).Code, "nobody else is locked out")
	wait(time.Duration(seconds) * time.Second)
	require.Equal(t, 200, asOperator(s, guesser, webtest.AdminToken).Code, "who waits as told gets in")
}

func TestAGuesserHasOneLimitForHisWholeNetwork(t *testing.T) {
	t.Parallel()
	s, _ := guarded(t)
	last := 0
	for n := range 21 {
		last = asOperator(s, "[2001:db8:1:2::"+strconv.Itoa(n)+"]:4000", "guess").Code
	}
	require.Equal(t, 429, last)
	require.Equal(t, 200, asOperator(s, "[2001:db8:1:3::1]:4000", webtest.AdminToken).Code)
}

func TestGuessesThatArriveTogetherHaveOneShare(t *testing.T) {
	t.Parallel()
	s, _ := guarded(t)
	var looked atomic.Int64
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if asOperator(s, guesser, "guess").Code == 401 {
				looked.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 20, looked.Load())
}

func TestAnOperatorsOwnCallsAreNeverCounted(t *testing.T) {
	t.Parallel()
	s, _ := guarded(t)
	for range 19 {
		require.Equal(t, 401, asOperator(s, operatorAt, "mistyped").Code)
	}
	for range 500 {
		require.Equal(t, 200, asOperator(s, operatorAt, webtest.AdminToken).Code)
	}
	for range 50 {
		require.Equal(t, 401, from(s, operatorAt, "/api/v1/admin/sales"), "no token is no guess")
	}
	require.Equal(t, 200, asOperator(s, operatorAt, webtest.AdminToken).Code)
}

func TestWrongAdminTokensAreInTheLogAndDoNotFillIt(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s, wait := guarded(t, func(c *webtest.Config) { c.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	asOperator(s, guesser, "hunter2-hunter2")
	require.Contains(t, log.String(), `"ip":"198.51.100.7"`)
	require.Contains(t, log.String(), `"level":"WARN"`)
	for range 5_000 {
		asOperator(s, guesser, "hunter2-hunter2")
	}
	wait(time.Minute)
	asOperator(s, guesser, "hunter2-hunter2")
	require.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
	require.Contains(t, log.String(), `"left_out_before":5000`)
	require.NotContains(t, log.String(), "hunter2")
}
