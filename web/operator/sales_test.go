package operator_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
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

func TestASalePausedWhileItIsLoadedIsPausedInRedisToo(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	stored := webtest.LiveSale()
	l.OnSale = func(seckill.ID) (seckill.Sale, error) { return stored, nil }
	g.OnLoad = func(s seckill.Snapshot) (bool, error) {
		require.Equal(t, seckill.SaleReady, s.Sale.State)
		stored.State, stored.Revision = seckill.SalePaused, 4 // by another process
		return true, nil
	}
	var state seckill.SaleState
	g.OnSetState = func(to seckill.SaleState, revision int64) (bool, error) {
		require.EqualValues(t, 4, revision)
		state = to
		return true, nil
	}
	g.OnCounters = func(seckill.ID) (map[string]gate.Counters, error) { return nil, nil }
	a := webtest.Call(t, webtest.NewServer(t, cfg), "POST", "/api/v1/admin/sales/7/preload", nil, webtest.Admin)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, seckill.SalePaused, state)
}

func TestStatesChangeOnlyAsTheyMay(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	id := s.Must(201, "POST", "/api/v1/admin/sales", webtest.Draft(10, 5), webtest.Admin).JSON["id"].(string)
	path := "/api/v1/admin/sales/" + id
	for _, verb := range []string{"/pause", "/resume", "/close"} {
		a := s.Must(409, "POST", path+verb, nil, webtest.Admin)
		require.Equal(t, "draft", a.JSON["state"], verb)
	}
	s.Must(200, "POST", path+"/preload", nil, webtest.Admin)
	require.Equal(t, "ready", s.Must(200, "POST", path+"/resume", nil, webtest.Admin).JSON["state"], "it runs already")
	require.Equal(t, "paused", s.Must(200, "POST", path+"/pause", nil, webtest.Admin).JSON["state"])
	require.Equal(t, "paused", s.Must(200, "POST", path+"/pause", nil, webtest.Admin).JSON["state"], "again")
	require.Equal(t, "ready", s.Must(200, "POST", path+"/resume", nil, webtest.Admin).JSON["state"])
	require.Equal(t, "closed", s.Must(200, "POST", path+"/close", nil, webtest.Admin).JSON["state"])
	require.Equal(t, 410, s.Buy(id, "alice", 1).Status)
	require.Equal(t, "ended", s.Must(200, "GET", "/api/v1/sales/"+id, nil).JSON["status"])
	for _, verb := range []string{"/pause", "/resume"} {
		require.Equal(t, "closed", s.Must(409, "POST", path+verb, nil, webtest.Admin).JSON["state"], verb)
	}
	s.Must(404, "POST", "/api/v1/admin/sales/1/pause", nil, webtest.Admin)
}

func TestAStateThatRedisDidNotGetIsNotCalledDone(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	l.OnTransitionSale = func(to seckill.SaleState) (seckill.Sale, error) {
		sale := webtest.LiveSale()
		sale.State = to
		return sale, nil
	}
	g.OnSetState = func(state seckill.SaleState, revision int64) (bool, error) {
		require.Equal(t, seckill.SalePaused, state)
		require.EqualValues(t, 3, revision, "SQL's")
		return false, seckill.Unavailable(errors.New("down"), "redis")
	}
	s := webtest.NewServer(t, cfg)
	a := webtest.Call(t, s, "POST", "/api/v1/admin/sales/7/pause", nil, webtest.Admin)
	require.Equal(t, 503, a.Status)
	require.Contains(t, a.JSON["detail"], "not in effect yet")
	g.OnSetState = func(seckill.SaleState, int64) (bool, error) { return false, webtest.NotFound("") }
	require.Equal(t, 200, webtest.Call(t, s, "POST", "/api/v1/admin/sales/7/pause", nil, webtest.Admin).Status, "what is not loaded admits nobody")
}

