package web_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

func settledAck(c *web.Config) { c.Ack = web.AckSettled }

func TestSettledAnswersAfterTheCommit(t *testing.T) {
	t.Parallel()
	s := newShop(t, settledAck, func(c *web.Config) { c.SettledWait = 14 * time.Second })
	sale := s.open(draft(10, 1))
	s.staff(sale)
	var wg sync.WaitGroup
	for _, buyer := range []string{"a", "b", "c", "d", "e"} {
		wg.Go(func() {
			a := s.buy(sale, buyer, 1)
			if a.status != 202 || a.json["status"] != "awaiting_payment" {
				t.Errorf("%s", a)
				return
			}
			o, err := s.ledger.Order(t.Context(), mustID(t, a.json["order_id"].(string)))
			if err != nil || o.Status != seckill.OrderAwaitingPayment {
				t.Errorf("a 202 for an order that SQL does not have: %v %v", o, err)
			}
		})
	}
	wg.Wait()
}

func TestSettledThatTakesTooLongSaysToAskAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	s := newShop(t, settledAck, func(c *web.Config) { c.SettledWait = 50 * time.Millisecond })
	sale := s.open(draft(10, 1)) // nobody settles
	a := s.buy(sale, "alice", 1, "Idempotency-Key: k")
	require.Equal(t, 503, a.status, "%s", a.body)
	require.Equal(t, "unavailable", a.code())
	require.Contains(t, a.json["detail"], "same Idempotency-Key")
	require.NotEmpty(t, a.header.Get("Retry-After"))
	again := s.buy(sale, "alice", 1, "Idempotency-Key: k")
	require.Equal(t, 503, again.status, "a yes means committed for the second click too: %s", again.body)
	s.settle(sale)
	again = s.buy(sale, "alice", 1, "Idempotency-Key: k")
	require.Equal(t, 200, again.status)
	require.Equal(t, a.json["order_id"], again.json["order_id"])
	require.Equal(t, "awaiting_payment", again.json["status"])
}

// settled makes a server whose gate admits and whose SQL then says what the
// test wants.
func settled(t *testing.T, tell bool, became seckill.Order) (answer, *stubGate) {
	cfg, g, l := stubConfig(t)
	settledAck(&cfg)
	g.sale = func(seckill.ID) (seckill.Sale, error) { return liveSale(), nil }
	g.admit = func(r seckill.Request) (seckill.Admission, error) {
		became.ID = r.OrderID
		if tell {
			g.changes <- seckill.Change{OrderID: r.OrderID, Status: became.Status}
		}
		return seckill.Admission{OrderID: r.OrderID, Ticket: 4, At: time.Now(), HoldUntil: time.Now().Add(time.Minute)}, nil
	}
	l.order = func(seckill.ID) (seckill.Order, error) { return became, nil }
	return call(t, serverOf(t, cfg), "POST", "/api/v1/sales/7/orders", lines(1), as(t, "alice")), g
}

func TestSettledTellsWhySQLRefusedTheOrder(t *testing.T) {
	t.Parallel()
	failed := sampleOrder(1, seckill.OrderFailed)
	failed.Reason = "sold_out: no unit was left when the order was recorded"
	a, g := settled(t, true, failed)
	require.Equal(t, 409, a.status)
	require.Equal(t, "sold_out", a.code())
	require.Equal(t, "No unit was left when the order was recorded.", a.json["detail"])
	require.Zero(t, g.watchers.Load(), "the watch is given back")

	failed.Reason = "duplicate_request: another order of yours has the same idempotency key"
	a, _ = settled(t, true, failed)
	require.Equal(t, 409, a.status)
	require.Equal(t, "conflict", a.code())
	require.Equal(t, "failed", a.json["state"])
}

func TestSettledFindsOutByAskingWhenTheAnnouncementIsLost(t *testing.T) {
	t.Parallel()
	a, _ := settled(t, false, sampleOrder(1, seckill.OrderAwaitingPayment))
	require.Equal(t, 202, a.status, "%s", a.body)
	require.Equal(t, "awaiting_payment", a.json["status"])
}
