package buyer_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

func TestEventsTellEachChangeAndEndAfterTheLast(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, func(c *webtest.Config) { c.Poll = 50 * time.Millisecond; c.Heartbeat = 20 * time.Millisecond })
	sale := s.Open(webtest.Draft(5, 5))
	order := s.MustBuy(sale, "alice")
	st := webtest.Follow(t, webtest.Serve(t, s.Server), order, webtest.As(t, "alice"))
	require.Equal(t, 200, st.Resp.StatusCode)
	require.Equal(t, "text/event-stream", st.Resp.Header.Get("Content-Type"))
	require.Equal(t, "no", st.Resp.Header.Get("X-Accel-Buffering"))
	require.Equal(t, "no-store", st.Resp.Header.Get("Cache-Control"))
	require.Equal(t, "2000", st.Next(t, "retry: "))
	require.Equal(t, order+":queued", st.Next(t, "id: "))
	require.Equal(t, "queued", st.Status(t))
	// Longer than the server's own timeouts: the stream is not cut by them.
	for range 30 {
		st.Next(t, ":")
	}
	s.Settle(sale)
	require.Equal(t, order+":awaiting_payment", st.Next(t, "id: "))
	require.Equal(t, "awaiting_payment", st.Status(t))
	s.Must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, webtest.As(t, "alice"))
	require.Equal(t, "cancelled", st.Status(t))
	require.Empty(t, st.Next(t, "data: "), "it ends")

	again := webtest.Follow(t, webtest.Serve(t, s.Server), order, webtest.As(t, "alice"))
	require.Equal(t, "cancelled", again.Status(t), "a final order is told once")
	require.Empty(t, again.Next(t, "data: "))
}

func TestEventsAreForTheBuyerAlone(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	order := s.MustBuy(s.Open(webtest.Draft(5, 5)), "alice")
	path := "/api/v1/orders/" + order + "/events"
	require.Equal(t, "not_found", s.Must(404, "GET", path, nil, webtest.As(t, "bob")).Code())
	require.Equal(t, "unauthorized", s.Must(401, "GET", path, nil).Code())
	require.Equal(t, "unauthorized", s.Must(401, "GET", path+"?token=x", nil).Code())
}

func TestEventsEndWhenTheProcessDrains(t *testing.T) {
	t.Parallel()
	base, order, s, _ := webtest.Awaiting(t, func(*webtest.Config) {})
	st := webtest.Follow(t, base, order, webtest.As(t, "alice"))
	require.Equal(t, "awaiting_payment", st.Status(t))
	s.SetDraining(true)
	require.Empty(t, st.Next(t, "data: "))
	s.SetDraining(true) // twice is fine
	late := webtest.Follow(t, base, order, webtest.As(t, "alice"))
	require.Equal(t, "awaiting_payment", late.Status(t), "the state at least")
	require.Empty(t, late.Next(t, "data: "))
	s.SetDraining(false)
	require.Equal(t, "awaiting_payment", webtest.Follow(t, base, order, webtest.As(t, "alice")).Status(t))
}

func TestEventsLastOnlySoLong(t *testing.T) {
	t.Parallel()
	base, order, _, _ := webtest.Awaiting(t, func(c *webtest.Config) { c.MaxStream = 50 * time.Millisecond })
	st := webtest.Follow(t, base, order, webtest.As(t, "alice"))
	require.Equal(t, "awaiting_payment", st.Status(t))
	require.Empty(t, st.Next(t, "data: "))
}

// crowd opens as many streams of one buyer as one buyer may have.
func crowd(t *testing.T, base, order, token string) (open []*webtest.Stream) {
	t.Helper()
	for range 10 {
		st := webtest.Follow(t, base, order, token)
		require.Equal(t, "awaiting_payment", st.Status(t))
		open = append(open, st)
	}
	return open
}

func TestStreamsOfOneBuyerAreBounded(t *testing.T) {
	t.Parallel()
	base, order, _, _ := webtest.Awaiting(t, func(*webtest.Config) {})
	token := webtest.As(t, "alice")
	open := crowd(t, base, order, token)
	refused := webtest.Follow(t, base, order, token)
	require.Equal(t, 503, refused.Resp.StatusCode)
	require.NotEmpty(t, refused.Resp.Header.Get("Retry-After"))
	// Another buyer still gets in; the order is not theirs, so they learn so.
	require.Equal(t, 404, webtest.Follow(t, base, order, webtest.As(t, "bob")).Resp.StatusCode)
	_ = open[0].Resp.Body.Close()
	require.Eventually(t, func() bool { return webtest.Follow(t, base, order, token).Resp.StatusCode == 200 }, webtest.Deadline, 20*time.Millisecond,
		"a place that is left is free again")
}

func TestStreamsOfTheProcessAreBounded(t *testing.T) {
	t.Parallel()
	base, order, _, _ := webtest.Awaiting(t, func(c *webtest.Config) { c.MaxStreams = 10 })
	open := crowd(t, base, order, webtest.As(t, "alice"))
	require.Equal(t, 503, webtest.Follow(t, base, order, webtest.As(t, "bob")).Resp.StatusCode)
	_ = open[0].Resp.Body.Close()
	require.Eventually(t, func() bool { return webtest.Follow(t, base, order, webtest.As(t, "bob")).Resp.StatusCode == 404 }, webtest.Deadline, 20*time.Millisecond,
		"not bob's order, but he got a place")
}

