package operator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
)

func TestASaleIsWrittenReadAndChangedWhileItIsADraft(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := webtest.Draft(10, 2)
	a := s.Must(201, "POST", "/api/v1/admin/sales", sale, webtest.Admin)
	id := a.JSON["id"].(string)
	path := "/api/v1/admin/sales/" + id
	require.Equal(t, path, a.Header.Get("Location"))
	require.Equal(t, "draft", a.JSON["state"])
	require.EqualValues(t, 900, a.JSON["hold_seconds"])
	require.Equal(t, a.JSON, s.Must(200, "GET", path, nil, webtest.Admin).JSON)
	s.Must(404, "GET", "/api/v1/sales/"+id, nil)

	sale["name"], sale["hold_seconds"] = "Another name", nil
	delete(sale, "hold_seconds")
	a = s.Must(200, "PUT", path, sale, webtest.Admin)
	require.Equal(t, "Another name", a.JSON["name"])
	require.EqualValues(t, 900, a.JSON["hold_seconds"], "the default")
	s.Must(200, "POST", path+"/preload", nil, webtest.Admin)
	a = s.Must(409, "PUT", path, sale, webtest.Admin)
	require.Equal(t, "conflict", a.Code())
	require.Equal(t, "ready", a.JSON["state"])
	s.Must(404, "PUT", "/api/v1/admin/sales/1", sale, webtest.Admin)
	s.Must(404, "GET", "/api/v1/admin/sales/1", nil, webtest.Admin)
	s.Must(404, "GET", "/api/v1/admin/sales/x", nil, webtest.Admin)
}

func TestAKeyMakesCreatingRepeatable(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := webtest.Draft(10, 2)
	sale["key"] = "spring"
	id := s.Must(201, "POST", "/api/v1/admin/sales", sale, webtest.Admin).JSON["id"].(string)
	s.Must(200, "POST", "/api/v1/admin/sales/"+id+"/preload", nil, webtest.Admin)
	a := s.Must(200, "POST", "/api/v1/admin/sales", sale, webtest.Admin)
	require.Equal(t, id, a.JSON["id"])
	require.Equal(t, "ready", a.JSON["state"], "as it now is")
	sale["name"] = "Other content"
	a = s.Must(409, "POST", "/api/v1/admin/sales", sale, webtest.Admin)
	require.Equal(t, "conflict", a.Code())
	require.Contains(t, a.JSON["detail"], "Other content in what was sent")
	sale["key"] = "summer"
	other := s.Must(201, "POST", "/api/v1/admin/sales", sale, webtest.Admin).JSON["id"].(string)
	sale["key"] = "autumn"
	require.Equal(t, []string{"key"}, webtest.ErrorFields(s.Must(400, "PUT", "/api/v1/admin/sales/"+other, sale, webtest.Admin)))
	delete(sale, "key")
	require.Equal(t, "summer", s.Must(200, "PUT", "/api/v1/admin/sales/"+other, sale, webtest.Admin).JSON["key"])
}

func TestEveryBadSaleIsRefusedWithTheFieldAtFault(t *testing.T) {
	t.Parallel()
	s := webtest.NewStubbed(t)
	item := func(field string, value any) func(map[string]any) {
		return func(sale map[string]any) { sale["items"].([]map[string]any)[0][field] = value }
	}
	set := func(field string, value any) func(map[string]any) {
		return func(sale map[string]any) { sale[field] = value }
	}
	for name, c := range map[string]struct {
		change func(map[string]any)
		field  string
	}{
		"no name":            {set("name", ""), "name"},
		"no start":           {set("starts_at", ""), "starts_at"},
		"start no time":      {set("starts_at", "tomorrow"), "starts_at"},
		"start a number":     {set("starts_at", 5), "starts_at"},
		"end no time":        {set("ends_at", "2026-13-01T00:00:00Z"), "ends_at"},
		"end before start":   {set("ends_at", "2025-01-01T00:00:00Z"), "ends_at"},
		"hold zero":          {set("hold_seconds", 0), "hold_seconds"},
		"hold negative":      {set("hold_seconds", -5), "hold_seconds"},
		"hold overflows":     {set("hold_seconds", int64(9223372036854775807)), "hold_seconds"},
		"hold wraps around":  {set("hold_seconds", int64(18446744074)), "hold_seconds"},
		"no items":           {set("items", []any{}), "items"},
		"key with space":     {set("key", "a b"), "key"},
		"id given":           {set("id", "7"), "id"},
		"state given":        {set("state", "ready"), "state"},
		"sku with slash":     {item("sku", "a/b"), "items[0].sku"},
		"no title":           {item("title", ""), "items[0].title"},
		"script as image":    {item("image_url", "javascript:alert(1)"), "items[0].image_url"},
		"price negative":     {item("price", -1), "items[0].price"},
		"price fraction":     {item("price", 1.5), "items[0].price"},
		"currency lowercase": {item("currency", "cny"), "items[0].currency"},
		"stock negative":     {item("stock", -1), "items[0].stock"},
		"limit zero":         {item("limit_per_buyer", 0), "items[0].limit_per_buyer"},
		"unknown field":      {item("discount", 1), "items[0].discount"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sale := webtest.Draft(10, 1)
			c.change(sale)
			a := webtest.Call(t, s, "POST", "/api/v1/admin/sales", sale, webtest.Admin)
			require.Equal(t, 400, a.Status, "%s", a.Body)
			require.Equal(t, "invalid_request", a.Code())
			require.Contains(t, webtest.ErrorFields(a), c.field)
		})
	}
}

