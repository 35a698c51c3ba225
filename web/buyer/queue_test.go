package buyer_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// queueShop is a shop with the sale of a queue, whose worker is the test.
type queueShop struct {
	*webtest.Shop
	sale, path string
	id         seckill.ID
}

func newQueueShop(t *testing.T, stock, limit int64, change ...func(*webtest.Config)) *queueShop {
	t.Helper()
	s := &queueShop{Shop: webtest.NewShop(t, change...)}
	draft := webtest.Draft(stock, limit)
	draft["entry"] = "queue"
	s.sale = s.Open(draft)
	s.path = "/api/v1/sales/" + s.sale + "/queue"
	s.id = webtest.ID(t, s.sale)
	return s
}

func (s *queueShop) opens() { require.NoError(s.T, s.Ledger.OpenQueue(s.T.Context(), s.id)) }

// calls gives turns that end in a while from now.
func (s *queueShop) calls(n int64, in time.Duration) {
	s.T.Helper()
	called, err := s.Ledger.CallTurns(s.T.Context(), s.id, int(n), time.Now().Add(in))
	require.NoError(s.T, err)
	require.Equal(s.T, n, called)
}

// place waits until a buyer is told what a test wants to see: a process knows what
// happened to a queue within a second.
func (s *queueShop) place(buyer, what string, want func(place map[string]any) bool) (place map[string]any) {
	s.T.Helper()
	require.Eventually(s.T, func() bool {
		place = s.Must(200, "GET", s.path, nil, webtest.As(s.T, buyer)).JSON
		return want(place)
	}, webtest.Deadline, 20*time.Millisecond, "%s is never told: %s", buyer, what)
	return place
}

func (s *queueShop) pass(buyer string) string {
	s.T.Helper()
	p := s.place(buyer, "his turn", func(p map[string]any) bool { return p["state"] == "called" })
	return "Queue-Pass: " + p["pass"].(string)
}

func TestWhoQueuesBeforeTheStartIsToldOnlyThatHeIsIn(t *testing.T) {
	t.Parallel()
	s := newQueueShop(t, 5, 1)
	bob := webtest.As(t, "bob")
	s.Must(404, "GET", s.path, nil, bob)
	p := s.Must(202, "POST", s.path, nil, bob).JSON
	require.Equal(t, "waiting", p["state"])
	for _, none := range []string{"place", "ahead", "estimate_seconds", "pass"} {
		require.NotContains(t, p, none)
	}
	require.Equal(t, p, s.Must(200, "POST", s.path, nil, bob).JSON, "the same place, however often")
	body := s.Must(200, "GET", "/api/v1/sales/"+s.sale, nil).JSON
	require.Equal(t, "queue", body["entry"])
	of := body["queue"].(map[string]any)
	require.Equal(t, "gathering", of["state"])
	require.NotContains(t, of, "seed")

	s.opens()
	require.Eventually(t, func() bool {
		of = s.Must(200, "GET", "/api/v1/sales/"+s.sale, nil).JSON["queue"].(map[string]any)
		return of["state"] == "open"
	}, webtest.Deadline, 20*time.Millisecond)
	q, err := s.Ledger.Queue(t.Context(), s.id)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%x", q.Seed), of["seed"], "and the seed is published")
	require.Equal(t, seckill.SeedCommitment(s.id, q.Seed), of["commitment"])
	require.Equal(t, fmt.Sprintf("%016x", seckill.QueueNumber(s.id, q.Seed, "bob")), p["number"])
	s.Must(404, "POST", "/api/v1/sales/"+s.Open(webtest.Draft(1, 1))+"/queue", nil, bob)
}

