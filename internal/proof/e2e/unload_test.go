package e2e

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// openSaleFor is openSale of one that ends by itself.
func (s *stage) openSaleFor(window, hold time.Duration, it item) sale {
	s.t.Helper()
	now := time.Now().UTC()
	a := must(s.t, "POST", s.webs[0].url+"/api/v1/admin/sales", adminToken, map[string]any{
		"name": "Test of " + s.t.Name(), "starts_at": now.Add(-time.Minute), "ends_at": now.Add(window),
		"hold_seconds": int64(hold / time.Second), "items": []map[string]any{{"sku": it.sku, "title": it.sku, "price": price,
			"currency": "CNY", "stock": it.stock, "limit_per_buyer": it.limit}},
	})
	require.Equal(s.t, 201, a.HTTP, "%s", a.Body)
	var made struct{ ID string }
	require.NoError(s.t, json.Unmarshal(a.Body, &made))
	a = must(s.t, "POST", s.webs[0].url+"/api/v1/admin/sales/"+made.ID+"/preload", adminToken, nil)
	require.Equal(s.t, 200, a.HTTP, "%s", a.Body)
	return sale{s, made.ID}
}

func (s sale) state() string {
	s.t.Helper()
	return must(s.t, "GET", s.url(0)+"/api/v1/admin/sales/"+s.id, adminToken, nil).State
}

// A sale is left to itself: it ends, is closed, leaves Redis, and is answered from
// SQL. Another, that was closed while an order of it awaited its payment, stays
// until that is over.
func TestSalesThatAreOverLeaveRedis(t *testing.T) {
	t.Parallel()
	addr, password, prefix := testkit.Redis(t)
	stage := onRedis(t, addr, password, prefix)
	stage.env = append(stage.env, "SECKILL_WORKER_UNLOAD_AFTER=1s")
	stage.launch(1, 1)
	client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
	defer client.Close()
	keys := func(s sale) []string {
		t.Helper()
		found, err := client.Keys(t.Context(), prefix+":{"+s.id+"}:*").Result()
		require.NoError(t, err)
		return found
	}
	listed := func() []string {
		t.Helper()
		found, err := client.HKeys(t.Context(), prefix+":sales").Result()
		require.NoError(t, err)
		return found
	}

	early := stage.openSale(longHold, item{"phone-1", 10, 1})
	waitingToken, waiting := early.awaiting("waiting")
	a := must(t, "POST", stage.url(0)+"/api/v1/admin/sales/"+early.id+"/close", adminToken, nil)
	require.Equal(t, 200, a.HTTP, "%s", a.Body)

	s := stage.openSaleFor(8*time.Second, shortHold, item{"phone-1", 10, 1})
	bought := s.buy(0, buyerToken("expirer"), "k", line{"phone-1", 1})
	require.Equal(t, 202, bought.HTTP, "%s", bought.Body)
	must(t, "POST", stage.url(0)+"/api/v1/admin/sales/"+s.id+"/pause", adminToken, nil) // a paused sale ends too
	require.NotEmpty(t, keys(s))
	testkit.Eventually(t, func() bool { return s.state() == "closed" }, "the sale is closed")
	testkit.Eventually(t, func() bool { return len(keys(s)) == 0 }, "its keys are gone")
	// The list is another key: it follows a step later.
	testkit.Eventually(t, func() bool { return slices.Equal(listed(), []string{early.id}) }, "and Redis no longer lists it")
	require.NotEmpty(t, keys(early), "an order still awaits its payment")

	require.Equal(t, "ended", must(t, "GET", stage.url(0)+"/api/v1/sales/"+s.id, "", nil).Status)
	require.Equal(t, 410, s.buy(0, buyerToken("late"), "", line{"phone-1", 1}).HTTP)
	again := s.buy(0, buyerToken("expirer"), "k", line{"phone-1", 1})
	require.Equal(t, 200, again.HTTP, "%s", again.Body)
	require.Equal(t, bought.OrderID, again.OrderID)
	require.Equal(t, "expired", again.Status)
	require.Equal(t, "applied", stage.callback("evt-late", time.Now(), succeeded("pay_late", bought.OrderID, price)).Result,
		"SQL has a unit left, and nobody else can buy it")
	require.Equal(t, "paid", stage.order(buyerToken("expirer"), bought.OrderID).Status)
	code, out, errs := stage.command("audit", "--url="+stage.url(0))
	require.Equal(t, 0, code, "%s%s", out, errs)

	require.Equal(t, "applied", stage.pay(waitingToken, waiting).Result)
	testkit.Eventually(t, func() bool { return len(keys(early)) == 0 }, "now the other leaves too")
	require.Equal(t, "paid", stage.order(waitingToken, waiting).Status)
}
