package web_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// unload closes a sale and takes it out of Redis, as the worker does with one
// that is over.
func (s *shop) unload(sale string) {
	s.t.Helper()
	s.must(200, "POST", "/api/v1/admin/sales/"+sale+"/close", nil, admin)
	id, err := seckill.ParseID(sale)
	require.NoError(s.t, err)
	require.NoError(s.t, s.gate.Unload(s.t.Context(), id))
	s.must(200, "POST", "/api/v1/admin/sales/"+sale+"/close", nil, admin) // closed again: what was remembered is forgotten
}

func TestSaleThatHasLeftRedisIsAnsweredFromSQL(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(3, 1))
	order := s.mustBuy(sale, "alice", "Idempotency-Key: k")
	s.settle(sale)
	s.unload(sale)

	a := s.must(200, "GET", "/api/v1/sales/"+sale, nil)
	require.Equal(t, "ended", a.json["status"])
	item := a.json["items"].([]any)[0].(map[string]any)
	require.EqualValues(t, 3, item["stock"])
	require.EqualValues(t, 0, item["available"], "nobody can buy")
	sales := s.must(200, "GET", "/api/v1/sales", nil).json["sales"].([]any)
	require.Equal(t, "ended", sales[0].(map[string]any)["status"])

	a = s.buy(sale, "bob", 1, "Idempotency-Key: k")
	require.Equal(t, 410, a.status, "%s", a.body)
	require.Equal(t, "ended", a.code())
	require.Equal(t, 410, s.buy(sale, "alice", 1).status)
	a = s.buy(sale, "alice", 1, "Idempotency-Key: k")
	require.Equal(t, 200, a.status, "the same key still finds its order: %s", a.body)
	require.Equal(t, order, a.json["order_id"])
	require.Equal(t, "awaiting_payment", a.json["status"])

	require.Equal(t, "awaiting_payment", s.must(200, "GET", "/api/v1/orders/"+order, nil, as(t, "alice")).json["status"])
	s.must(404, "GET", "/api/v1/orders/"+order, nil, as(t, "bob"))
	s.must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, as(t, "alice"))

	a = s.must(200, "GET", "/api/v1/admin/sales/"+sale+"/stats", nil, admin)
	require.Equal(t, "closed", a.json["state"])
	require.NotContains(t, a.json, "in_flight_limit")
	s.must(409, "POST", "/api/v1/admin/sales/"+sale+"/preload", nil, admin)
	s.must(200, "GET", "/api/v1/admin/sales/"+sale+"/orders", nil, admin)
}
