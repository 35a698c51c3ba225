package load

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// get is a request without a body, with its number in the path.
func get(buf []byte, n int64) []byte {
	buf = append(buf, "GET /"...)
	buf = strconv.AppendInt(buf, n, 10)
	return append(buf, " HTTP/1.1\r\nHost: test\r\n\r\n"...)
}

func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return s.URL
}

func answer(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestAClosedLoopCountsEveryAnswerOnce(t *testing.T) {
	var seen sync.Map
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Path[1:])
		_, twice := seen.LoadOrStore(n, true)
		switch {
		case err != nil || twice:
			answer(w, 500, "")
		case n%10 == 0:
			answer(w, 202, `{"order_id":"`+strconv.Itoa(n)+`"}`)
		case n%10 == 1:
			answer(w, 503, `{"status":503,"code":"unavailable"}`)
		case n%10 == 2:
			answer(w, 503, "a proxy's page")
		default:
			answer(w, 409, `{"status":409,"code":"sold_out"}`)
		}
	})
	var orders sync.Map
	res, err := Run(t.Context(), Config{URL: url, Connections: 8, Count: 1000, Source: get, OnAnswer: func(n int64, a Answer) {
		if a.Status == 202 {
			orders.Store(n, string(a.OrderID()))
		}
	}})
	require.NoError(t, err)
	require.EqualValues(t, 100, res.Accepted)
	require.EqualValues(t, 800, res.Refused)
	require.EqualValues(t, 100, res.Failed)
	require.Equal(t, map[string]int64{"sold_out": 700, "unavailable": 100}, res.RefusedBy)
	require.Equal(t, map[string]int64{"status 503": 100}, res.FailedBy)
	require.EqualValues(t, 900, res.Latency.TotalCount(), "failures have no latency")
	var sum Second
	for _, s := range res.Seconds {
		sum.Accepted, sum.Refused, sum.Failed = sum.Accepted+s.Accepted, sum.Refused+s.Refused, sum.Failed+s.Failed
	}
	require.Equal(t, Second{100, 800, 100}, sum)
	for n := int64(0); n < 1000; n += 10 {
		id, _ := orders.Load(n)
		require.Equal(t, strconv.FormatInt(n, 10), id, "the answer of another request")
	}
}

func TestALoopEndsAfterItsDurationAndWithItsContext(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 202, "{}") })
	for _, rate := range []float64{0, 200} {
		res, err := Run(t.Context(), Config{URL: url, Connections: 2, Rate: rate, Duration: 200 * time.Millisecond, Source: get})
		require.NoError(t, err)
		require.Positive(t, res.Accepted)
		require.Zero(t, res.Failed)

		ctx, cancel := context.WithCancel(t.Context())
		var once sync.Once
		res, err = Run(ctx, Config{URL: url, Connections: 2, Rate: rate, Source: get, OnAnswer: func(int64, Answer) { once.Do(cancel) }})
		require.NoError(t, err)
		require.Positive(t, res.Accepted)
		require.Zero(t, res.Failed, "what was sent is answered")
	}
}

// A server that stalls for a while must not look better for being asked less: each
// request that was due meanwhile waited.
func TestAnOpenLoopCountsFromWhenARequestWasDue(t *testing.T) {
	const stall = 500 * time.Millisecond
	var stalled atomic.Bool
	server := func(w http.ResponseWriter, r *http.Request) {
		if n, _ := strconv.Atoi(r.URL.Path[1:]); n == 100 {
			stalled.Store(true)
			time.Sleep(stall)
			stalled.Store(false)
		}
		answer(w, 202, "{}")
	}
	run := func(rate float64) *Result {
		res, err := Run(t.Context(), Config{URL: serve(t, server), Connections: 1, Rate: rate, Count: 1000, Source: get})
		require.NoError(t, err)
		require.EqualValues(t, 1000, res.Accepted)
		return res
	}
	open := run(1000) // half of the requests are due while the server stalls
	require.GreaterOrEqual(t, open.Latency.ValueAtQuantile(60), int64(50_000), "µs")
	require.GreaterOrEqual(t, open.Latency.Max(), stall.Microseconds()*99/100)
	require.Less(t, open.Service.ValueAtQuantile(60), open.Latency.ValueAtQuantile(60), "each one alone was quick")
	require.GreaterOrEqual(t, open.Elapsed, 990*time.Millisecond, "the last one is due then")

	closed := run(0)
	require.Less(t, closed.Latency.ValueAtQuantile(60), open.Latency.ValueAtQuantile(60))
	require.Same(t, closed.Latency, closed.Service)
}

