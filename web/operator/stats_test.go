package operator_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

// Settling goes on while stats are read. Whoever reads that nothing is in flight must
// find all orders counted.
func TestStatsWithNothingInFlightCountEveryOrder(t *testing.T) {
	cfg, g, l := webtest.StubConfig(t)
	var settled int64
	l.OnSale = func(id seckill.ID) (seckill.Sale, error) { return seckill.Sale{ID: id, State: seckill.SaleReady}, nil }
	l.OnOrderCounts = func() map[seckill.OrderStatus]int64 {
		n := settled
		settled = 5 // all the rest, right after SQL was read
		return map[seckill.OrderStatus]int64{seckill.OrderAwaitingPayment: n}
	}
	g.OnCounters = func(seckill.ID) (map[string]gate.Counters, error) { return nil, nil }
	g.OnBacklogs = func() (map[seckill.ID]gate.Backlog, error) {
		return map[seckill.ID]gate.Backlog{7: {Orders: 5 - settled, Limit: 1000}}, nil
	}
	s := &webtest.Shop{T: t, Server: webtest.NewServer(t, cfg)}
	for range 2 {
		a := s.Must(200, "GET", "/api/v1/admin/sales/7/stats", nil, webtest.Admin)
		var stats struct {
			InFlight int64                         `json:"orders_in_flight"`
			Orders   map[seckill.OrderStatus]int64 `json:"orders"`
		}
		require.NoError(t, json.Unmarshal(a.Body, &stats))
		require.GreaterOrEqual(t, stats.InFlight+stats.Orders[seckill.OrderAwaitingPayment], int64(5))
	}
}

func TestStatsCountUnitsOrdersAndRefusals(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	id := s.Open(webtest.Draft(3, 1))
	order := s.MustBuy(id, "alice")
	s.Settle(id)
	s.MustBuy(id, "bob")
	s.Buy(id, "alice", 1) // limit_exceeded
	s.Buy(id, "carol", 9) // limit_exceeded
	s.Must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, webtest.As(t, "alice"))
	a := s.Must(200, "GET", "/api/v1/admin/sales/"+id+"/stats", nil, webtest.Admin)
	require.Equal(t, "ready", a.JSON["state"])
	require.Equal(t, []any{map[string]any{"sku": "phone-1", "total": 3.0, "available": 1.0, "in_flight": 1.0, "reserved": 0.0, "sold": 0.0}}, a.JSON["items"])
	require.EqualValues(t, 1, a.JSON["orders"].(map[string]any)["cancelled"])
	require.Equal(t, map[string]any{"limit_exceeded": 2.0}, a.JSON["refusals"])
	require.EqualValues(t, 1, a.JSON["orders_in_flight"], "bob's")
	require.EqualValues(t, 200_000, a.JSON["in_flight_limit"])
	require.NotContains(t, a.JSON, "settle_rate")
	sale, err := seckill.ParseID(id)
	require.NoError(t, err)
	require.NoError(t, s.Gate.SetLimit(t.Context(), sale, 1234, 56.7))
	a = s.Must(200, "GET", "/api/v1/admin/sales/"+id+"/stats", nil, webtest.Admin)
	require.EqualValues(t, 1234, a.JSON["in_flight_limit"])
	require.InDelta(t, 56.7, a.JSON["settle_rate"], 0)
	s.Must(404, "GET", "/api/v1/admin/sales/1/stats", nil, webtest.Admin)
}
