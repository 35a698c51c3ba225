package operator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill/inventory"
)

const stockPath = "/api/v1/admin/inventory"

func TestTheStockOfGoodsIsSetAndLookedAt(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	require.Empty(t, s.Must(200, "GET", stockPath, nil, webtest.Admin).JSON["goods"])
	a := s.Must(200, "POST", stockPath+"/cup", map[string]any{"on_hand": 100, "version": 0, "reason": "delivered 送到"}, webtest.Admin, "X-Operator: ann")
	require.EqualValues(t, 100, a.JSON["available"])
	s.Must(200, "POST", stockPath+"/pen", map[string]any{"by": 5, "reason": "found"}, webtest.Admin)
	_, err := s.Stock.Sell(t.Context(), inventory.Order{OrderNo: "1", User: "eve", Lines: []inventory.Line{{Goods: "cup", Quantity: 3}}})
	require.NoError(t, err)
	draft := webtest.Draft(30, 1)
	draft["items"].([]map[string]any)[0]["goods_id"] = "cup"
	id := s.Open(draft)

	a = s.Must(200, "GET", stockPath+"/cup", nil, webtest.Admin)
	require.EqualValues(t, 100, a.JSON["on_hand"])
	require.EqualValues(t, 67, a.JSON["available"])
	require.EqualValues(t, 3, a.JSON["reserved"])
	require.EqualValues(t, 30, a.JSON["allotted"])
	require.Equal(t, []any{map[string]any{"sale_id": id, "units": 30.0}}, a.JSON["sales"])

	a = s.Must(200, "GET", stockPath+"/cup/history?limit=2", nil, webtest.Admin)
	changes := a.JSON["changes"].([]any)
	require.Len(t, changes, 2)
	require.Equal(t, "allot", changes[0].(map[string]any)["kind"])
	require.Equal(t, id, changes[0].(map[string]any)["sale_id"])
	a = s.Must(200, "GET", stockPath+"/cup/history?cursor="+a.JSON["next_cursor"].(string), nil, webtest.Admin)
	first := a.JSON["changes"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"set", 100.0, "admin:ann", "delivered 送到"}, []any{first["kind"], first["quantity"], first["user"], first["reason"]})

	a = s.Must(200, "GET", stockPath+"?limit=1", nil, webtest.Admin)
	require.Equal(t, "cup", a.JSON["next_cursor"])
	a = s.Must(200, "GET", stockPath+"?limit=1&cursor=cup", nil, webtest.Admin)
	require.Equal(t, "pen", a.JSON["goods"].([]any)[0].(map[string]any)["goods"])
	require.Equal(t, true, s.Must(200, "GET", stockPath+"-audit", nil, webtest.Admin).JSON["clean"])
}

func TestWhatTheStockCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	s.Must(200, "POST", stockPath+"/cup", map[string]any{"on_hand": 10, "reason": "delivered"}, webtest.Admin)
	draft := webtest.Draft(4, 1)
	draft["items"].([]map[string]any)[0]["goods_id"] = "cup"
	s.Open(draft)
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"below what a sale has": {409, `{"on_hand":3,"reason":"x"}`},
		"another version":       {409, `{"on_hand":30,"version":1,"reason":"x"}`},
		"no reason":             {400, `{"on_hand":30}`},
		"long reason":           {400, `{"on_hand":30,"reason":"` + strings.Repeat("x", 201) + `"}`},
		"neither":               {400, `{"reason":"x"}`},
		"both":                  {400, `{"on_hand":30,"by":1,"reason":"x"}`},
		"negative":              {400, `{"on_hand":-1,"reason":"x"}`},
		"too many":              {400, `{"on_hand":1000000001,"reason":"x"}`},
		"part of a unit":        {400, `{"on_hand":1.5,"reason":"x"}`},
		"no strategy":           {400, `{"on_hand":30,"strategy":"hope","reason":"x"}`},
		"mistyped":              {400, `{"on_hand":30,"verson":1,"reason":"x"}`},
	} {
		a := s.Call("POST", stockPath+"/cup", []byte(c.body), webtest.Admin)
		require.Equal(t, c.status, a.Status, "%s: %s", name, a.Body)
	}
	s.Must(400, "GET", stockPath+"?cursor=-", nil, webtest.Admin)
	s.Must(400, "GET", stockPath+"/cup/history?cursor=x", nil, webtest.Admin)
	s.Must(404, "GET", stockPath+"/cpu/history", nil, webtest.Admin)
	s.Must(404, "GET", stockPath+"/nothing", nil, webtest.Admin)
	s.Must(http.StatusUnauthorized, "GET", stockPath, nil)
	require.EqualValues(t, 10, s.Must(200, "GET", stockPath+"/cup", nil, webtest.Admin).JSON["on_hand"])
}

func TestASaleOfTooFewGoodsStaysADraft(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	s.Must(200, "POST", stockPath+"/cup", map[string]any{"on_hand": 10, "reason": "delivered"}, webtest.Admin)
	draft := webtest.Draft(11, 1)
	draft["items"].([]map[string]any)[0]["goods_id"] = "cup"
	id := s.Must(201, "POST", "/api/v1/admin/sales", draft, webtest.Admin).JSON["id"].(string)
	a := s.Must(409, "POST", "/api/v1/admin/sales/"+id+"/preload", nil, webtest.Admin)
	require.Contains(t, a.JSON["detail"], "cup: 11 wanted, 10 there")
	require.Equal(t, "draft", s.Must(200, "GET", "/api/v1/admin/sales/"+id, nil, webtest.Admin).JSON["state"])
}
