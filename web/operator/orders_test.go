package operator_test

import (
	"encoding/csv"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

func TestOrdersOfASaleAreListedByStatus(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	id := s.Open(webtest.Draft(9, 9))
	first := s.MustBuy(id, "alice", "Idempotency-Key: click")
	second := s.MustBuy(id, "bob")
	s.Settle(id)
	s.Must(200, "POST", "/api/v1/orders/"+first+"/cancel", nil, webtest.As(t, "alice"))
	path := "/api/v1/admin/sales/" + id + "/orders"
	a := s.Must(200, "GET", path, nil, webtest.Admin)
	require.Len(t, a.JSON["orders"], 2)
	newest := a.JSON["orders"].([]any)[0].(map[string]any)
	require.Equal(t, second, newest["order_id"])
	require.Equal(t, "bob", newest["buyer"])
	a = s.Must(200, "GET", path+"?status=cancelled", nil, webtest.Admin)
	require.Len(t, a.JSON["orders"], 1)
	require.Equal(t, "click", a.JSON["orders"].([]any)[0].(map[string]any)["key"])
	a = s.Must(200, "GET", path+"?limit=1", nil, webtest.Admin)
	require.Equal(t, second, a.JSON["next_cursor"])
	require.Contains(t, s.Must(400, "GET", path+"?status=lost", nil, webtest.Admin).JSON["detail"], "status: must be one of queued, awaiting_payment, paid,")
	s.Must(404, "GET", "/api/v1/admin/sales/1/orders", nil, webtest.Admin)
}

func TestTheExportHoldsEveryOrderAndNoFormula(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	id := s.Open(webtest.Draft(500, 500))
	for range 102 { // more than a page of the export
		s.MustBuy(id, "=HYPERLINK(\"http://evil\")")
	}
	s.MustBuy(id, "a, \"b\"", "Idempotency-Key: -1+1")
	s.Settle(id)
	a := s.Must(200, "GET", "/api/v1/admin/sales/"+id+"/orders", nil, webtest.Admin, "Accept: text/csv")
	require.Equal(t, "text/csv; charset=utf-8", a.Header.Get("Content-Type"))
	require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
	rows, err := csv.NewReader(strings.NewReader(string(a.Body))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, 1+103, len(rows))
	require.Equal(t, []string{"order_id", "sale_id", "buyer", "key", "status"}, rows[0][:5])
	require.Equal(t, []string{"a, \"b\"", "'-1+1", "awaiting_payment"}, rows[1][2:5])
	require.Equal(t, "phone-1 x 1 @ 19900", rows[1][6])
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[0]] = true
	}
	require.Len(t, seen, 103, "each once")
	require.Equal(t, "'=HYPERLINK(\"http://evil\")", rows[2][2])
	require.Equal(t, "application/json", s.Must(200, "GET", "/api/v1/admin/sales/"+id+"/orders", nil, webtest.Admin, "Accept: */*").Header.Get("Content-Type"))
}

func TestAnExportThatBreaksOffDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	cfg, _, l := webtest.StubConfig(t)
	l.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	l.OnOrders = func(cursor seckill.ID, limit int) ([]seckill.Order, error) {
		if cursor != 0 {
			return nil, seckill.Unavailable(errors.New("down"), "down")
		}
		page := make([]seckill.Order, limit)
		for i := range page {
			page[i] = webtest.SampleOrder(seckill.ID(1_000-i), seckill.OrderPaid)
		}
		return page, nil
	}
	req := httptest.NewRequest("GET", "/api/v1/admin/sales/7/orders", nil)
	req.Header.Set("Authorization", "Bearer "+webtest.AdminToken)
	req.Header.Set("Accept", "text/csv")
	require.Panics(t, func() { webtest.NewServer(t, cfg).Handler().ServeHTTP(httptest.NewRecorder(), req) }, "which cuts the connection")
}
