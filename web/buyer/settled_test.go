package buyer_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web/buyer"
)

func settledAck(c *webtest.Config) { c.Ack = buyer.AckSettled }

func TestSettledAnswersAfterTheCommit(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, settledAck, func(c *webtest.Config) { c.SettledWait = 14 * time.Second })
	sale := s.Open(webtest.Draft(10, 1))
	s.Staff(sale)
	var wg sync.WaitGroup
	for _, buyer := range []string{"a", "b", "c", "d", "e"} {
		wg.Go(func() {
			a := s.Buy(sale, buyer, 1)
			if a.Status != 202 || a.JSON["status"] != "awaiting_payment" {
				t.Errorf("%s", a)
				return
			}
			o, err := s.Ledger.Order(t.Context(), webtest.ID(t, a.JSON["order_id"].(string)))
			if err != nil || o.Status != seckill.OrderAwaitingPayment {
				t.Errorf("a 202 for an order that SQL does not have: %v %v", o, err)
			}
		})
	}
	wg.Wait()
}

func TestSettledThatTakesTooLongSaysToAskAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, settledAck, func(c *webtest.Config) { c.SettledWait = 50 * time.Millisecond })
	sale := s.Open(webtest.Draft(10, 1)) // nobody settles
	a := s.Buy(sale, "alice", 1, "Idempotency-Key: k")
	require.Equal(t, 503, a.Status, "%s", a.Body)
	require.Equal(t, "unavailable", a.Code())
	require.Contains(t, a.JSON["detail"], "same Idempotency-Key")
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	again := s.Buy(sale, "alice", 1, "Idempotency-Key: k")
	require.Equal(t, 503, again.Status, "a yes means committed for the second click too: %s", again.Body)
	s.Settle(sale)
	again = s.Buy(sale, "alice", 1, "Idempotency-Key: k")
	require.Equal(t, 200, again.Status)
	require.Equal(t, a.JSON["order_id"], again.JSON["order_id"])
	require.Equal(t, "awaiting_payment", again.JSON["status"])
}

// settled makes a server whose gate admits and whose SQL then says what the
// test wants.
func settled(t *testing.T, tell bool, became seckill.Order) (webtest.Answer, *webtest.StubGate) {
	cfg, g, l := webtest.StubConfig(t)
	settledAck(&cfg)
	g.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	g.OnAdmit = func(r seckill.Request) (seckill.Admission, error) {
		became.ID = r.OrderID
		if tell {
			g.Changes <- seckill.Change{OrderID: r.OrderID, Status: became.Status}
		}
		return seckill.Admission{OrderID: r.OrderID, Ticket: 4, At: time.Now(), HoldUntil: time.Now().Add(time.Minute)}, nil
	}
	l.OnOrder = func(seckill.ID) (seckill.Order, error) { return became, nil }
	return webtest.Call(t, webtest.NewServer(t, cfg), "POST", "/api/v1/sales/7/orders", webtest.Lines(1), webtest.As(t, "alice")), g
}

func TestSettledTellsWhySQLRefusedTheOrder(t *testing.T) {
	t.Parallel()
	failed := webtest.SampleOrder(1, seckill.OrderFailed)
	failed.Reason = "sold_out: no unit was left when the order was recorded"
	a, g := settled(t, true, failed)
	require.Equal(t, 409, a.Status)
	require.Equal(t, "sold_out", a.Code())
	require.Equal(t, "No unit was left when the order was recorded.", a.JSON["detail"])
	require.Zero(t, g.Watchers.Load(), "the watch is given back")

	failed.Reason = "duplicate_request: another order of yours has the same idempotency key"
	a, _ = settled(t, true, failed)
	require.Equal(t, 409, a.Status)
	require.Equal(t, "conflict", a.Code())
	require.Equal(t, "failed", a.JSON["state"])
}

func TestSettledFindsOutByAskingWhenTheAnnouncementIsLost(t *testing.T) {
	t.Parallel()
	a, _ := settled(t, false, webtest.SampleOrder(1, seckill.OrderAwaitingPayment))
	require.Equal(t, 202, a.Status, "%s", a.Body)
	require.Equal(t, "awaiting_payment", a.JSON["status"])
}
