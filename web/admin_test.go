package web_test

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

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/web"
)

func TestASaleIsWrittenReadAndChangedWhileItIsADraft(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := draft(10, 2)
	a := s.must(201, "POST", "/api/v1/admin/sales", sale, admin)
	id := a.json["id"].(string)
	path := "/api/v1/admin/sales/" + id
	require.Equal(t, path, a.header.Get("Location"))
	require.Equal(t, "draft", a.json["state"])
	require.EqualValues(t, 900, a.json["hold_seconds"])
	require.Equal(t, a.json, s.must(200, "GET", path, nil, admin).json)
	s.must(404, "GET", "/api/v1/sales/"+id, nil)

	sale["name"], sale["hold_seconds"] = "Another name", nil
	delete(sale, "hold_seconds")
	a = s.must(200, "PUT", path, sale, admin)
	require.Equal(t, "Another name", a.json["name"])
	require.EqualValues(t, 900, a.json["hold_seconds"], "the default")
	s.must(200, "POST", path+"/preload", nil, admin)
	a = s.must(409, "PUT", path, sale, admin)
	require.Equal(t, "conflict", a.code())
	require.Equal(t, "ready", a.json["state"])
	s.must(404, "PUT", "/api/v1/admin/sales/1", sale, admin)
	s.must(404, "GET", "/api/v1/admin/sales/1", nil, admin)
	s.must(404, "GET", "/api/v1/admin/sales/x", nil, admin)
}

func TestAKeyMakesCreatingRepeatable(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := draft(10, 2)
	sale["key"] = "spring"
	id := s.must(201, "POST", "/api/v1/admin/sales", sale, admin).json["id"].(string)
	s.must(200, "POST", "/api/v1/admin/sales/"+id+"/preload", nil, admin)
	a := s.must(200, "POST", "/api/v1/admin/sales", sale, admin)
	require.Equal(t, id, a.json["id"])
	require.Equal(t, "ready", a.json["state"], "as it now is")
	sale["name"] = "Other content"
	a = s.must(409, "POST", "/api/v1/admin/sales", sale, admin)
	require.Equal(t, "conflict", a.code())
	require.Contains(t, a.json["detail"], "Other content in what was sent")
	sale["key"] = "summer"
	other := s.must(201, "POST", "/api/v1/admin/sales", sale, admin).json["id"].(string)
	sale["key"] = "autumn"
	require.Equal(t, []string{"key"}, errorFields(s.must(400, "PUT", "/api/v1/admin/sales/"+other, sale, admin)))
	delete(sale, "key")
	require.Equal(t, "summer", s.must(200, "PUT", "/api/v1/admin/sales/"+other, sale, admin).json["key"])
}

func TestEveryBadSaleIsRefusedWithTheFieldAtFault(t *testing.T) {
	t.Parallel()
	s := newStubbed(t)
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
			sale := draft(10, 1)
			c.change(sale)
			a := call(t, s, "POST", "/api/v1/admin/sales", sale, admin)
			require.Equal(t, 400, a.status, "%s", a.body)
			require.Equal(t, "invalid_request", a.code())
			require.Contains(t, errorFields(a), c.field)
		})
	}
}

func TestSalesAreListedByStateAndPaged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ready := s.open(draft(1, 1))
	var drafts []string
	for range 3 {
		drafts = append(drafts, s.must(201, "POST", "/api/v1/admin/sales", draft(1, 1), admin).json["id"].(string))
	}
	ids := func(query string) (list []string, next any) {
		a := s.must(200, "GET", "/api/v1/admin/sales"+query, nil, admin)
		for _, sale := range a.json["sales"].([]any) {
			list = append(list, sale.(map[string]any)["id"].(string))
		}
		return list, a.json["next_cursor"]
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
	require.Contains(t, s.must(400, "GET", "/api/v1/admin/sales?state=open", nil, admin).json["detail"], "state: must be one or more of draft, ready,")

	public := s.must(200, "GET", "/api/v1/sales", nil)
	require.Len(t, public.json["sales"], 1, "drafts are nobody's business")
	require.Equal(t, ready, public.json["sales"].([]any)[0].(map[string]any)["id"])
}

func TestPreloadAgainChangesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.must(201, "POST", "/api/v1/admin/sales", draft(10, 5), admin).json["id"].(string)
	path := "/api/v1/admin/sales/" + id
	a := s.must(200, "POST", path+"/preload", nil, admin)
	require.Equal(t, true, a.json["loaded"])
	require.Equal(t, "ready", a.json["state"])
	s.mustBuy(id, "alice")
	a = s.must(200, "POST", path+"/preload", nil, admin)
	require.Equal(t, false, a.json["loaded"])
	require.Equal(t, []any{map[string]any{"sku": "phone-1", "total": 10.0, "available": 9.0, "in_flight": 1.0, "reserved": 0.0, "sold": 0.0}}, a.json["items"])
	s.must(200, "POST", path+"/pause", nil, admin)
	require.Equal(t, "paused", s.must(200, "POST", path+"/preload", nil, admin).json["state"], "a preload resumes nothing")
	s.must(200, "POST", path+"/close", nil, admin)
	require.Equal(t, "closed", s.must(409, "POST", path+"/preload", nil, admin).json["state"])
	s.must(404, "POST", "/api/v1/admin/sales/1/preload", nil, admin)
}

func TestASalePausedWhileItIsLoadedIsPausedInRedisToo(t *testing.T) {
	t.Parallel()
	cfg, g, l := stubConfig(t)
	stored := liveSale()
	l.sale = func(seckill.ID) (seckill.Sale, error) { return stored, nil }
	g.load = func(s seckill.Snapshot) (bool, error) {
		require.Equal(t, seckill.SaleReady, s.Sale.State)
		stored.State, stored.Revision = seckill.SalePaused, 4 // by another process
		return true, nil
	}
	var state seckill.SaleState
	g.setState = func(to seckill.SaleState, revision int64) (bool, error) {
		require.EqualValues(t, 4, revision)
		state = to
		return true, nil
	}
	g.counters = func(seckill.ID) (map[string]gate.Counters, error) { return nil, nil }
	a := call(t, serverOf(t, cfg), "POST", "/api/v1/admin/sales/7/preload", nil, admin)
	require.Equal(t, 200, a.status, "%s", a.body)
	require.Equal(t, seckill.SalePaused, state)
}

func TestStatesChangeOnlyAsTheyMay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.must(201, "POST", "/api/v1/admin/sales", draft(10, 5), admin).json["id"].(string)
	path := "/api/v1/admin/sales/" + id
	for _, verb := range []string{"/pause", "/resume", "/close"} {
		a := s.must(409, "POST", path+verb, nil, admin)
		require.Equal(t, "draft", a.json["state"], verb)
	}
	s.must(200, "POST", path+"/preload", nil, admin)
	require.Equal(t, "ready", s.must(200, "POST", path+"/resume", nil, admin).json["state"], "it runs already")
	require.Equal(t, "paused", s.must(200, "POST", path+"/pause", nil, admin).json["state"])
	require.Equal(t, "paused", s.must(200, "POST", path+"/pause", nil, admin).json["state"], "again")
	require.Equal(t, "ready", s.must(200, "POST", path+"/resume", nil, admin).json["state"])
	require.Equal(t, "closed", s.must(200, "POST", path+"/close", nil, admin).json["state"])
	require.Equal(t, 410, s.buy(id, "alice", 1).status)
	require.Equal(t, "ended", s.must(200, "GET", "/api/v1/sales/"+id, nil).json["status"])
	for _, verb := range []string{"/pause", "/resume"} {
		require.Equal(t, "closed", s.must(409, "POST", path+verb, nil, admin).json["state"], verb)
	}
	s.must(404, "POST", "/api/v1/admin/sales/1/pause", nil, admin)
}

