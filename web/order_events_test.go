package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// serve runs the server as cmd does, with short timeouts that a stream must
// outlive, and gives its address.
func serve(t *testing.T, s *web.Server) string {
	t.Helper()
	srv := web.NewHTTPServer("", s.Handler(), quiet())
	srv.ReadTimeout, srv.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return "http://" + l.Addr().String()
}

// stream reads events; lines are what came, one by one.
type stream struct {
	resp  *http.Response
	lines chan string // closed at the stream's end
}

func follow(t *testing.T, base, order, header string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", base+"/api/v1/orders/"+order+"/events", nil)
	require.NoError(t, err)
	_, token, _ := strings.Cut(header, ": ")
	req.Header.Set("Authorization", token)
	resp, err := http.DefaultTransport.(*http.Transport).Clone().RoundTrip(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	s := &stream{resp: resp, lines: make(chan string, 1_000)}
	go func() {
		defer close(s.lines)
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			s.lines <- sc.Text()
		}
	}()
	return s
}

// next waits for a line with the prefix and gives the rest of it; "" at the end.
func (s *stream) next(t *testing.T, prefix string) string {
	t.Helper()
	timeout := time.After(deadline)
	for {
		select {
		case line, open := <-s.lines:
			if !open {
				return ""
			}
			if rest, found := strings.CutPrefix(line, prefix); found {
				return rest
			}
		case <-timeout:
			t.Fatalf("no %q in time", prefix)
		}
	}
}

func (s *stream) status(t *testing.T) string {
	t.Helper()
	data := s.next(t, "data: ")
	if data == "" {
		return ""
	}
	var o map[string]any
	require.NoError(t, json.Unmarshal([]byte(data), &o))
	return o["status"].(string)
}

func TestEventsTellEachChangeAndEndAfterTheLast(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *web.Config) { c.Poll = 50 * time.Millisecond; c.Heartbeat = 20 * time.Millisecond })
	sale := s.open(draft(5, 5))
	order := s.mustBuy(sale, "alice")
	st := follow(t, serve(t, s.server), order, as(t, "alice"))
	require.Equal(t, 200, st.resp.StatusCode)
	require.Equal(t, "text/event-stream", st.resp.Header.Get("Content-Type"))
	require.Equal(t, "no", st.resp.Header.Get("X-Accel-Buffering"))
	require.Equal(t, "no-store", st.resp.Header.Get("Cache-Control"))
	require.Equal(t, "2000", st.next(t, "retry: "))
	require.Equal(t, order+":queued", st.next(t, "id: "))
	require.Equal(t, "queued", st.status(t))
	// Longer than the server's own timeouts: the stream is not cut by them.
	for range 30 {
		st.next(t, ":")
	}
	s.settle(sale)
	require.Equal(t, order+":awaiting_payment", st.next(t, "id: "))
	require.Equal(t, "awaiting_payment", st.status(t))
	s.must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, as(t, "alice"))
	require.Equal(t, "cancelled", st.status(t))
	require.Empty(t, st.next(t, "data: "), "it ends")

	again := follow(t, serve(t, s.server), order, as(t, "alice"))
	require.Equal(t, "cancelled", again.status(t), "a final order is told once")
	require.Empty(t, again.next(t, "data: "))
}

func TestEventsAreForTheBuyerAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	order := s.mustBuy(s.open(draft(5, 5)), "alice")
	path := "/api/v1/orders/" + order + "/events"
	require.Equal(t, "not_found", s.must(404, "GET", path, nil, as(t, "bob")).code())
	require.Equal(t, "unauthorized", s.must(401, "GET", path, nil).code())
	require.Equal(t, "unauthorized", s.must(401, "GET", path+"?token=x", nil).code())
}

// awaiting is a server on stubs with one order that never changes, unless told.
func awaiting(t *testing.T, change func(*web.Config)) (base, order string, s *web.Server, l *stubLedger) {
	t.Helper()
	cfg, _, l := stubConfig(t)
	cfg.Poll = time.Hour
	change(&cfg)
	l.order = func(id seckill.ID) (seckill.Order, error) { return sampleOrder(id, seckill.OrderAwaitingPayment), nil }
	s = serverOf(t, cfg)
	return serve(t, s), "77", s, l
}

