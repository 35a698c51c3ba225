package buyer_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// askedGate and askedLedger count what is asked about an order.
type askedGate struct {
	webtest.Gate
	n *atomic.Int64
}

type askedLedger struct {
	webtest.Ledger
	n *atomic.Int64
}

func (g askedGate) QueuedOrder(ctx context.Context, sale, order seckill.ID) (seckill.Order, error) {
	g.n.Add(1)
	return g.Gate.QueuedOrder(ctx, sale, order)
}

func (l askedLedger) OrderOfBuyer(ctx context.Context, order seckill.ID, buyer string) (seckill.Order, error) {
	l.n.Add(1)
	return l.Ledger.OrderOfBuyer(ctx, order, buyer)
}

func (l askedLedger) RestoredAfter(ctx context.Context, at time.Time) (time.Time, bool, error) {
	l.n.Add(1)
	return l.Ledger.RestoredAfter(ctx, at)
}

func TestNothingTellsWhetherAnotherBuyersOrderExists(t *testing.T) {
	t.Parallel()
	for name, restored := range map[string]bool{"on a quiet day": false, "after a restore of Redis": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			s := webtest.NewShop(t, func(c *webtest.Config) { c.Gate, c.Ledger = askedGate{c.Gate, &n}, askedLedger{c.Ledger, &n} })
			sale, other := s.Open(webtest.Draft(9, 1)), s.Open(webtest.Draft(9, 1))
			recorded := s.MustBuy(sale, "alice")
			s.Settle(sale)
			queued := s.MustBuy(sale, "carol")
			if restored {
				restore(s, sale)
				restore(s, other)
			}
			number, err := strconv.ParseInt(recorded, 10, 64)
			require.NoError(t, err)
			unknown := strconv.FormatInt(number+1, 10)
			for _, route := range []string{"GET %s", "GET %s/events", "POST %s/cancel", "POST %s/pay"} {
				ask := func(order string) (string, int64) {
					t.Helper()
					var method, path string
					_, err := fmt.Sscanf(fmt.Sprintf(route, "/api/v1/orders/"+order), "%s %s", &method, &path)
					require.NoError(t, err)
					before := n.Load()
					a := s.Must(404, method, path, nil, webtest.As(t, "bob"))
					delete(a.JSON, "request_id")
					return fmt.Sprint(a.JSON), n.Load() - before
				}
				words, questions := ask(unknown)
				require.Contains(t, words, "There is no such order.")
				for what, order := range map[string]string{"recorded": recorded, "on its way": queued} {
					w, q := ask(order)
					require.Equal(t, words, w, "%s of one that is %s", route, what)
					require.Equal(t, questions, q, "%s of one that is %s", route, what)
				}
				if !restored {
					w, _ := ask("no-id")
					require.Equal(t, words, w, route)
				}
			}
		})
	}
}

func TestNothingTellsWhetherASaleIsBeingPrepared(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Must(201, "POST", "/api/v1/admin/sales", webtest.Draft(9, 1), webtest.Admin).JSON["id"].(string)
	for _, route := range []string{"GET /api/v1/sales/%s", "GET /api/v1/sales/%s/events", "POST /api/v1/sales/%s/orders"} {
		var words []string
		for _, id := range []string{sale, "77", "no-id"} {
			var method, path string
			_, err := fmt.Sscanf(fmt.Sprintf(route, id), "%s %s", &method, &path)
			require.NoError(t, err)
			var body any
			if method == "POST" {
				body = webtest.Lines(1)
			}
			a := s.Must(404, method, path, body, webtest.As(t, "bob"))
			delete(a.JSON, "request_id")
			words = append(words, fmt.Sprint(a.JSON))
		}
		require.Equal(t, words[0], words[1], route)
		require.Equal(t, words[0], words[2], route)
	}
}