func TestAStateThatRedisDidNotGetIsNotCalledDone(t *testing.T) {
	t.Parallel()
	cfg, g, l := stubConfig(t)
	l.transition = func(to seckill.SaleState) (seckill.Sale, error) {
		sale := liveSale()
		sale.State = to
		return sale, nil
	}
	g.setState = func(state seckill.SaleState, revision int64) (bool, error) {
		require.Equal(t, seckill.SalePaused, state)
		require.EqualValues(t, 3, revision, "SQL's")
		return false, seckill.Unavailable(errors.New("down"), "redis")
	}
	s := serverOf(t, cfg)
	a := call(t, s, "POST", "/api/v1/admin/sales/7/pause", nil, admin)
	require.Equal(t, 503, a.status)
	require.Contains(t, a.json["detail"], "not in effect yet")
	g.setState = func(seckill.SaleState, int64) (bool, error) { return false, notFound("") }
	require.Equal(t, 200, call(t, s, "POST", "/api/v1/admin/sales/7/pause", nil, admin).status, "what is not loaded admits nobody")
}

func TestStockIsToppedUpAndReduced(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.open(draft(3, 9))
	path := "/api/v1/admin/sales/" + id + "/items/phone-1/stock"
	s.mustBuy(id, "alice")
	s.mustBuy(id, "alice")
	s.settle(id)
	change := func(status int, delta int64) answer {
		return s.must(status, "POST", path, map[string]any{"delta": delta, "reason": "counted again"}, admin)
	}
	a := change(200, 2)
	require.EqualValues(t, 5, a.json["total"])
	require.Equal(t, true, a.json["in_effect"])
	a = change(409, -4)
	require.Equal(t, "conflict", a.code(), "only three are available")
	require.NotEmpty(t, a.json["state"])
	require.EqualValues(t, 2, change(200, -3).json["total"])
	require.Equal(t, "sold_out", s.buy(id, "bob", 1).code())
	require.EqualValues(t, 3, change(200, 1).json["total"])
	s.mustBuy(id, "bob")
	require.EqualValues(t, 13, change(200, 10).json["total"])

	counters, err := s.gate.Counters(t.Context(), mustID(t, id))
	require.NoError(t, err)
	require.Equal(t, gate.Counters{Total: 13, Available: 10, InFlight: 1}, counters["phone-1"])
	sale, err := s.ledger.Sale(t.Context(), mustID(t, id))
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
		require.Equal(t, "invalid_request", s.must(400, "POST", path, body, admin).code(), name)
	}
	s.must(404, "POST", "/api/v1/admin/sales/"+id+"/items/tv/stock", `{"delta":1,"reason":"x"}`, admin)
	s.must(404, "POST", "/api/v1/admin/sales/1/items/phone-1/stock", `{"delta":1,"reason":"x"}`, admin)
	draftID := s.must(201, "POST", "/api/v1/admin/sales", draft(1, 1), admin).json["id"].(string)
	require.Equal(t, "draft", s.must(409, "POST", "/api/v1/admin/sales/"+draftID+"/items/phone-1/stock", `{"delta":1,"reason":"x"}`, admin).json["state"])
}