func TestStockIsToppedUpAndReduced(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	id := s.Open(webtest.Draft(3, 9))
	path := "/api/v1/admin/sales/" + id + "/items/phone-1/stock"
	s.MustBuy(id, "alice")
	s.MustBuy(id, "alice")
	s.Settle(id)
	change := func(status int, delta int64) webtest.Answer {
		return s.Must(status, "POST", path, map[string]any{"delta": delta, "reason": "counted again"}, webtest.Admin)
	}
	a := change(200, 2)
	require.EqualValues(t, 5, a.JSON["total"])
	require.Equal(t, true, a.JSON["in_effect"])
	a = change(409, -4)
	require.Equal(t, "conflict", a.Code(), "only three are available")
	require.NotEmpty(t, a.JSON["state"])
	require.EqualValues(t, 2, change(200, -3).JSON["total"])
	require.Equal(t, "sold_out", s.Buy(id, "bob", 1).Code())
	require.EqualValues(t, 3, change(200, 1).JSON["total"])
	s.MustBuy(id, "bob")
	require.EqualValues(t, 13, change(200, 10).JSON["total"])

	counters, err := s.Gate.Counters(t.Context(), webtest.ID(t, id))
	require.NoError(t, err)
	require.Equal(t, gate.Counters{Total: 13, Available: 10, InFlight: 1}, counters["phone-1"])
	sale, err := s.Ledger.Sale(t.Context(), webtest.ID(t, id))
	require.NoError(t, err)
	require.EqualValues(t, 13, sale.Items[0].Total)

	for name, body := range map[string]string{
		"zero":            `{"delta":0,"reason":"x"}`,
		"no reason":       `{"delta":1}`,
		"blank reason":    `{"delta":1,"reason":"  "}`,
		"long reason":     `{"delta":1,"reason":"` + strings.Repeat("x", 201) + `"}`,
		"newline":         `{"delta":1,"reason":"a\nb"}`,
		"too many":        `{"delta":10000001,"reason":"x"}`,
		"beyond 64 bits":  `{"delta":99999999999999999999,"reason":"x"}`,
		"beyond the most": `{"delta":10000000,"reason":"x"}`,
		"a total":         `{"total":5,"reason":"x"}`,
	} {
		require.Equal(t, "invalid_request", s.Must(400, "POST", path, body, webtest.Admin).Code(), name)
	}
	s.Must(404, "POST", "/api/v1/admin/sales/"+id+"/items/tv/stock", `{"delta":1,"reason":"x"}`, webtest.Admin)
	s.Must(404, "POST", "/api/v1/admin/sales/1/items/phone-1/stock", `{"delta":1,"reason":"x"}`, webtest.Admin)
	draftID := s.Must(201, "POST", "/api/v1/admin/sales", webtest.Draft(1, 1), webtest.Admin).JSON["id"].(string)
	require.Equal(t, "draft", s.Must(409, "POST", "/api/v1/admin/sales/"+draftID+"/items/phone-1/stock", `{"delta":1,"reason":"x"}`, webtest.Admin).JSON["state"])
}

func TestStockWhoseSecondStepFails(t *testing.T) {
	t.Parallel()
	down := seckill.Unavailable(errors.New("down"), "down")
	type target struct{ total, revision int64 }
	stock := func(t *testing.T, delta int64, redis, sql error) (webtest.Answer, []target) {
		cfg, g, l := webtest.StubConfig(t)
		var targets []target
		sale := webtest.LiveSale() // 10 units, revision 3
		l.OnSale = func(seckill.ID) (seckill.Sale, error) { return sale, nil }
		g.OnSetTotal = func(total, revision int64) error {
			targets = append(targets, target{total, revision})
			return redis
		}
		g.OnCounters = func(seckill.ID) (map[string]gate.Counters, error) {
			return map[string]gate.Counters{"phone-1": {Total: targets[len(targets)-1].total}}, nil
		}
		l.OnChangeTotal = func(delta int64) (seckill.Sale, error) {
			changed := webtest.LiveSale()
			changed.Items[0].Total += delta
			changed.Revision++
			return changed, sql
		}
		a := webtest.Call(t, webtest.NewServer(t, cfg), "POST", "/api/v1/admin/sales/7/items/phone-1/stock", map[string]any{"delta": delta, "reason": "x"}, webtest.Admin)
		return a, targets
	}
	t.Run("added in SQL but not in Redis is done, and said to be late", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, 5, down, nil)
		require.Equal(t, 200, a.Status, "an error would have them added twice")
		require.Equal(t, false, a.JSON["in_effect"])
		require.Equal(t, []target{{15, 4}}, targets)
	})
	t.Run("not added in SQL touches no Redis", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, 5, nil, down)
		require.Equal(t, 503, a.Status)
		require.Empty(t, targets)
	})
	t.Run("taken out of Redis and of SQL", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, -5, nil, nil)
		require.Equal(t, 200, a.Status, "%s", a.Body)
		require.Equal(t, []target{{5, 3}, {5, 4}}, targets, "first under the revision that SQL has, then under the one it has now")
	})
	t.Run("taken out of Redis and perhaps of SQL is not called done", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, -5, nil, down)
		require.Equal(t, 503, a.Status)
		require.Equal(t, []target{{5, 3}}, targets, "SQL's total is not older: the worker can put the units back")
	})
	t.Run("refused by SQL goes back on sale", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, -5, nil, seckill.Errorf(seckill.CodeConflict, "closed"))
		require.Equal(t, 409, a.Status)
		require.Equal(t, []target{{5, 3}, {10, 3}}, targets)
	})
	t.Run("not taken out of Redis leaves SQL alone", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, -5, seckill.Errorf(seckill.CodeConflict, "only 3"), errors.New("SQL was asked"))
		require.Equal(t, 409, a.Status)
		require.Len(t, targets, 1)
	})
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

