package buyer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// unload closes a sale and takes it out of Redis, as the worker does with one
// that is over.
func unload(s *webtest.Shop, sale string) {
	s.T.Helper()
	s.Must(200, "POST", "/api/v1/admin/sales/"+sale+"/close", nil, webtest.Admin)
	id, err := seckill.ParseID(sale)
	require.NoError(s.T, err)
	require.NoError(s.T, s.Gate.Unload(s.T.Context(), id))
	s.Must(200, "POST", "/api/v1/admin/sales/"+sale+"/close", nil, webtest.Admin) // closed again: what was remembered is forgotten
}

func TestSaleThatHasLeftRedisIsAnsweredFromSQL(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(3, 1))
	order := s.MustBuy(sale, "alice", "Idempotency-Key: k")
	s.Settle(sale)
	unload(s, sale)

	a := s.Must(200, "GET", "/api/v1/sales/"+sale, nil)
	require.Equal(t, "ended", a.JSON["status"])
	item := a.JSON["items"].([]any)[0].(map[string]any)
	require.EqualValues(t, 3, item["stock"])
	require.EqualValues(t, 0, item["available"], "nobody can buy")
	sales := s.Must(200, "GET", "/api/v1/sales", nil).JSON["sales"].([]any)
	require.Equal(t, "ended", sales[0].(map[string]any)["status"])

	a = s.Buy(sale, "bob", 1, "Idempotency-Key: k")
	require.Equal(t, 410, a.Status, "%s", a.Body)
	require.Equal(t, "ended", a.Code())
	require.Equal(t, 410, s.Buy(sale, "alice", 1).Status)
	a = s.Buy(sale, "alice", 1, "Idempotency-Key: k")
	require.Equal(t, 200, a.Status, "the same key still finds its order: %s", a.Body)
	require.Equal(t, order, a.JSON["order_id"])
	require.Equal(t, "awaiting_payment", a.JSON["status"])

	require.Equal(t, "awaiting_payment", s.Must(200, "GET", "/api/v1/orders/"+order, nil, webtest.As(t, "alice")).JSON["status"])
	s.Must(404, "GET", "/api/v1/orders/"+order, nil, webtest.As(t, "bob"))
	s.Must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, webtest.As(t, "alice"))

	a = s.Must(200, "GET", "/api/v1/admin/sales/"+sale+"/stats", nil, webtest.Admin)
	require.Equal(t, "closed", a.JSON["state"])
	require.NotContains(t, a.JSON, "in_flight_limit")
	s.Must(409, "POST", "/api/v1/admin/sales/"+sale+"/preload", nil, webtest.Admin)
	s.Must(200, "GET", "/api/v1/admin/sales/"+sale+"/orders", nil, webtest.Admin)
}