func TestStockWhoseSecondStepFails(t *testing.T) {
	t.Parallel()
	down := seckill.Unavailable(errors.New("down"), "down")
	type target struct{ total, revision int64 }
	stock := func(t *testing.T, delta int64, redis, sql error) (answer, []target) {
		cfg, g, l := stubConfig(t)
		var targets []target
		sale := liveSale() // 10 units, revision 3
		l.sale = func(seckill.ID) (seckill.Sale, error) { return sale, nil }
		g.setTotal = func(total, revision int64) error {
			targets = append(targets, target{total, revision})
			return redis
		}
		g.counters = func(seckill.ID) (map[string]gate.Counters, error) {
			return map[string]gate.Counters{"phone-1": {Total: targets[len(targets)-1].total}}, nil
		}
		l.changeTotal = func(delta int64) (seckill.Sale, error) {
			changed := liveSale()
			changed.Items[0].Total += delta
			changed.Revision++
			return changed, sql
		}
		a := call(t, serverOf(t, cfg), "POST", "/api/v1/admin/sales/7/items/phone-1/stock", map[string]any{"delta": delta, "reason": "x"}, admin)
		return a, targets
	}
	t.Run("added in SQL but not in Redis is done, and said to be late", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, 5, down, nil)
		require.Equal(t, 200, a.status, "an error would have them added twice")
		require.Equal(t, false, a.json["in_effect"])
		require.Equal(t, []target{{15, 4}}, targets)
	})
	t.Run("not added in SQL touches no Redis", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, 5, nil, down)
		require.Equal(t, 503, a.status)
		require.Empty(t, targets)
	})
	t.Run("taken out of Redis and of SQL", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, -5, nil, nil)
		require.Equal(t, 200, a.status, "%s", a.body)
		require.Equal(t, []target{{5, 3}, {5, 4}}, targets, "first under the revision that SQL has, then under the one it has now")
	})
	t.Run("taken out of Redis and perhaps of SQL is not called done", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, -5, nil, down)
		require.Equal(t, 503, a.status)
		require.Equal(t, []target{{5, 3}}, targets, "SQL's total is not older: the worker can put the units back")
	})
	t.Run("refused by SQL goes back on sale", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, -5, nil, seckill.Errorf(seckill.CodeConflict, "closed"))
		require.Equal(t, 409, a.status)
		require.Equal(t, []target{{5, 3}, {10, 3}}, targets)
	})
	t.Run("not taken out of Redis leaves SQL alone", func(t *testing.T) {
		t.Parallel()
		a, targets := stock(t, -5, seckill.Errorf(seckill.CodeConflict, "only 3"), errors.New("SQL was asked"))
		require.Equal(t, 409, a.status)
		require.Len(t, targets, 1)
	})
}

func TestStatsCountUnitsOrdersAndRefusals(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.open(draft(3, 1))
	order := s.mustBuy(id, "alice")
	s.settle(id)
	s.mustBuy(id, "bob")
	s.buy(id, "alice", 1) // limit_exceeded
	s.buy(id, "carol", 9) // limit_exceeded
	s.must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, as(t, "alice"))
	a := s.must(200, "GET", "/api/v1/admin/sales/"+id+"/stats", nil, admin)
	require.Equal(t, "ready", a.json["state"])
	require.Equal(t, []any{map[string]any{"sku": "phone-1", "total": 3.0, "available": 1.0, "in_flight": 1.0, "reserved": 0.0, "sold": 0.0}}, a.json["items"])
	require.EqualValues(t, 1, a.json["orders"].(map[string]any)["cancelled"])
	require.Equal(t, map[string]any{"limit_exceeded": 2.0}, a.json["refusals"])
	require.EqualValues(t, 1, a.json["orders_in_flight"], "bob's")
	require.EqualValues(t, 200_000, a.json["in_flight_limit"])
	require.NotContains(t, a.json, "settle_rate")
	sale, err := seckill.ParseID(id)
	require.NoError(t, err)
	require.NoError(t, s.gate.SetLimit(t.Context(), sale, 1234, 56.7))
	a = s.must(200, "GET", "/api/v1/admin/sales/"+id+"/stats", nil, admin)
	require.EqualValues(t, 1234, a.json["in_flight_limit"])
	require.InDelta(t, 56.7, a.json["settle_rate"], 0)
	s.must(404, "GET", "/api/v1/admin/sales/1/stats", nil, admin)
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
	s := newStubbed(t, func(c *web.Config) { c.Auditor = r })
	const path = "/api/v1/admin/sales/7/repair"
	for _, body := range []any{nil, `{}`, `{"dry_run":true}`} {
		a := call(t, s, "POST", path, body, admin)
		require.Equal(t, 200, a.status, "%s", a.body)
		require.Equal(t, false, a.json["done"])
		require.Equal(t, true, a.json["dry_run"])
	}
	a := call(t, s, "POST", path, `{"dry_run":false}`, admin)
	require.Equal(t, 200, a.status, "%s", a.body)
	require.Equal(t, true, a.json["done"])
	require.EqualValues(t, 4, a.json["items"].([]any)[0].(map[string]any)["target"])
	require.Equal(t, []string{"7 admin true", "7 admin true", "7 admin true", "7 admin false"}, r.asked)

	r.refuses = &seckill.Error{Code: seckill.CodeConflict, State: "ready", Detail: "orders are in flight"}
	a = call(t, s, "POST", path, `{"dry_run":false}`, admin)
	require.Equal(t, 409, a.status)
	require.Equal(t, "ready", a.json["state"])
	require.Equal(t, 400, call(t, s, "POST", path, `{"yes":true}`, admin).status)
	require.Equal(t, 401, call(t, s, "POST", path, nil).status)
	require.Equal(t, 503, call(t, newStubbed(t), "POST", path, nil, admin).status, "none set up")
}