type auditor func(seckill.ID) (seckill.Audit, error)

func (a auditor) Audit(_ context.Context, sale seckill.ID) (seckill.Audit, error) { return a(sale) }
func (a auditor) Repair(context.Context, seckill.ID, string, bool) (seckill.Repair, error) {
	return seckill.Repair{}, errors.New("not asked for")
}

// repairer drifts by one and can be repaired, unless it refuses.
type repairer struct {
	auditor
	refuses *seckill.Error
	asked   []string
}

func (r *repairer) Repair(_ context.Context, sale seckill.ID, actor string, dryRun bool) (seckill.Repair, error) {
	r.asked = append(r.asked, fmt.Sprint(sale, " ", actor, " ", dryRun))
	repair := seckill.Repair{SaleID: sale, DryRun: dryRun, Items: []seckill.RepairItem{{SKU: "phone-1", Drift: -1, Available: 5, Target: 4}}}
	if r.refuses != nil {
		return repair, r.refuses
	}
	repair.Done = !dryRun
	return repair, nil
}

func TestRepairIsADryRunUnlessSaidOtherwise(t *testing.T) {
	t.Parallel()
	r := &repairer{}
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.Auditor = r })
	const path = "/api/v1/admin/sales/7/repair"
	for _, body := range []any{nil, `{}`, `{"dry_run":true}`} {
		a := webtest.Call(t, s, "POST", path, body, webtest.Admin)
		require.Equal(t, 200, a.Status, "%s", a.Body)
		require.Equal(t, false, a.JSON["done"])
		require.Equal(t, true, a.JSON["dry_run"])
	}
	a := webtest.Call(t, s, "POST", path, `{"dry_run":false}`, webtest.Admin)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, true, a.JSON["done"])
	require.EqualValues(t, 4, a.JSON["items"].([]any)[0].(map[string]any)["target"])
	require.Equal(t, []string{"7 admin true", "7 admin true", "7 admin true", "7 admin false"}, r.asked)

	r.refuses = &seckill.Error{Code: seckill.CodeConflict, State: "ready", Detail: "orders are in flight"}
	a = webtest.Call(t, s, "POST", path, `{"dry_run":false}`, webtest.Admin)
	require.Equal(t, 409, a.Status)
	require.Equal(t, "ready", a.JSON["state"])
	require.Equal(t, 400, webtest.Call(t, s, "POST", path, `{"yes":true}`, webtest.Admin).Status)
	require.Equal(t, 401, webtest.Call(t, s, "POST", path, nil).Status)
	require.Equal(t, 503, webtest.Call(t, webtest.NewStubbed(t), "POST", path, nil, webtest.Admin).Status, "none set up")
}

func TestAuditIsPassedOn(t *testing.T) {
	t.Parallel()
	audited := seckill.NewAudit(7, time.Now(), []seckill.ItemCounters{{SKU: "phone-1", Total: 10, Available: 4, InFlight: 1, Reserved: 2, Sold: 1, Releasing: 1}})
	s := webtest.NewStubbed(t, func(c *webtest.Config) {
		c.Auditor = auditor(func(id seckill.ID) (seckill.Audit, error) {
			if id != 7 {
				return seckill.Audit{}, webtest.NotFound("")
			}
			return audited, nil
		})
	})
	a := webtest.Call(t, s, "GET", "/api/v1/admin/sales/7/audit", nil, webtest.Admin)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, false, a.JSON["conserved"])
	require.EqualValues(t, 1, a.JSON["items"].([]any)[0].(map[string]any)["drift"])
	require.Equal(t, 404, webtest.Call(t, s, "GET", "/api/v1/admin/sales/8/audit", nil, webtest.Admin).Status)
	require.Equal(t, 503, webtest.Call(t, webtest.NewStubbed(t), "GET", "/api/v1/admin/sales/7/audit", nil, webtest.Admin).Status, "none set up")
}

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

type deadLetters struct {
	list    []broker.DeadLetter
	err     error
	limit   int
	ids     []string
	ordered bool
}

func (d *deadLetters) DeadLetters(_ context.Context, limit int) ([]broker.DeadLetter, error) {
	d.limit = limit
	return d.list, d.err
}

func (d *deadLetters) DeadLettersByID(_ context.Context, id string) ([]broker.DeadLetter, error) {
	return slices.DeleteFunc(slices.Clone(d.list), func(l broker.DeadLetter) bool { return l.ID != id }), d.err
}