func TestEveryPlaceIsToldAndHowManyStandBeforeIt(t *testing.T) {
	t.Parallel()
	s := newQueueShop(t, 50, 1)
	buyers := make(map[int64]string)
	q, err := s.Ledger.Queue(t.Context(), s.id)
	require.NoError(t, err)
	var order []int64
	for i := range 6 {
		buyer := fmt.Sprintf("early-%d", i)
		s.Must(202, "POST", s.path, nil, webtest.As(t, buyer))
		n := seckill.QueueNumber(s.id, q.Seed, buyer)
		buyers[n], order = buyer, append(order, n)
	}
	s.opens()
	s.Must(202, "POST", s.path, nil, webtest.As(t, "late-1"))
	s.Must(202, "POST", s.path, nil, webtest.As(t, "late-2"))
	line := make([]string, 0, 8)
	for len(order) > 0 {
		first := 0
		for i := range order {
			if order[i] < order[first] {
				first = i
			}
		}
		line = append(line, buyers[order[first]])
		order = append(order[:first], order[first+1:]...)
	}
	line = append(line, "late-1", "late-2")
	told := func(buyer string, place, ahead int) {
		t.Helper()
		s.place(buyer, fmt.Sprintf("place %d, %d ahead", place, ahead), func(p map[string]any) bool {
			return p["place"] == float64(place) && p["ahead"] == float64(ahead)
		})
	}
	for i, buyer := range line {
		told(buyer, i+1, i)
	}
	s.calls(2, time.Hour)
	told(line[2], 3, 0)
	told(line[7], 8, 5)
	s.Must(204, "DELETE", s.path, nil, webtest.As(t, line[3]))
	s.Must(404, "GET", s.path, nil, webtest.As(t, line[3]))
	told(line[7], 8, 4)
	told(line[2], 3, 0)
	again := s.Must(202, "POST", s.path, nil, webtest.As(t, line[3])).JSON
	require.EqualValues(t, 9, again["place"], "who comes again is behind all others")
	require.NoError(t, s.Ledger.SetPace(t.Context(), s.id, 1, 4))
	p := s.place(line[7], "an estimate", func(p map[string]any) bool { return p["estimate_seconds"] != nil })
	require.EqualValues(t, []any{2.0, 2.0, 5.0}, []any{p["estimate_low_seconds"], p["estimate_seconds"], p["estimate_high_seconds"]})
}

func TestNobodyBuysWithoutAPassOfHisOwn(t *testing.T) {
	t.Parallel()
	s := newQueueShop(t, 10, 5)
	other := newQueueShop(t, 10, 5)
	s.opens()
	for _, buyer := range []string{"alice", "bob", "carol"} {
		s.Must(202, "POST", s.path, nil, webtest.As(t, buyer))
	}
	s.calls(1, time.Hour)
	pass := s.pass("alice")

	a := s.Buy(s.sale, "nobody", 1)
	require.Equal(t, []any{403, "queue_required"}, []any{a.Status, a.JSON["code"]})
	require.NotContains(t, a.JSON, "place")
	s.place("carol", "her place", func(p map[string]any) bool { return p["ahead"] == 1.0 })
	a = s.Buy(s.sale, "carol", 1)
	require.Equal(t, []any{403, "queue_required", 3.0, 1.0}, []any{a.Status, a.JSON["code"], a.JSON["place"], a.JSON["ahead"]})
	for name, shown := range map[string]string{"another's": pass, "forged": pass[:len(pass)-4] + "AAAA", "no pass": "Queue-Pass: x"} {
		a := s.Buy(s.sale, "bob", 1, shown)
		require.Equal(t, []any{403, "queue_required"}, []any{a.Status, a.JSON["code"]}, name)
	}
	other.opens()
	other.Must(202, "POST", other.path, nil, webtest.As(t, "alice"))
	other.calls(1, time.Hour)
	require.Equal(t, 403, s.Buy(s.sale, "alice", 1, other.pass("alice")).Status, "of another sale")

	order := s.Buy(s.sale, "alice", 1, pass, "Idempotency-Key: one")
	require.Equal(t, 202, order.Status, "%s", order.Body)
	again := s.Buy(s.sale, "alice", 1, pass, "Idempotency-Key: one")
	require.Equal(t, []any{200, order.JSON["order_id"]}, []any{again.Status, again.JSON["order_id"]})
	used := s.Buy(s.sale, "alice", 1, pass, "Idempotency-Key: two")
	require.Equal(t, []any{403, "queue_required"}, []any{used.Status, used.JSON["code"]}, "replayed after use")
	s.Settle(s.sale)
	s.place("alice", "that her turn is used", func(p map[string]any) bool { return p["state"] == "served" })
	again = s.Buy(s.sale, "alice", 1, "Idempotency-Key: one")
	require.Equal(t, []any{200, order.JSON["order_id"]}, []any{again.Status, again.JSON["order_id"]}, "whoever asks again gets the order, also without the pass")

	require.Equal(t, 202, s.Must(202, "POST", s.path, nil, webtest.As(t, "alice")).Status, "and may queue again")
	w := s.Call("POST", "/api/v1/sales/"+s.sale+"/waitlist", wantPhone(1), webtest.As(t, "bob"))
	require.Equal(t, []any{403, "not_eligible", "queue"}, []any{w.Status, w.JSON["code"], w.JSON["rule"]})
}

