package operator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

// named is one event of a stream.
type named struct {
	name string
	data map[string]any
}

// watch opens a dashboard's stream and hands its events over until the test ends.
func watch(t *testing.T, s http.Handler, sale string) (status int, events <-chan named) {
	t.Helper()
	srv := httptest.NewServer(s)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(srv.Close)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", srv.URL+"/api/v1/admin/sales/"+sale+"/live", nil)
	require.NoError(t, err)
	name, value, _ := strings.Cut(webtest.Admin, ": ")
	req.Header.Set(name, value)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	out := make(chan named, 100)
	go func() {
		defer close(out)
		var e named
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				e = named{name: text}
			}
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(text), &e.data) == nil {
				out <- e
			}
		}
	}()
	return resp.StatusCode, out
}

// until reads events up to the first one that fits.
func until(t *testing.T, events <-chan named, fits func(named) bool) named {
	t.Helper()
	timeout := time.After(webtest.Deadline)
	for {
		select {
		case e, open := <-events:
			require.True(t, open, "the stream ended")
			if fits(e) {
				return e
			}
		case <-timeout:
			require.Fail(t, "no such event came")
		}
	}
}

func TestADashboardSeesASaleSell(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, func(c *webtest.Config) {
		c.Auditor = webtest.AuditorOf(func(seckill.ID) (seckill.Audit, error) { return seckill.Audit{Conserved: true, At: time.Now()}, nil })
	})
	sale := s.Open(webtest.Draft(2, 1))
	status, events := watch(t, s.Server.Handler(), sale)
	require.Equal(t, 200, status)
	first := until(t, events, func(e named) bool { return e.name == "reading" })
	require.Equal(t, "live", first.data["phase"])
	require.EqualValues(t, 2, first.data["items"].([]any)[0].(map[string]any)["available"])
	s.MustBuy(sale, "ann")
	s.MustBuy(sale, "bob")
	require.Equal(t, 409, s.Buy(sale, "eve", 1).Status)
	queued := until(t, events, func(e named) bool { return e.data["orders_in_flight"] == 2.0 && e.data["phase"] == "sold_out" })
	require.EqualValues(t, 1, queued.data["refusals"].(map[string]any)["sold_out"])
	require.EqualValues(t, 3, queued.data["latency"].(map[string]any)["count"])
	until(t, events, func(e named) bool { return e.data["lag_seconds"].(float64) > 0 })
	s.Settle(sale)
	done := until(t, events, func(e named) bool {
		orders, _ := e.data["orders"].(map[string]any)
		return orders["awaiting_payment"] == 2.0 && e.data["orders_in_flight"] == 0.0
	})
	require.EqualValues(t, 0, done.data["lag_seconds"])
	until(t, events, func(e named) bool {
		audit, _ := e.data["audit"].(map[string]any)
		return audit["conserved"] == true
	})
}

func TestManyDashboardsOfASaleShareOneReading(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	var mu sync.Mutex
	var reads []time.Time
	l.OnSale = func(id seckill.ID) (seckill.Sale, error) {
		mu.Lock()
		defer mu.Unlock()
		reads = append(reads, time.Now())
		return seckill.Sale{ID: id, State: seckill.SaleReady, EndsAt: time.Now().Add(time.Hour)}, nil
	}
	g.OnCounters = func(seckill.ID) (map[string]gate.Counters, error) { return nil, nil }
	s := webtest.NewServer(t, cfg)
	begun := time.Now()
	dashboards := make([]<-chan named, 8)
	for i := range dashboards {
		status, events := watch(t, s.Handler(), "7")
		require.Equal(t, 200, status)
		dashboards[i] = events
	}
	for _, events := range dashboards {
		for range 3 {
			until(t, events, func(e named) bool { return e.name == "reading" })
		}
	}
	mu.Lock()
	defer mu.Unlock()
	most := int(time.Since(begun)/(800*time.Millisecond)) + 2
	require.LessOrEqual(t, len(reads), most, "readings in %v", time.Since(begun))
}

func TestADashboardOutlivesAnOutageAndEndsWithItsSale(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	var answer sync.Map
	l.OnSale = func(id seckill.ID) (seckill.Sale, error) {
		err, _ := answer.Load("err")
		e, _ := err.(error)
		return seckill.Sale{ID: id, State: seckill.SaleReady}, e
	}
	g.OnCounters = func(seckill.ID) (map[string]gate.Counters, error) { return nil, nil }
	s := webtest.NewServer(t, cfg)
	_, events := watch(t, s.Handler(), "7")
	until(t, events, func(e named) bool { return e.name == "reading" })
	answer.Store("err", error(seckill.Unavailable(nil, "away")))
	problem := until(t, events, func(e named) bool { return e.name == "problem" })
	require.Equal(t, "unavailable", problem.data["code"])
	answer.Store("err", webtest.NotFound(""))
	until(t, events, func(e named) bool { return e.name == "gone" })

	status, _ := watch(t, s.Handler(), "7")
	require.Equal(t, 404, status)
}

func TestADashboardNeedsTheAdminTokenAndHasItsBound(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	require.Equal(t, 401, s.Call("GET", "/api/v1/admin/sales/"+sale+"/live", nil).Status)
	s.Server.SetDraining(true)
	_, events := watch(t, s.Server.Handler(), sale)
	for range events { // it ends by itself
	}
	s.Server.SetDraining(false)
	for range 50 {
		watch(t, s.Server.Handler(), sale)
	}
	require.Equal(t, 503, s.Call("GET", "/api/v1/admin/sales/"+sale+"/live", nil, webtest.Admin).Status)
}
