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