func TestAnOpenLoopKeepsItsRate(t *testing.T) {
	var mu sync.Mutex
	var asked []time.Time
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		asked = append(asked, time.Now())
		mu.Unlock()
		answer(w, 202, "{}")
	})
	res, err := Run(t.Context(), Config{URL: url, Connections: 4, Rate: 500, Duration: time.Second, Source: get})
	require.NoError(t, err)
	require.InDelta(t, 501, res.Accepted, 1)
	for i, at := range asked {
		// Late on a slow machine, early never; requests overtake each other a little.
		require.GreaterOrEqual(t, at.Sub(res.Began), time.Duration(max(0, i-4))*2*time.Millisecond)
	}
}

func TestWhatCouldNotBeSentInTimeIsAFailure(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { <-release; answer(w, 202, "{}") })
	defer close(release)
	res, err := Run(t.Context(), Config{URL: url, Connections: 2, Rate: 1000, Count: 100, Timeout: 200 * time.Millisecond, Source: get})
	require.NoError(t, err)
	require.Zero(t, res.Accepted+res.Refused)
	require.EqualValues(t, 100, res.Failed, "%v", res.FailedBy)
	require.Positive(t, res.FailedBy["timeout"])
	require.Positive(t, res.FailedBy["never sent"])
}

func TestBrokenConnectionsAreFailuresAndAreMadeAgain(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Path[1:])
		switch n % 4 {
		case 0:
			panic(http.ErrAbortHandler) // nothing comes
		case 1:
			w.Header().Set("Content-Length", "100")
			answer(w, 409, `{"code":"sold_out"}`) // and then the connection ends
		case 2:
			w.Header().Set("Connection", "close")
			answer(w, 202, "{}")
		default:
			answer(w, 202, "{}")
		}
	})
	res, err := Run(t.Context(), Config{URL: url, Connections: 4, Count: 400, Source: get})
	require.NoError(t, err)
	require.EqualValues(t, 200, res.Accepted)
	require.Zero(t, res.Refused, "half an answer is none: %v", res.RefusedBy)
	require.Equal(t, map[string]int64{"connection broken": 200}, res.FailedBy)
}

func TestAServerThatIsGoneIsAFailureAndNoBusyLoop(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { // one connection each, and then nobody listens any more
		for range 2 {
			c, err := l.Accept()
			if err == nil {
				c.Close()
			}
		}
		l.Close()
	}()
	res, err := Run(t.Context(), Config{URL: "http://" + l.Addr().String(), Connections: 2, Duration: 300 * time.Millisecond, Source: get})
	require.NoError(t, err)
	require.Zero(t, res.Accepted+res.Refused)
	require.Positive(t, res.FailedBy["no connection"])
	require.Less(t, res.Failed, int64(100))

	_, err = Run(t.Context(), Config{URL: "http://" + l.Addr().String(), Connections: 2, Count: 1, Source: get})
	require.ErrorContains(t, err, "connect to http://", "a server that was never there is no result")
}

func TestItSpeaksTLSAndReadsChunks(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(202)
		for _, part := range []string{`{"order_`, `id":"17"`, "}"} {
			_, _ = io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	}))
	defer s.Close()
	pool := s.Client().Transport.(*http.Transport).TLSClientConfig
	var got atomic.Value
	res, err := Run(t.Context(), Config{URL: s.URL, Connections: 2, Count: 20, Source: get, TLS: pool,
		OnAnswer: func(_ int64, a Answer) { got.Store(string(a.OrderID())) }})
	require.NoError(t, err)
	require.EqualValues(t, 20, res.Accepted, "%v", res.FailedBy)
	require.Equal(t, "17", got.Load())
}