func TestEventsEndWhenTheProcessDrains(t *testing.T) {
	t.Parallel()
	base, order, s, _ := awaiting(t, func(*web.Config) {})
	st := follow(t, base, order, as(t, "alice"))
	require.Equal(t, "awaiting_payment", st.status(t))
	s.SetDraining(true)
	require.Empty(t, st.next(t, "data: "))
	s.SetDraining(true) // twice is fine
	late := follow(t, base, order, as(t, "alice"))
	require.Equal(t, "awaiting_payment", late.status(t), "the state at least")
	require.Empty(t, late.next(t, "data: "))
	s.SetDraining(false)
	require.Equal(t, "awaiting_payment", follow(t, base, order, as(t, "alice")).status(t))
}

func TestEventsLastOnlySoLong(t *testing.T) {
	t.Parallel()
	base, order, _, _ := awaiting(t, func(c *web.Config) { c.MaxStream = 50 * time.Millisecond })
	st := follow(t, base, order, as(t, "alice"))
	require.Equal(t, "awaiting_payment", st.status(t))
	require.Empty(t, st.next(t, "data: "))
}

// crowd opens as many streams of one buyer as one buyer may have.
func crowd(t *testing.T, base, order, token string) (open []*stream) {
	t.Helper()
	for range 10 {
		st := follow(t, base, order, token)
		require.Equal(t, "awaiting_payment", st.status(t))
		open = append(open, st)
	}
	return open
}

func TestStreamsOfOneBuyerAreBounded(t *testing.T) {
	t.Parallel()
	base, order, _, _ := awaiting(t, func(*web.Config) {})
	token := as(t, "alice")
	open := crowd(t, base, order, token)
	refused := follow(t, base, order, token)
	require.Equal(t, 503, refused.resp.StatusCode)
	require.NotEmpty(t, refused.resp.Header.Get("Retry-After"))
	// Another buyer still gets in; the order is not theirs, so they learn so.
	require.Equal(t, 404, follow(t, base, order, as(t, "bob")).resp.StatusCode)
	_ = open[0].resp.Body.Close()
	require.Eventually(t, func() bool { return follow(t, base, order, token).resp.StatusCode == 200 }, deadline, 20*time.Millisecond,
		"a place that is left is free again")
}

func TestStreamsOfTheProcessAreBounded(t *testing.T) {
	t.Parallel()
	base, order, _, _ := awaiting(t, func(c *web.Config) { c.MaxStreams = 10 })
	open := crowd(t, base, order, as(t, "alice"))
	require.Equal(t, 503, follow(t, base, order, as(t, "bob")).resp.StatusCode)
	_ = open[0].resp.Body.Close()
	require.Eventually(t, func() bool { return follow(t, base, order, as(t, "bob")).resp.StatusCode == 404 }, deadline, 20*time.Millisecond,
		"not bob's order, but he got a place")
}

func TestAnAnnouncedChangeIsToldWithoutWaitingForThePoll(t *testing.T) {
	t.Parallel()
	cfg, g, l := stubConfig(t)
	cfg.Poll = time.Hour
	paid := make(chan struct{})
	l.order = func(id seckill.ID) (seckill.Order, error) {
		select {
		case <-paid:
			return sampleOrder(id, seckill.OrderPaid), nil
		default:
			return sampleOrder(id, seckill.OrderAwaitingPayment), nil
		}
	}
	st := follow(t, serve(t, serverOf(t, cfg)), "77", as(t, "alice"))
	require.Equal(t, "awaiting_payment", st.status(t))
	close(paid)
	g.changes <- seckill.Change{OrderID: 77, Status: seckill.OrderPaid}
	require.Equal(t, "paid", st.status(t))
	require.Empty(t, st.next(t, "data: "))
	require.Eventually(t, func() bool { return g.watchers.Load() == 0 }, deadline, 10*time.Millisecond, "the watch is given back")
}