func TestAuditIsPassedOn(t *testing.T) {
	t.Parallel()
	audited := seckill.NewAudit(7, time.Now(), []seckill.ItemCounters{{SKU: "phone-1", Total: 10, Available: 4, InFlight: 1, Reserved: 2, Sold: 1, Releasing: 1}})
	s := newStubbed(t, func(c *web.Config) {
		c.Auditor = auditor(func(id seckill.ID) (seckill.Audit, error) {
			if id != 7 {
				return seckill.Audit{}, notFound("")
			}
			return audited, nil
		})
	})
	a := call(t, s, "GET", "/api/v1/admin/sales/7/audit", nil, admin)
	require.Equal(t, 200, a.status, "%s", a.body)
	require.Equal(t, false, a.json["conserved"])
	require.EqualValues(t, 1, a.json["items"].([]any)[0].(map[string]any)["drift"])
	require.Equal(t, 404, call(t, s, "GET", "/api/v1/admin/sales/8/audit", nil, admin).status)
	require.Equal(t, 503, call(t, newStubbed(t), "GET", "/api/v1/admin/sales/7/audit", nil, admin).status, "none set up")
}

func TestOrdersOfASaleAreListedByStatus(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.open(draft(9, 9))
	first := s.mustBuy(id, "alice", "Idempotency-Key: click")
	second := s.mustBuy(id, "bob")
	s.settle(id)
	s.must(200, "POST", "/api/v1/orders/"+first+"/cancel", nil, as(t, "alice"))
	path := "/api/v1/admin/sales/" + id + "/orders"
	a := s.must(200, "GET", path, nil, admin)
	require.Len(t, a.json["orders"], 2)
	newest := a.json["orders"].([]any)[0].(map[string]any)
	require.Equal(t, second, newest["order_id"])
	require.Equal(t, "bob", newest["buyer"])
	a = s.must(200, "GET", path+"?status=cancelled", nil, admin)
	require.Len(t, a.json["orders"], 1)
	require.Equal(t, "click", a.json["orders"].([]any)[0].(map[string]any)["key"])
	a = s.must(200, "GET", path+"?limit=1", nil, admin)
	require.Equal(t, second, a.json["next_cursor"])
	require.Contains(t, s.must(400, "GET", path+"?status=lost", nil, admin).json["detail"], "status: must be one of queued, awaiting_payment, paid,")
	s.must(404, "GET", "/api/v1/admin/sales/1/orders", nil, admin)
}

func TestTheExportHoldsEveryOrderAndNoFormula(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.open(draft(500, 500))
	for range 102 { // more than a page of the export
		s.mustBuy(id, "=HYPERLINK(\"http://evil\")")
	}
	s.mustBuy(id, "a, \"b\"", "Idempotency-Key: -1+1")
	s.settle(id)
	a := s.must(200, "GET", "/api/v1/admin/sales/"+id+"/orders", nil, admin, "Accept: text/csv")
	require.Equal(t, "text/csv; charset=utf-8", a.header.Get("Content-Type"))
	require.Contains(t, a.header.Get("Content-Disposition"), "attachment")
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
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
	require.Equal(t, "application/json", s.must(200, "GET", "/api/v1/admin/sales/"+id+"/orders", nil, admin, "Accept: */*").header.Get("Content-Type"))
}

func TestAnExportThatBreaksOffDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	cfg, _, l := stubConfig(t)
	l.sale = func(seckill.ID) (seckill.Sale, error) { return liveSale(), nil }
	l.ofSale = func(cursor seckill.ID, limit int) ([]seckill.Order, error) {
		if cursor != 0 {
			return nil, seckill.Unavailable(errors.New("down"), "down")
		}
		page := make([]seckill.Order, limit)
		for i := range page {
			page[i] = sampleOrder(seckill.ID(1_000-i), seckill.OrderPaid)
		}
		return page, nil
	}
	req := httptest.NewRequest("GET", "/api/v1/admin/sales/7/orders", nil)
	req.Header.Set("Authorization", "Bearer "+adminToken)
	req.Header.Set("Accept", "text/csv")
	require.Panics(t, func() { serverOf(t, cfg).Handler().ServeHTTP(httptest.NewRecorder(), req) }, "which cuts the connection")
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
	s := newStubbed(t, func(c *web.Config) { c.DeadLetters = d })
	a := call(t, s, "GET", "/api/v1/admin/dead-letters?limit=50", nil, admin)
	require.Equal(t, 200, a.status, "%s", a.body)
	require.Equal(t, 50, d.limit)
	list := a.json["dead_letters"].([]any)
	require.Equal(t, map[string]any{"a": 1.0}, list[0].(map[string]any)["body"])
	require.Equal(t, "junk", list[1].(map[string]any)["text"])

	path := "/api/v1/admin/dead-letters/requeue"
	a = call(t, s, "POST", path, `{"ids":["m1","m2"]}`, admin)
	require.Equal(t, 200, a.status, "%s", a.body)
	require.EqualValues(t, 2, a.json["requeued"])
	require.Equal(t, []string{"m1", "m2"}, d.ids)
	d.ordered = false
	require.Equal(t, 400, call(t, s, "POST", path, `{"ids":[]}`, admin).status, "none is not all")
	require.Equal(t, 400, call(t, s, "POST", path, `{"id":"m1"}`, admin).status)
	require.False(t, d.ordered)
	require.Equal(t, 200, call(t, s, "POST", path, nil, admin).status)
	require.Empty(t, d.ids, "all")
	d.err = broker.ErrNoSession
	require.Equal(t, "unavailable", call(t, s, "GET", "/api/v1/admin/dead-letters", nil, admin).code())
	require.Equal(t, "unavailable", call(t, s, "POST", path, nil, admin).code())
	without := newStubbed(t)
	require.Equal(t, 503, call(t, without, "GET", "/api/v1/admin/dead-letters", nil, admin).status)
	require.Equal(t, 503, call(t, without, "POST", path, nil, admin).status)
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
	s := newStubbed(t, func(c *web.Config) { c.DeadLetters = d })
	get := func(id string) answer { return call(t, s, "GET", "/api/v1/admin/dead-letters/"+id, nil, admin) }
	a := get("7%2F1-0")
	require.Equal(t, 200, a.status, "%s", a.body)
	list := a.json["dead_letters"].([]any)
	require.Len(t, list, 2)
	first := list[0].(map[string]any)
	require.Equal(t, "7/1-0", first["id"])
	require.Equal(t, "admitted.900000", first["routing_key"])
	require.Equal(t, map[string]any{"x-death": "[]"}, first["headers"])
	require.Equal(t, map[string]any{"a": 1.0}, first["body"])
	require.Equal(t, "orders.expire", list[1].(map[string]any)["queue"])
	require.Equal(t, "/w==", get("m3").json["dead_letters"].([]any)[0].(map[string]any)["base64"])
	require.Equal(t, "junk", get("%2F4").json["dead_letters"].([]any)[0].(map[string]any)["text"])
	require.Equal(t, 404, get("7").status)
	require.Equal(t, 404, get("").status)
	require.Equal(t, 401, call(t, s, "GET", "/api/v1/admin/dead-letters/m3", nil).status)
	d.err = errors.New("down")
	require.Equal(t, 503, get("m3").status)
	require.Equal(t, 503, call(t, newStubbed(t), "GET", "/api/v1/admin/dead-letters/m3", nil, admin).status)
}
