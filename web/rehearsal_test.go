package web_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

type rehearsalTold struct {
	SaleID    string           `json:"sale_id"`
	State     string           `json:"state"`
	Arrived   int              `json:"arrived"`
	Calls     int              `json:"calls"`
	Accepted  int              `json:"accepted"`
	Repeated  int              `json:"repeated"`
	Paid      int              `json:"paid"`
	Refused   map[string]int   `json:"refused"`
	Conserved *bool            `json:"conserved"`
	Latency   map[string]any   `json:"latency_ms"`
	Plan      map[string]int64 `json:"plan"`
}

func rehearsalOf(t *testing.T, a answer) (r rehearsalTold) {
	t.Helper()
	var body struct{ Rehearsal json.RawMessage }
	require.NoError(t, json.Unmarshal(a.body, &body))
	if body.Rehearsal == nil {
		body.Rehearsal = a.body
	}
	require.NoError(t, json.Unmarshal(body.Rehearsal, &r), "%s", a.body)
	return r
}

func rehearsingShop(t *testing.T) *shop {
	return newShop(t, func(c *web.Config) {
		c.Rehearsals = true
		c.PerIPRPS, c.PerIPBurst, c.PerBuyerRPS, c.PerBuyerBurst = 50, 100, 5, 10
		c.Auditor = auditorOf(func() (seckill.Audit, error) { return seckill.Audit{Conserved: true}, nil })
	})
}

func TestARehearsalSellsACopyToACrowd(t *testing.T) {
	t.Parallel()
	s := rehearsingShop(t)
	sale := s.open(draft(1000, 1))
	require.Equal(t, true, s.must(200, "GET", "/api/v1/admin/rehearsal", nil, admin).json["enabled"])
	begun := rehearsalOf(t, s.must(202, "POST", "/api/v1/admin/sales/"+sale+"/rehearse",
		map[string]any{"buyers": 60, "seconds": 5, "units": 20, "pay_percent": 100, "twice_percent": 50}, admin))
	require.Equal(t, "running", begun.State)
	s.staff(begun.SaleID)
	require.Equal(t, 409, s.call("POST", "/api/v1/admin/sales/"+sale+"/rehearse", nil, admin).status, "one at a time")

	// It is nobody's but the crowd's.
	require.Equal(t, 404, s.call("GET", "/api/v1/sales/"+begun.SaleID, nil).status)
	require.Equal(t, 404, s.buy(begun.SaleID, "ann", 1).status)
	listed := s.must(200, "GET", "/api/v1/sales", nil).json["sales"].([]any)
	require.Len(t, listed, 1)
	require.Equal(t, sale, listed[0].(map[string]any)["id"])
	require.Equal(t, true, s.must(200, "GET", "/api/v1/admin/sales/"+begun.SaleID, nil, admin).json["rehearsal"])

	var r rehearsalTold
	testkit.Eventually(t, func() bool {
		r = rehearsalOf(t, s.must(200, "GET", "/api/v1/admin/rehearsal", nil, admin))
		return r.State == "done"
	}, "the rehearsal is over")
	require.Equal(t, 60, r.Arrived)
	require.Equal(t, 20, r.Accepted, "%+v", r)
	require.Equal(t, 20, r.Paid, "%+v", r)
	require.Positive(t, r.Refused["sold_out"])
	require.GreaterOrEqual(t, r.Calls, 60)
	require.True(t, *r.Conserved)
	require.NotEmpty(t, r.Latency)
	require.Equal(t, "closed", s.must(200, "GET", "/api/v1/admin/sales/"+begun.SaleID, nil, admin).json["state"], "it does not wait for its end")
	orders := s.must(200, "GET", "/api/v1/admin/sales/"+begun.SaleID+"/orders", nil, admin).json["orders"].([]any)
	require.Len(t, orders, 20)
	for _, o := range orders {
		require.True(t, seckill.TrialBuyer(o.(map[string]any)["buyer"].(string)), "a customer could have this name: %v", o)
	}
	real := s.must(200, "GET", "/api/v1/admin/sales/"+sale+"/stats", nil, admin)
	require.EqualValues(t, 1000, real.json["items"].([]any)[0].(map[string]any)["available"], "the sale itself is untouched")
	require.Equal(t, 409, s.call("POST", "/api/v1/admin/sales/"+sale+"/rehearse", nil, admin).status, "until the last one is cleared away")
}

func TestARehearsalIsStoppedByAnOperatorAndWithTheProcess(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(s *shop){
		"operator": func(s *shop) { s.must(200, "POST", "/api/v1/admin/rehearsal/stop", nil, admin) },
		"process":  func(s *shop) { s.server.SetDraining(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rehearsingShop(t)
			sale := s.open(draft(10, 1))
			s.must(202, "POST", "/api/v1/admin/sales/"+sale+"/rehearse", map[string]any{"seconds": 60}, admin)
			stop(s)
			testkit.Eventually(t, func() bool {
				return rehearsalOf(t, s.must(200, "GET", "/api/v1/admin/rehearsal", nil, admin)).State == "stopped"
			}, "the crowd goes home")
		})
	}
}

func TestARehearsalHasBoundsAndCanBeOff(t *testing.T) {
	t.Parallel()
	s := rehearsingShop(t)
	sale := s.open(draft(10, 1))
	for field, value := range map[string]any{"buyers": 10_001, "seconds": 61, "units": -1, "pay_percent": 101, "twice_percent": -1} {
		a := s.call("POST", "/api/v1/admin/sales/"+sale+"/rehearse", map[string]any{field: value}, admin)
		require.Equal(t, []string{field}, errorFields(a), "%s", a.body)
	}
	require.Equal(t, 404, s.call("POST", "/api/v1/admin/sales/12345/rehearse", nil, admin).status)
	require.Equal(t, 401, s.call("POST", "/api/v1/admin/sales/"+sale+"/rehearse", nil, as(t, "ann")).status)
	off := newShop(t)
	require.Equal(t, 403, off.call("POST", "/api/v1/admin/sales/"+off.open(draft(1, 1))+"/rehearse", nil, admin).status)
	require.Equal(t, false, off.must(200, "GET", "/api/v1/admin/rehearsal", nil, admin).json["enabled"])
}