func TestAnswersThatAreNotUnderstoodAreFailures(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1024))
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n")
			c.Close()
		}
	}()
	res, err := Run(t.Context(), Config{URL: "http://" + l.Addr().String(), Connections: 1, Count: 3, Source: get})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"not understood": 3}, res.FailedBy)
}

func TestProgressIsToldToTheEnd(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 202, "{}") })
	var last Progress
	_, err := Run(t.Context(), Config{URL: url, Connections: 2, Count: 50, Source: get, Progress: func(p Progress) { last = p }})
	require.NoError(t, err)
	require.EqualValues(t, 50, last.Accepted)
}

func TestBuyersBuyInTurnWithTokensAndKeysOfTheirOwn(t *testing.T) {
	const secret = "a-secret-of-the-load-tests-of-32-bytes"
	tokens, err := Signing{Secret: secret, Issuer: "shop", Audience: "seckill", Lasts: time.Hour}.Tokens("crowd", 3)
	require.NoError(t, err)
	var mu sync.Mutex
	keys, buyers := map[string]bool{}, map[string]int{}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims := jwt.RegisteredClaims{}
		_, bad := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return []byte(secret), nil },
			jwt.WithIssuer("shop"), jwt.WithAudience("seckill"), jwt.WithExpirationRequired(), jwt.WithValidMethods([]string{"HS256"}))
		if err != nil || bad != nil || string(body) != `{"lines":[]}` || r.Method != "POST" || r.URL.Path != "/shop/api/v1/sales/17/orders" {
			answer(w, 500, fmt.Sprint(err, bad))
			return
		}
		mu.Lock()
		keys[r.Header.Get("Idempotency-Key")] = true
		buyers[claims.Subject]++
		mu.Unlock()
		answer(w, 202, "{}")
	})
	source, err := Buy{URL: url + "/shop", Sale: "17", Tokens: tokens, Body: `{"lines":[]}`, KeyPrefix: "run-"}.Source()
	require.NoError(t, err)
	res, err := Run(t.Context(), Config{URL: url, Connections: 4, Count: 300, Source: source})
	require.NoError(t, err)
	require.EqualValues(t, 300, res.Accepted, "%v", res.FailedBy)
	require.Len(t, keys, 300)
	require.Equal(t, map[string]int{"crowd-0": 100, "crowd-1": 100, "crowd-2": 100}, buyers)
}

func TestARequestAllocatesNothing(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		buf := make([]byte, 4096)
		said := []byte("HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\nContent-Length: 19\r\n\r\n{\"code\":\"sold_out\"}")
		for {
			if _, err := server.Read(buf); err != nil {
				return
			}
			_, _ = server.Write(said)
		}
	}()
	cfg := Config{URL: "http://test", Connections: 1, Source: get}
	_, err := cfg.check()
	require.NoError(t, err)
	c := newConn("test", &cfg)
	c.net = client
	c.reader.Reset(client)
	rec, codes, now := newRecorder(true), map[string]string{}, time.Now()
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() {
		c.request = get(c.request[:0], 12345)
		a, err := c.exchange(now)
		if err != nil {
			t.Error(err)
		}
		rec.answer(times{}, Refused, a.Status, intern(codes, a.Code()))
	}), 0.5)
	require.EqualValues(t, map[string]int64{"sold_out": 1001}, rec.refused)
}

func TestAConfigThatMakesNoSenseIsRefused(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no address":     {URL: "", Connections: 1, Source: get},
		"other scheme":   {URL: "ftp://test", Connections: 1, Source: get},
		"no connections": {URL: "http://test", Source: get},
		"negative rate":  {URL: "http://test", Connections: 1, Rate: -1, Source: get},
		"no source":      {URL: "http://test", Connections: 1},
	} {
		_, err := Run(t.Context(), cfg)
		require.Error(t, err, name)
	}
}
