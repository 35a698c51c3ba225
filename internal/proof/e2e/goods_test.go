package e2e

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// stock is what the admin API says of a goods.
type stock struct {
	OnHand    int64 `json:"on_hand"`
	Available int64 `json:"available"`
	Reserved  int64 `json:"reserved"`
	Allotted  int64 `json:"allotted"`
	Sold      int64 `json:"sold"`
}

func (s *stage) stock(goods string) (g stock) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		a, err := call("GET", s.url(0)+"/api/v1/admin/inventory/"+goods, adminToken, nil, nil)
		return err == nil && a.HTTP == 200 && json.Unmarshal(a.Body, &g) == nil
	}, "the stock is told")
	return g
}

// delivered puts units of a goods into the shop's stock.
func (s *stage) delivered(goods string, units int64) {
	s.t.Helper()
	a := s.persistently("POST", "/api/v1/admin/inventory/"+goods, adminToken, map[string]any{"on_hand": units, "reason": "delivered"})
	require.Equal(s.t, 200, a.HTTP, "%s", a.Body)
}

// goodsAddUp asserts that the counters of all goods agree with what is recorded.
func (s *stage) goodsAddUp() {
	s.t.Helper()
	a := must(s.t, "GET", s.url(0)+"/api/v1/admin/inventory-audit", adminToken, nil)
	require.Equal(s.t, 200, a.HTTP, "%s", a.Body)
	require.JSONEq(s.t, `{"clean":true,"drift":[]}`, string(a.Body))
}

// keepsOnly waits until the closed sale has what it sold and no more, in Redis as in SQL.
func (s sale) keepsOnly(sold int64) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		a, err := call("GET", s.adminURL()+"/audit", adminToken, nil, nil)
		var audit seckill.Audit
		return err == nil && a.HTTP == 200 && json.Unmarshal(a.Body, &audit) == nil && audit.Conserved && len(audit.Items) == 1 &&
			audit.Items[0].Total == sold && audit.Items[0].Sold == sold
	}, "the sale keeps only what it sold")
}

// tell calls the inventory service until there is an answer that stands.
func (s *stage) tell(method string, body map[string]any) (answer, bool) {
	stageMu.RLock()
	url := s.webs[0].rpcURL
	stageMu.RUnlock()
	a, err := call("POST", url+"/seckill.inventory.v1.InventoryService/"+method, rpcToken, nil, body)
	return a, err == nil && a.Code != "unavailable"
}

// customers order of a goods all the time, one after the other, and confirm every other
// order; the others they roll back.
type customers struct {
	stage     *stage
	goods     string
	stop      chan struct{}
	done      sync.WaitGroup
	confirmed int64
}

func (s *stage) customers(goods string) *customers {
	c := &customers{stage: s, goods: goods, stop: make(chan struct{})}
	c.done.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-c.stop:
				return
			default:
			}
			number := fmt.Sprintf("shop-%d", n)
			c.insist("Sell", map[string]any{"order_no": number, "user": "eve", "lines": []map[string]any{{"goods": goods, "quantity": 1}}})
			if n%2 == 0 {
				c.insist("Rollback", map[string]any{"order_no": number})
				continue
			}
			c.insist("Confirm", map[string]any{"order_no": number})
			c.confirmed++
		}
	})
	return c
}

func (c *customers) insist(method string, body map[string]any) {
	var last answer
	testkit.Eventually(c.stage.t, func() (ok bool) {
		last, ok = c.stage.tell(method, body)
		return ok
	}, "an order of the shop has its answer")
	if last.HTTP != 200 {
		c.stage.t.Errorf("%s %v: %s", method, body, last.Body)
	}
}

func (c *customers) end() int64 {
	close(c.stop)
	c.done.Wait()
	return c.confirmed
}

// again kills a process and starts another one in its place.
func (s *stage) again(list []*process, role string) {
	s.t.Helper()
	dead := list[0]
	dead.kill()
	fresh := start(s.t, s.env, role)
	stageMu.Lock()
	s.replace(dead, fresh)
	stageMu.Unlock()
	s.awaitReady()
}

// A sale takes its units of the shop's stock, is topped up and closed, while ordinary
// orders sell from the same goods; whatever dies on the way, each unit is where it belongs.
func TestASaleOfTheShopsGoodsIsSettledWhateverDies(t *testing.T) {
	t.Parallel()
	stage := external(t, 1, 1)
	const goods, units = "cup-1", 10_000
	stage.delivered(goods, units)
	shop := stage.customers(goods)
	tooMany := stage.draftSaleOf(goods, middleHold, item{"phone-1", units + 1, 1})
	require.Equal(t, 409, must(t, "POST", tooMany.adminURL()+"/preload", adminToken, nil).HTTP, "there are not so many")

	s := stage.draftSaleOf(goods, middleHold, item{"phone-1", 30, 1})
	s.preload()
	stage.again(stage.workers, "worker")
	require.EqualValues(t, 30, stage.stock(goods).Allotted)
	var paid int64
	for n := range 10 {
		token := buyerToken(fmt.Sprintf("buyer-%d", n))
		order := s.insist(0, token, "", "phone-1")
		require.Equal(t, 202, order.HTTP, "%s", order.Body)
		if n == 5 {
			stage.again(stage.webs, "web")
		}
		if n%2 == 0 {
			testkit.Eventually(t, func() bool { return stage.order(token, order.OrderID).Status == "awaiting_payment" }, "the order can be paid")
			require.Equal(t, "applied", s.pay(token, order.OrderID).Result)
			paid++
		}
	}
	stage.again(stage.workers, "worker")
	a := must(t, "POST", s.adminURL()+"/items/phone-1/stock", adminToken, map[string]any{"delta": 5, "reason": "more came"})
	require.Equal(t, 200, a.HTTP, "%s", a.Body)
	a = must(t, "POST", s.adminURL()+"/items/phone-1/stock", adminToken, map[string]any{"delta": -2, "reason": "broken"})
	require.Equal(t, 200, a.HTTP, "%s", a.Body)
	stage.again(stage.webs, "web")
	require.EqualValues(t, 33, stage.stock(goods).Allotted)

	a = must(t, "POST", s.adminURL()+"/close", adminToken, nil)
	require.Equal(t, 200, a.HTTP, "%s", a.Body)
	stage.again(stage.workers, "worker")
	testkit.Eventually(t, func() bool { return stage.stock(goods).Allotted == 0 }, "the sale has given back what it did not sell")
	confirmed := shop.end()
	require.Equal(t, stock{OnHand: units - paid - confirmed, Available: units - paid - confirmed, Sold: paid + confirmed}, stage.stock(goods))
	stage.goodsAddUp()
	require.Equal(t, paid, s.auditOnceSold("phone-1", paid).Total)
	require.Positive(t, confirmed)
}
