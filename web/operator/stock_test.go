package operator_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

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