func TestAPassEndsWithItsTurnAndTheGrace(t *testing.T) {
	t.Parallel()
	s := newQueueShop(t, 10, 5)
	s.opens()
	s.Must(202, "POST", s.path, nil, webtest.As(t, "alice"))
	s.calls(1, time.Second)
	pass := s.pass("alice")
	s.place("alice", "that her turn has passed", func(p map[string]any) bool { return p["state"] == "lapsed" })
	a := s.Buy(s.sale, "alice", 1, pass)
	require.Equal(t, []any{403, "queue_required"}, []any{a.Status, a.JSON["code"]})
	_, err := s.Ledger.LapseTurns(t.Context(), s.id, time.Now())
	require.NoError(t, err)
	require.Equal(t, "waiting", s.Must(202, "POST", s.path, nil, webtest.As(t, "alice")).JSON["state"])
}

func TestAWatchedPlaceTellsOfEachChange(t *testing.T) {
	t.Parallel()
	s := newQueueShop(t, 10, 5)
	base := webtest.Serve(t, s.Server)
	s.Must(202, "POST", s.path, nil, webtest.As(t, "alice"))
	s.Must(202, "POST", s.path, nil, webtest.As(t, "bob"))
	until := func(w *webtest.Stream, what string, want func(p map[string]any) bool) {
		t.Helper()
		for {
			data := w.Next(t, "data: ")
			require.NotEmpty(t, data, "it ended before it said: %s", what)
			var p map[string]any
			require.NoError(t, json.Unmarshal([]byte(data), &p))
			if want(p) {
				return
			}
		}
	}
	watch := webtest.Watch(t, base+s.path+"/events", webtest.As(t, "alice"))
	require.Equal(t, 200, watch.Resp.StatusCode)
	until(watch, "in", func(p map[string]any) bool { return p["state"] == "waiting" && p["place"] == nil })
	s.opens()
	until(watch, "shuffled", func(p map[string]any) bool { return p["place"] != nil })
	s.calls(2, time.Hour)
	until(watch, "called", func(p map[string]any) bool { return p["state"] == "called" && p["pass"] != nil })
	require.Equal(t, 202, s.Buy(s.sale, "alice", 1, s.pass("alice")).Status)
	s.Settle(s.sale)
	until(watch, "served", func(p map[string]any) bool { return p["state"] == "served" })
	require.Empty(t, watch.Next(t, "data: "), "it ends with the turn")
	require.Equal(t, 404, webtest.Watch(t, base+s.path+"/events", webtest.As(t, "nobody")).Resp.StatusCode)
	require.Equal(t, 401, webtest.Watch(t, base+s.path+"/events").Resp.StatusCode)
}

func TestOperatorsSeePauseAndFlushAQueue(t *testing.T) {
	t.Parallel()
	s := newQueueShop(t, 10, 5)
	s.opens()
	for _, buyer := range []string{"alice", "bob", "carol"} {
		s.Must(202, "POST", s.path, nil, webtest.As(t, buyer))
	}
	s.calls(1, time.Hour)
	admin := "/api/v1/admin/sales/" + s.sale + "/queue"
	q := s.Must(200, "GET", admin, nil, webtest.Admin).JSON
	require.Equal(t, []any{"open", 3.0, 2.0, 1.0}, []any{q["state"], q["joined"], q["waiting"], q["called"]})
	q = s.Must(200, "POST", admin+"/pause", nil, webtest.Admin).JSON
	require.Equal(t, []any{"paused", true}, []any{q["state"], q["paused"]})
	q = s.Must(200, "POST", admin+"/resume", nil, webtest.Admin).JSON
	require.Equal(t, []any{"open", false}, []any{q["state"], q["paused"]})
	q = s.Must(200, "POST", admin+"/flush", nil, webtest.Admin).JSON
	require.Equal(t, []any{0.0, 1.0, 2.0}, []any{q["waiting"], q["called"], q["lapsed"]})
	s.place("carol", "that she has to join again", func(p map[string]any) bool { return p["state"] == "lapsed" })
	s.Must(401, "POST", admin+"/flush", nil)
	open := s.Open(webtest.Draft(1, 1))
	s.Must(404, "GET", "/api/v1/admin/sales/"+open+"/queue", nil, webtest.Admin)
	s.Must(404, "POST", "/api/v1/admin/sales/"+open+"/queue/flush", nil, webtest.Admin)

	s.Must(200, "POST", "/api/v1/admin/sales/"+s.sale+"/close", nil, webtest.Admin)
	a := s.Call("POST", s.path, nil, webtest.As(t, "dave"))
	require.Equal(t, []any{410, "ended"}, []any{a.Status, a.JSON["code"]})
}