func (d *deadLetters) Requeue(_ context.Context, ids []string) (int, error) {
	d.ids, d.ordered = ids, true
	return 2, d.err
}

func TestDeadLettersAreShownAndSentBack(t *testing.T) {
	t.Parallel()
	d := &deadLetters{list: []broker.DeadLetter{
		{Message: broker.Message{ID: "m1", Key: "admitted.900000", Body: []byte(`{"a":1}`)}, Queue: "orders.settle", Reason: "no", Attempts: 3, At: time.Now()},
		{Message: broker.Message{ID: "m2", Body: []byte("junk")}},
		{Message: broker.Message{ID: "m3", Body: []byte{0xff}}},
	}}
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.DeadLetters = d })
	a := webtest.Call(t, s, "GET", "/api/v1/admin/dead-letters?limit=50", nil, webtest.Admin)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, 50, d.limit)
	list := a.JSON["dead_letters"].([]any)
	require.Equal(t, map[string]any{"a": 1.0}, list[0].(map[string]any)["body"])
	require.Equal(t, "junk", list[1].(map[string]any)["text"])

	path := "/api/v1/admin/dead-letters/requeue"
	a = webtest.Call(t, s, "POST", path, `{"ids":["m1","m2"]}`, webtest.Admin)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.EqualValues(t, 2, a.JSON["requeued"])
	require.Equal(t, []string{"m1", "m2"}, d.ids)
	d.ordered = false
	require.Equal(t, 400, webtest.Call(t, s, "POST", path, `{"ids":[]}`, webtest.Admin).Status, "none is not all")
	require.Equal(t, 400, webtest.Call(t, s, "POST", path, `{"id":"m1"}`, webtest.Admin).Status)
	require.False(t, d.ordered)
	require.Equal(t, 200, webtest.Call(t, s, "POST", path, nil, webtest.Admin).Status)
	require.Empty(t, d.ids, "all")
	d.err = broker.ErrNoSession
	require.Equal(t, "unavailable", webtest.Call(t, s, "GET", "/api/v1/admin/dead-letters", nil, webtest.Admin).Code())
	require.Equal(t, "unavailable", webtest.Call(t, s, "POST", path, nil, webtest.Admin).Code())
	without := webtest.NewStubbed(t)
	require.Equal(t, 503, webtest.Call(t, without, "GET", "/api/v1/admin/dead-letters", nil, webtest.Admin).Status)
	require.Equal(t, 503, webtest.Call(t, without, "POST", path, nil, webtest.Admin).Status)
}

func TestOneDeadLetterIsShownWithAllThatIsKnown(t *testing.T) {
	t.Parallel()
	d := &deadLetters{list: []broker.DeadLetter{
		{Message: broker.Message{ID: "7/1-0", Key: "admitted.900000", Body: []byte(`{"a":1}`)}, Queue: "orders.settle", Reason: "no",
			Attempts: 3, At: time.Now(), Headers: map[string]string{"x-death": "[]"}},
		{Message: broker.Message{ID: "7/1-0", Body: []byte(`{"a":1}`)}, Queue: "orders.expire"},
		{Message: broker.Message{ID: "m3", Body: []byte{0xff}}},
		{Message: broker.Message{ID: "/4", Body: []byte("junk")}},
	}}
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.DeadLetters = d })
	get := func(id string) webtest.Answer {
		return webtest.Call(t, s, "GET", "/api/v1/admin/dead-letters/"+id, nil, webtest.Admin)
	}
	a := get("7%2F1-0")
	require.Equal(t, 200, a.Status, "%s", a.Body)
	list := a.JSON["dead_letters"].([]any)
	require.Len(t, list, 2)
	first := list[0].(map[string]any)
	require.Equal(t, "7/1-0", first["id"])
	require.Equal(t, "admitted.900000", first["routing_key"])
	require.Equal(t, map[string]any{"x-death": "[]"}, first["headers"])
	require.Equal(t, map[string]any{"a": 1.0}, first["body"])
	require.Equal(t, "orders.expire", list[1].(map[string]any)["queue"])
	require.Equal(t, "/w==", get("m3").JSON["dead_letters"].([]any)[0].(map[string]any)["base64"])
	require.Equal(t, "junk", get("%2F4").JSON["dead_letters"].([]any)[0].(map[string]any)["text"])
	require.Equal(t, 404, get("7").Status)
	require.Equal(t, 404, get("").Status)
	require.Equal(t, 401, webtest.Call(t, s, "GET", "/api/v1/admin/dead-letters/m3", nil).Status)
	d.err = errors.New("down")
	require.Equal(t, 503, get("m3").Status)
	require.Equal(t, 503, webtest.Call(t, webtest.NewStubbed(t), "GET", "/api/v1/admin/dead-letters/m3", nil, webtest.Admin).Status)
}