func TestSalesAreListedByStateAndPaged(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	ready := s.Open(webtest.Draft(1, 1))
	var drafts []string
	for range 3 {
		drafts = append(drafts, s.Must(201, "POST", "/api/v1/admin/sales", webtest.Draft(1, 1), webtest.Admin).JSON["id"].(string))
	}
	ids := func(query string) (list []string, next any) {
		a := s.Must(200, "GET", "/api/v1/admin/sales"+query, nil, webtest.Admin)
		for _, sale := range a.JSON["sales"].([]any) {
			list = append(list, sale.(map[string]any)["id"].(string))
		}
		return list, a.JSON["next_cursor"]
	}
	all, next := ids("")
	require.Equal(t, []string{drafts[2], drafts[1], drafts[0], ready}, all)
	require.Nil(t, next)
	page, next := ids("?state=draft&limit=2")
	require.Equal(t, []string{drafts[2], drafts[1]}, page)
	page, next = ids("?state=draft&limit=2&cursor=" + next.(string))
	require.Equal(t, []string{drafts[0]}, page)
	require.Nil(t, next)
	page, _ = ids("?state=ready,paused")
	require.Equal(t, []string{ready}, page)
	require.Contains(t, s.Must(400, "GET", "/api/v1/admin/sales?state=open", nil, webtest.Admin).JSON["detail"], "state: must be one or more of draft, ready,")

	public := s.Must(200, "GET", "/api/v1/sales", nil)
	require.Len(t, public.JSON["sales"], 1, "drafts are nobody's business")
	require.Equal(t, ready, public.JSON["sales"].([]any)[0].(map[string]any)["id"])
}

func TestPreloadAgainChangesNothing(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	id := s.Must(201, "POST", "/api/v1/admin/sales", webtest.Draft(10, 5), webtest.Admin).JSON["id"].(string)
	path := "/api/v1/admin/sales/" + id
	a := s.Must(200, "POST", path+"/preload", nil, webtest.Admin)
	require.Equal(t, true, a.JSON["loaded"])
	require.Equal(t, "ready", a.JSON["state"])
	s.MustBuy(id, "alice")
	a = s.Must(200, "POST", path+"/preload", nil, webtest.Admin)
	require.Equal(t, false, a.JSON["loaded"])
	require.Equal(t, []any{map[string]any{"sku": "phone-1", "total": 10.0, "available": 9.0, "in_flight": 1.0, "reserved": 0.0, "sold": 0.0}}, a.JSON["items"])
	s.Must(200, "POST", path+"/pause", nil, webtest.Admin)
	require.Equal(t, "paused", s.Must(200, "POST", path+"/preload", nil, webtest.Admin).JSON["state"], "a preload resumes nothing")
	s.Must(200, "POST", path+"/close", nil, webtest.Admin)
	require.Equal(t, "closed", s.Must(409, "POST", path+"/preload", nil, webtest.Admin).JSON["state"])
	s.Must(404, "POST", "/api/v1/admin/sales/1/preload", nil, webtest.Admin)
}