// However many streams are quiet, SQL is asked about all of their orders at once.
func TestQuietStreamsShareOneLookIntoSQL(t *testing.T) {
	t.Parallel()
	const buyers = 20
	cfg, _, l := stubConfig(t)
	cfg.Poll = 20 * time.Millisecond
	var paid atomic.Bool
	var alone, together atomic.Int64
	status := func() seckill.OrderStatus {
		if paid.Load() {
			return seckill.OrderPaid
		}
		return seckill.OrderAwaitingPayment
	}
	l.order = func(id seckill.ID) (seckill.Order, error) {
		alone.Add(1)
		o := sampleOrder(id, status())
		o.Buyer = "buyer-" + id.String()
		return o, nil
	}
	l.standings = func(orders []seckill.ID) (map[seckill.ID]seckill.Standing, error) {
		if together.Add(1)%2 == 0 {
			return nil, errors.New("SQL is away for a moment")
		}
		found := map[seckill.ID]seckill.Standing{}
		for _, id := range orders {
			found[id] = seckill.Standing{Status: status()}
		}
		return found, nil
	}
	base := serve(t, serverOf(t, cfg))
	var open []*stream
	for i := range buyers {
		id := strconv.Itoa(1 + i)
		open = append(open, follow(t, base, id, as(t, "buyer-"+id)))
	}
	for _, st := range open {
		require.Equal(t, "awaiting_payment", st.status(t))
	}
	before := together.Load()
	require.Eventually(t, func() bool { return together.Load() > before+10 }, deadline, 5*time.Millisecond)
	require.EqualValues(t, buyers, alone.Load(), "each order was read when its stream began, and not again")
	paid.Store(true)
	for _, st := range open {
		require.Equal(t, "paid", st.status(t))
		require.Empty(t, st.next(t, "data: "))
	}
	require.EqualValues(t, 2*buyers, alone.Load())
	ended := together.Load()
	require.Never(t, func() bool { return together.Load() > ended+1 }, 10*cfg.Poll, cfg.Poll, "nobody watches any more")
}

func TestAPanicBeforeAStreamBeginsIsAnAnswer(t *testing.T) {
	t.Parallel()
	base, order, _, l := awaiting(t, func(*web.Config) {})
	l.order = func(seckill.ID) (seckill.Order, error) { panic("a defect") }
	require.Equal(t, 500, follow(t, base, order, as(t, "alice")).resp.StatusCode)
	l.order = func(id seckill.ID) (seckill.Order, error) { return sampleOrder(id, seckill.OrderAwaitingPayment), nil }
	require.Equal(t, "awaiting_payment", follow(t, base, order, as(t, "alice")).status(t), "the process lives")
}

func TestOpenStreamsAreCountedByWhatTheyTellOf(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	base, order, _, _ := awaiting(t, func(c *web.Config) { c.Registry = registry })
	open := crowd(t, base, order, as(t, "alice"))
	require.InDelta(t, len(open), streamsOf(t, registry, "order"), 0)
	require.Zero(t, streamsOf(t, registry, "sale"))
	for _, st := range open {
		_ = st.resp.Body.Close()
	}
	require.Eventually(t, func() bool { return streamsOf(t, registry, "order") == 0 }, deadline, 10*time.Millisecond)
}

// streamsOf reads the gauge of open streams.
func streamsOf(t *testing.T, r *prometheus.Registry, kind string) float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "seckill_sse_streams" && m.GetLabel()[0].GetValue() == kind {
				return m.GetGauge().GetValue()
			}
		}
	}
	require.Fail(t, "no such gauge", kind)
	return 0
}

// The order awaits its payment before and after: the status alone does not tell.
func TestAFailedPaymentIsToldToItsBuyerAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *web.Config) { c.Poll = time.Hour })
	sale := s.open(draft(5, 5))
	order := s.mustBuy(sale, "alice")
	s.settle(sale)
	pay := func() string {
		return s.must(200, "POST", "/api/v1/orders/"+order+"/pay", nil, as(t, "alice")).json["payment_id"].(string)
	}
	told := func(data string) map[string]any {
		var o map[string]any
		require.NoError(t, json.Unmarshal([]byte(data), &o))
		return o
	}
	body := paymentBody("payment.failed", pay(), order, 19900, "CNY")
	st := follow(t, serve(t, s.server), order, as(t, "alice"))
	require.NotContains(t, told(st.next(t, "data: ")), "last_payment")

	require.Equal(t, "applied", s.must(200, "POST", webhookPath, body, callback(t, "e1", body, time.Now())...).json["result"])
	o := told(st.next(t, "data: "))
	require.Equal(t, "awaiting_payment", o["status"])
	require.Equal(t, "failed", o["last_payment"].(map[string]any)["status"])
	require.Equal(t, o, s.must(200, "GET", "/api/v1/orders/"+order, nil, as(t, "alice")).json)

	pay()
	require.NotContains(t, s.must(200, "GET", "/api/v1/orders/"+order, nil, as(t, "alice")).json, "last_payment")
}
