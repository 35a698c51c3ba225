package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// slowSettling is a sale whose one worker reaches SQL over a proxy, and settles a
// few orders at a time. The web process reaches SQL as ever.
func slowSettling(t *testing.T) (sale, *testkit.Proxy) {
	s := onServices(t)
	s.env = append(s.env, "SECKILL_ADMISSION_MIN_IN_FLIGHT=20", "SECKILL_SETTLER_BATCH=40", "SECKILL_SETTLER_CONSUMERS=1",
		"SECKILL_RELAY_REPUBLISH_AFTER=1m") // what is only slow is not lost
	s.webs = []*process{start(t, s.env, "web")}
	s.awaitReady()
	own := &stage{t: t, env: slices.Clone(s.env)}
	proxy := own.reachesSQLOver()
	s.workers = []*process{start(t, own.env, "worker")}
	s.awaitReady()
	return s.openSale(middleHold, item{"phone-1", 100_000, 1}), proxy
}

// refusal is a 503 that a buyer got.
type refusal struct {
	at         time.Time
	code       string
	retryAfter string
}

// press lets buyers come one after the other, on several connections, and returns
// what they were told.
func (s sale) press(name string, during time.Duration) (accepted []told, refused []refusal) {
	s.t.Helper()
	const connections = 8
	var mu sync.Mutex
	var wg sync.WaitGroup
	until := time.Now().Add(during)
	for c := range connections {
		wg.Go(func() {
			for n := 0; time.Now().Before(until) && !s.t.Failed(); n++ {
				buyer := fmt.Sprintf("%s-%d-%d", name, c, n)
				order, no := s.click(buyer)
				mu.Lock()
				if no != nil {
					refused = append(refused, *no)
				} else {
					accepted = append(accepted, told{buyer, order})
				}
				mu.Unlock()
				if no != nil {
					time.Sleep(100 * time.Millisecond) // a buyer's patience
				}
			}
		})
	}
	wg.Wait()
	return accepted, refused
}

// click buys one unit: an order, or a 503.
func (s sale) click(buyer string) (order string, no *refusal) {
	body := []byte(`{"lines":[{"sku":"phone-1","quantity":1}]}`)
	req, err := http.NewRequest("POST", s.url(0)+"/api/v1/sales/"+s.id+"/orders", bytes.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+buyerToken(buyer))
	}
	var res *http.Response
	if err == nil {
		res, err = httpClient.Do(req)
	}
	if err != nil {
		s.t.Error(err)
		return "", &refusal{}
	}
	defer res.Body.Close()
	var a answer
	err = json.NewDecoder(res.Body).Decode(&a)
	if err != nil || res.StatusCode != 202 && res.StatusCode != 503 {
		s.t.Errorf("%s was answered %d %v: %v", buyer, res.StatusCode, a, err)
	}
	if res.StatusCode == 202 {
		return a.OrderID, nil
	}
	return "", &refusal{at: time.Now(), code: a.Code, retryAfter: res.Header.Get("Retry-After")}
}

type backlogStats struct {
	Orders     int64   `json:"orders_in_flight"`
	Limit      int64   `json:"in_flight_limit"`
	SettleRate float64 `json:"settle_rate"`
}

func (s sale) backlog() (b backlogStats) {
	s.t.Helper()
	a := must(s.t, "GET", s.url(0)+"/api/v1/admin/sales/"+s.id+"/stats", adminToken, nil)
	require.Equal(s.t, 200, a.HTTP, "%s", a.Body)
	require.NoError(s.t, json.Unmarshal(a.Body, &b))
	return b
}

// longestWait waits until every order is in SQL and tells how long the slowest
// took from its admission. An order of which a buyer was told never fails.
func (s sale) longestWait(orders []told) time.Duration {
	s.t.Helper()
	l := s.openLedger()
	var longest time.Duration
	for _, o := range orders {
		id, err := seckill.ParseID(o.order)
		require.NoError(s.t, err)
		var order seckill.Order
		testkit.Eventually(s.t, func() bool {
			order, err = l.Order(s.t.Context(), id)
			return err == nil
		}, "order "+o.order+" is in SQL")
		require.NotEqual(s.t, seckill.OrderFailed, order.Status)
		history, err := l.StockHistory(s.t.Context(), id)
		require.NoError(s.t, err)
		longest = max(longest, history[0].At.Sub(order.CreatedAt))
	}
	return longest
}

