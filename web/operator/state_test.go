package operator_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

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
