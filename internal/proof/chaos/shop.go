package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// stockUp fills the shop's stock, as an operator does.
func (run *Run) stockUp(ctx context.Context) error {
	for _, g := range run.Goods {
		body, _ := json.Marshal(map[string]any{"on_hand": g.Units, "reason": "delivered"})
		a := run.call(ctx, "POST", run.slots[0].url()+"/api/v1/admin/inventory/"+g.Name, adminToken, nil, body)
		if a.HTTP != 200 {
			return fmt.Errorf("stock of %s: %d %s", g.Name, a.HTTP, a.Body)
		}
	}
	return nil
}

// sellOrders lets the shop have its ordinary orders.
func (run *Run) sellOrders(ctx context.Context, wg *sync.WaitGroup) {
	for _, o := range run.ShopOrders {
		wg.Go(func() { (&shopOrder{ShopOrderPlan: o, run: run}).live(ctx) })
	}
}

// shopOrder is one order of the shop at work.
type shopOrder struct {
	ShopOrderPlan
	run *Run
}

func (o *shopOrder) live(ctx context.Context) {
	sold := false
	draw := rand.New(rand.NewPCG(o.Draw, 0))
	pause(ctx, time.Until(o.run.began.Add(o.At)))
	switch o.Conduct {
	case shopRollsBackNow:
		var both sync.WaitGroup
		both.Go(func() { o.sell(ctx, o.Web) })
		pause(ctx, millis(draw, 0, 20))
		o.rollBack(ctx)
		both.Wait()
		return
	case shopSellsTwice:
		// One may be told that there are too few, and the other get them a moment later.
		var other sync.WaitGroup
		also := false
		other.Go(func() { also = o.sell(ctx, (o.Web+1)%webs) })
		sold = o.sell(ctx, o.Web)
		other.Wait()
		sold = sold || also
	default:
		sold = o.sell(ctx, o.Web)
	}
	pause(ctx, millis(draw, 0, 800))
	switch {
	case o.Conduct == shopForgets || !sold:
	case o.Conduct == shopRollsBack:
		o.rollBack(ctx)
		o.rollBack(ctx)
	default:
		o.insist(ctx, o.Web, "Confirm", map[string]any{"order_no": o.No})
	}
}

func (o *shopOrder) sell(ctx context.Context, web int) (sold bool) {
	body := map[string]any{"order_no": o.No, "user": "user-of-" + o.No, "lines": o.Lines}
	if o.Hold > 0 {
		body["hold"] = fmt.Sprintf("%.3fs", o.Hold.Seconds())
	}
	return o.insist(ctx, web, "Sell", body).HTTP == 200
}

func (o *shopOrder) rollBack(ctx context.Context) {
	o.insist(ctx, o.Web, "Rollback", map[string]any{"order_no": o.No})
}

// decided are the codes after which a call is not repeated.
var decided = []string{"failed_precondition", "not_found", "invalid_argument", "unauthenticated"}

// insist calls the inventory service until it has decided, as its callers are told to.
func (o *shopOrder) insist(ctx context.Context, web int, method string, request map[string]any) answer {
	body, _ := json.Marshal(request)
	until := o.run.began.Add(o.run.Load + settleFor)
	for ; time.Now().Before(until) && ctx.Err() == nil; web = (web + 1) % webs {
		url := o.run.slots[web].rpc() + "/seckill.inventory.v1.InventoryService/" + method
		a := o.run.call(ctx, "POST", url, rpcToken, nil, body)
		o.run.history.note(o.No, o.No, "%s at %s: %d %s", method, slotName(web), a.HTTP, a.Code)
		if a.HTTP == 200 || slices.Contains(decided, a.Code) {
			o.run.history.tell(ShopAnswer{Order: o.No, Method: method, HTTP: a.HTTP, Code: a.Code})
			return a
		}
		pause(ctx, 100*time.Millisecond)
	}
	o.run.history.tell(ShopAnswer{Order: o.No, Method: method})
	return answer{}
}
