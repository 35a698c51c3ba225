package web_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

// Settling goes on while stats are read. Whoever reads that nothing is in flight must
// find all orders counted.
func TestStatsWithNothingInFlightCountEveryOrder(t *testing.T) {
	cfg, g, l := stubConfig(t)
	var settled int64
	l.sale = func(id seckill.ID) (seckill.Sale, error) { return seckill.Sale{ID: id, State: seckill.SaleReady}, nil }
	l.orderCounts = func() map[seckill.OrderStatus]int64 {
		n := settled
		settled = 5 // all the rest, right after SQL was read
		return map[seckill.OrderStatus]int64{seckill.OrderAwaitingPayment: n}
	}
	g.counters = func(seckill.ID) (map[string]gate.Counters, error) { return nil, nil }
	g.backlogs = func() (map[seckill.ID]gate.Backlog, error) {
		return map[seckill.ID]gate.Backlog{7: {Orders: 5 - settled, Limit: 1000}}, nil
	}
	s := &shop{t: t, server: serverOf(t, cfg)}
	for range 2 {
		a := s.must(200, "GET", "/api/v1/admin/sales/7/stats", nil, admin)
		var stats struct {
			InFlight int64                         `json:"orders_in_flight"`
			Orders   map[seckill.OrderStatus]int64 `json:"orders"`
		}
		require.NoError(t, json.Unmarshal(a.body, &stats))
		require.GreaterOrEqual(t, stats.InFlight+stats.Orders[seckill.OrderAwaitingPayment], int64(5))
	}
}
