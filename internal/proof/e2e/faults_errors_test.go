package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Every step between two systems fails once, in every process, while the
// service does everything that it does. That each of them was passed shows also
// that no point is dead code.
func TestNothingIsLostWhenEveryStepFailsOnce(t *testing.T) {
	t.Parallel()
	stage := onServices(t)
	plan := make([]string, 0, len(fault.Names()))
	for _, name := range fault.Names() {
		action := "error@1"
		if strings.HasPrefix(string(name), "load.") {
			// A load that fails keeps the sale shut for the loader's lease: deaths
			// show what comes of that, and here it would only take long.
			action = "pause:0s"
		}
		plan = append(plan, string(name)+"="+action)
	}
	provider, shop := newProvider(t), newWebhookShop(t)
	provider.takeAll(stage)
	stage.env = append(append(append(append(stage.env, inSmallSteps...), provider.env()...), shop.env()...), fault.Env+"="+strings.Join(plan, ";"), "SECKILL_LOG_LEVEL=debug")
	stage.launch(1, 1)
	announced := stage.watchEvents()

	lasting := stage.draftSale(longHold, item{"phone-1", 60, 1})
	lasting.administer("/preload", nil)
	for _, path := range []string{"/pause", "/resume"} {
		lasting.administer(path, nil)
	}
	for _, delta := range []int64{5, -3} {
		lasting.administer(stockPath, stockChange(delta))
	}
	passing := stage.draftSale(shortHold, item{"phone-1", 20, 1})
	passing.administer("/preload", nil)

	silent := stage.draftSale(shortHold, item{"phone-1", 20, 1})
	silent.administer("/preload", nil)
	expired := passing.rush(crowd{buyers: 30, clicks: 1, connections: 4}, "phone-1")
	waiting := lasting.rush(crowd{buyers: 20, clicks: 1, connections: 4}, "phone-1")
	require.Len(t, waiting, 20)
	var paid, cancelled []told
	var twice []string
	for i := range 3 {
		twice = append(twice, lasting.buyAndPayTwice(fmt.Sprintf("twice-%d", i)))
		paid = append(paid, lasting.buyCancelAndPayOne(fmt.Sprintf("late-%d", i)))
	}
	_, found, _ := silent.begun("silent")
	for i := range 4 {
		paid = append(paid, lasting.buyAndPayOne(fmt.Sprintf("payer-%d", i)))
		cancelled = append(cancelled, lasting.buyAndCancelOne(fmt.Sprintf("canceller-%d", i)))
	}

	scarce := stage.draftSale(longHold, item{"phone-1", 1, 1})
	scarce.administer("/preload", nil)
	only := scarce.rush(crowd{buyers: 1, clicks: 1, connections: 1}, "phone-1")
	require.Equal(t, 1, scarce.settled(only))
	scarce.joins("waiter", 1)
	require.Equal(t, 200, stage.persistently("POST", "/api/v1/orders/"+only[0].order+"/cancel", buyerToken(only[0].buyer), nil).HTTP)

	queued := stage.queueSale(0, item{"phone-1", 1, 1})
	queued.queues(0, "first")
	_, came := queued.comes(0, "first")
	require.True(t, came)

	drawn := stage.drawSale(item{"phone-1", 2, 1})
	entered := drawn.enterAll(5)

	stage.delivered("cup-1", 8)
	borrowing := stage.draftSaleOf("cup-1", longHold, item{"phone-1", 5, 1})
	borrowing.administer("/preload", nil)
	borrowing.administer("/close", nil)

	require.Equal(t, 20, lasting.settled(waiting))
	for _, o := range paid {
		require.True(t, stage.isStatus(o, "paid"))
		announced(o, "awaiting_payment", "paid")
		shop.wasTold(o, "awaiting_payment", "paid")
	}
	provider.returns(stage, twice)
	testkit.Eventually(t, func() bool { return stage.isStatus(told{"silent", found}, "paid") }, "a payment without a callback is found")
	for _, o := range cancelled {
		require.True(t, stage.isStatus(o, "cancelled"))
		announced(o, "awaiting_payment", "cancelled")
		shop.wasTold(o, "awaiting_payment", "cancelled")
	}
	it := lasting.auditOnceSold("phone-1", 10) // 3 twice, 3 late, 4 plainly
	require.EqualValues(t, 62, it.Total)
	require.EqualValues(t, 20, it.Reserved)
	require.EqualValues(t, 62-20-10, it.Available)
	for _, o := range expired {
		testkit.Eventually(t, func() bool { return stage.isStatus(o, "expired") }, "order "+o.order+" has expired")
	}
	for _, o := range expired {
		announced(o, "awaiting_payment", "expired")
	}
	require.EqualValues(t, 20, passing.audit()["phone-1"].Available)
	passing.historyAddsUp("phone-1", expired, 0)

	testkit.Eventually(t, func() bool { return stage.stock("cup-1") == stock{OnHand: 8, Available: 8} }, "the closed sale has given its units back")
	borrowing.keepsOnly(0)
	require.True(t, stage.isStatus(told{"waiter", scarce.offered("waiter")}, "awaiting_payment"))

	drawn.goesByRank(entered)

	for _, name := range fault.Names() {
		acted := fmt.Sprintf(`"point":"%s","action"`, name)
		testkit.Eventually(t, func() bool {
			return strings.Contains(stage.webs[0].logged()+stage.workers[0].logged(), acted)
		}, "the service has passed "+string(name))
	}
}