// SQL is so slow that it takes some dozens of orders a second. Admission takes no
// more than SQL does, so that every order that was taken is recorded in time.
func TestAdmissionStopsBeforeOrdersWaitTooLong(t *testing.T) {
	t.Parallel()
	s, proxy := slowSettling(t)
	// Each way: far longer than what the machine itself may need now and then, since who
	// was let in by one pace waits longer when it falls.
	proxy.Slow(80 * time.Millisecond)
	// The pace is measured with the first orders. Where it is known before the last of
	// them, who comes then may have to press again.
	var first []told
	for i := range 100 {
		buyer := fmt.Sprint("first-", i)
		testkit.Eventually(t, func() bool {
			order, no := s.click(buyer)
			if no != nil {
				require.Equal(t, "unavailable", no.code)
				require.NotEmpty(t, no.retryAfter)
				return false
			}
			first = append(first, told{buyer, order})
			return true
		}, buyer+" gets in")
	}
	testkit.Eventually(t, func() bool { return s.backlog().SettleRate > 0 }, "the pace is known")
	began := time.Now()
	var accepted []told
	var refused []refusal
	for round := 0; len(refused) == 0 && time.Since(began) < middleHold; round++ {
		more, no := s.press(fmt.Sprint("crowd-", round), time.Second)
		accepted, refused = append(accepted, more...), append(refused, no...)
	}
	require.NotEmpty(t, refused)
	require.Less(t, refused[0].at.Sub(began), middleHold/2, "before an order has waited for half of its hold")
	more, no := s.press("those who insist", time.Duration(testkit.Sized(20, 2))*time.Second)
	accepted, refused = append(accepted, more...), append(refused, no...)
	testkit.Eventually(t, func() bool { _, no := s.click("patient"); return no == nil }, "as fast as SQL is, it goes on")
	t.Logf("%d accepted, %d refused, the first after %s, then %+v", len(accepted), len(refused), refused[0].at.Sub(began), s.backlog())
	for _, r := range refused {
		require.Equal(t, "unavailable", r.code)
		require.NotEmpty(t, r.retryAfter)
	}

	proxy.Restore()
	testkit.Eventually(t, func() bool { return s.backlog().Orders == 0 }, "it drains")
	after, _ := s.press("after", time.Second)
	require.NotEmpty(t, after)
	longest := s.longestWait(slices.Concat(first, accepted, after))
	t.Logf("the longest wait was %s", longest)
	require.Less(t, longest, middleHold, "nobody's time to pay was over before his order was recorded")
	s.audit()
}

// Without SQL nothing is settled. Admission stops when orders have waited for
// half of their hold, and goes on by itself.
func TestAdmissionStopsWhileSQLIsAwayForLong(t *testing.T) {
	t.Parallel()
	s, proxy := slowSettling(t)
	before, _ := s.press("before", time.Second)
	testkit.Eventually(t, func() bool { return s.backlog().Orders == 0 }, "all is settled")

	proxy.Cut()
	order, no := s.click("first")
	require.Nil(t, no)
	since := time.Now()
	var during []told
	testkit.Eventually(t, func() bool {
		buyer := fmt.Sprint("during-", len(during))
		order, no := s.click(buyer)
		if no == nil && time.Since(since) < middleHold {
			during = append(during, told{buyer, order})
			time.Sleep(500 * time.Millisecond) // few come, so that no limit is reached
		}
		return no != nil
	}, "admission stops")
	require.Less(t, time.Since(since), middleHold)
	proxy.Restore()

	testkit.Eventually(t, func() bool { order, no := s.click("after"); return no == nil && order != "" }, "it goes on")
	s.longestWait(slices.Concat(before, []told{{"first", order}}, during))
	s.audit()
}