func TestAnAnnouncedChangeIsToldWithoutWaitingForThePoll(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	cfg.Poll = time.Hour
	paid := make(chan struct{})
	l.OnOrder = func(id seckill.ID) (seckill.Order, error) {
		select {
		case <-paid:
			return webtest.SampleOrder(id, seckill.OrderPaid), nil
		default:
			return webtest.SampleOrder(id, seckill.OrderAwaitingPayment), nil
		}
	}
	st := webtest.Follow(t, webtest.Serve(t, webtest.NewServer(t, cfg)), "77", webtest.As(t, "alice"))
	require.Equal(t, "awaiting_payment", st.Status(t))
	close(paid)
	g.Changes <- seckill.Change{OrderID: 77, Status: seckill.OrderPaid}
	require.Equal(t, "paid", st.Status(t))
	require.Empty(t, st.Next(t, "data: "))
	require.Eventually(t, func() bool { return g.Watchers.Load() == 0 }, webtest.Deadline, 10*time.Millisecond, "the watch is given back")
}

// However many streams are quiet, SQL is asked about all of their orders at once.
func TestQuietStreamsShareOneLookIntoSQL(t *testing.T) {
	t.Parallel()
	const buyers = 20
	cfg, _, l := webtest.StubConfig(t)
	cfg.Poll = 20 * time.Millisecond
	var paid atomic.Bool
	var alone, together atomic.Int64
	status := func() seckill.OrderStatus {
		if paid.Load() {
			return seckill.OrderPaid
		}
		return seckill.OrderAwaitingPayment
	}
	l.OnOrder = func(id seckill.ID) (seckill.Order, error) {
		alone.Add(1)
		o := webtest.SampleOrder(id, status())
		o.Buyer = "buyer-" + id.String()
		return o, nil
	}
	l.OnStandings = func(orders []seckill.ID) (map[seckill.ID]seckill.Standing, error) {
		if together.Add(1)%2 == 0 {
			return nil, errors.New("SQL is away for a moment")
		}
		found := map[seckill.ID]seckill.Standing{}
		for _, id := range orders {
			found[id] = seckill.Standing{Status: status()}
		}
		return found, nil
	}
	base := webtest.Serve(t, webtest.NewServer(t, cfg))
	var open []*webtest.Stream
	for i := range buyers {
		id := strconv.Itoa(1 + i)
		open = append(open, webtest.Follow(t, base, id, webtest.As(t, "buyer-"+id)))
	}
	for _, st := range open {
		require.Equal(t, "awaiting_payment", st.Status(t))
	}
	before := together.Load()
	require.Eventually(t, func() bool { return together.Load() > before+10 }, webtest.Deadline, 5*time.Millisecond)
	require.EqualValues(t, buyers, alone.Load(), "each order was read when its stream began, and not again")
	paid.Store(true)
	for _, st := range open {
		require.Equal(t, "paid", st.Status(t))
		require.Empty(t, st.Next(t, "data: "))
	}
	require.EqualValues(t, 2*buyers, alone.Load())
	ended := together.Load()
	require.Never(t, func() bool { return together.Load() > ended+1 }, 10*cfg.Poll, cfg.Poll, "nobody watches any more")
}

func TestAPanicBeforeAStreamBeginsIsAnAnswer(t *testing.T) {
	t.Parallel()
	base, order, _, l := webtest.Awaiting(t, func(*webtest.Config) {})
	l.OnOrder = func(seckill.ID) (seckill.Order, error) { panic("a defect") }
	require.Equal(t, 500, webtest.Follow(t, base, order, webtest.As(t, "alice")).Resp.StatusCode)
	l.OnOrder = func(id seckill.ID) (seckill.Order, error) {
		return webtest.SampleOrder(id, seckill.OrderAwaitingPayment), nil
	}
	require.Equal(t, "awaiting_payment", webtest.Follow(t, base, order, webtest.As(t, "alice")).Status(t), "the process lives")
}

func TestOpenStreamsAreCountedByWhatTheyTellOf(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	base, order, _, _ := webtest.Awaiting(t, func(c *webtest.Config) { c.Registry = registry })
	open := crowd(t, base, order, webtest.As(t, "alice"))
	require.InDelta(t, len(open), streamsOf(t, registry, "order"), 0)
	require.Zero(t, streamsOf(t, registry, "sale"))
	for _, st := range open {
		_ = st.Resp.Body.Close()
	}
	require.Eventually(t, func() bool { return streamsOf(t, registry, "order") == 0 }, webtest.Deadline, 10*time.Millisecond)
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
	s := webtest.NewShop(t, func(c *webtest.Config) { c.Poll = time.Hour })
	sale := s.Open(webtest.Draft(5, 5))
	order := s.MustBuy(sale, "alice")
	s.Settle(sale)
	pay := func() string {
		return s.Must(200, "POST", "/api/v1/orders/"+order+"/pay", nil, webtest.As(t, "alice")).JSON["payment_id"].(string)
	}
	told := func(data string) map[string]any {
		var o map[string]any
		require.NoError(t, json.Unmarshal([]byte(data), &o))
		return o
	}
	body := webtest.PaymentBody("payment.failed", pay(), order, 19900, "CNY")
	st := webtest.Follow(t, webtest.Serve(t, s.Server), order, webtest.As(t, "alice"))
	require.NotContains(t, told(st.Next(t, "data: ")), "last_payment")

	require.Equal(t, "applied", s.Must(200, "POST", webtest.WebhookPath, body, webtest.Callback(t, "e1", body, time.Now())...).JSON["result"])
	o := told(st.Next(t, "data: "))
	require.Equal(t, "awaiting_payment", o["status"])
	require.Equal(t, "failed", o["last_payment"].(map[string]any)["status"])
	require.Equal(t, o, s.Must(200, "GET", "/api/v1/orders/"+order, nil, webtest.As(t, "alice")).JSON)

	pay()
	require.NotContains(t, s.Must(200, "GET", "/api/v1/orders/"+order, nil, webtest.As(t, "alice")).JSON, "last_payment")
}
