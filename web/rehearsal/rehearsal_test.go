package rehearsal_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
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

func rehearsalOf(t *testing.T, a webtest.Answer) (r rehearsalTold) {
	t.Helper()
	var body struct{ Rehearsal json.RawMessage }
	require.NoError(t, json.Unmarshal(a.Body, &body))
	if body.Rehearsal == nil {
		body.Rehearsal = a.Body
	}
	require.NoError(t, json.Unmarshal(body.Rehearsal, &r), "%s", a.Body)
	return r
}

func rehearsingShop(t *testing.T) *webtest.Shop {
	return webtest.NewShop(t, func(c *webtest.Config) {
		c.Rehearsals = true
		c.PerIPRPS, c.PerIPBurst, c.PerBuyerRPS, c.PerBuyerBurst = 50, 100, 5, 10
		c.Auditor = webtest.AuditorOf(func(seckill.ID) (seckill.Audit, error) { return seckill.Audit{Conserved: true}, nil })
	})
}

func TestARehearsalSellsACopyToACrowd(t *testing.T) {
	t.Parallel()
	s := rehearsingShop(t)
	sale := s.Open(webtest.Draft(1000, 1))
	require.Equal(t, true, s.Must(200, "GET", "/api/v1/admin/rehearsal", nil, webtest.Admin).JSON["enabled"])
	begun := rehearsalOf(t, s.Must(202, "POST", "/api/v1/admin/sales/"+sale+"/rehearse",
		map[string]any{"buyers": 60, "seconds": 5, "units": 20, "pay_percent": 100, "twice_percent": 50}, webtest.Admin))
	require.Equal(t, "running", begun.State)
	s.Staff(begun.SaleID)
	require.Equal(t, 409, s.Call("POST", "/api/v1/admin/sales/"+sale+"/rehearse", nil, webtest.Admin).Status, "one at a time")

	// It is nobody's but the crowd's.
	require.Equal(t, 404, s.Call("GET", "/api/v1/sales/"+begun.SaleID, nil).Status)
	require.Equal(t, 404, s.Buy(begun.SaleID, "ann", 1).Status)
	listed := s.Must(200, "GET", "/api/v1/sales", nil).JSON["sales"].([]any)
	require.Len(t, listed, 1)
	require.Equal(t, sale, listed[0].(map[string]any)["id"])
	require.Equal(t, true, s.Must(200, "GET", "/api/v1/admin/sales/"+begun.SaleID, nil, webtest.Admin).JSON["rehearsal"])

	var r rehearsalTold
	testkit.Eventually(t, func() bool {
		r = rehearsalOf(t, s.Must(200, "GET", "/api/v1/admin/rehearsal", nil, webtest.Admin))
		return r.State == "done"
	}, "the rehearsal is over")
	require.Equal(t, 60, r.Arrived)
	require.Equal(t, 20, r.Accepted, "%+v", r)
	require.Equal(t, 20, r.Paid, "%+v", r)
	require.Positive(t, r.Refused["sold_out"])
	require.GreaterOrEqual(t, r.Calls, 60)
	require.True(t, *r.Conserved)
	require.NotEmpty(t, r.Latency)
	require.Equal(t, "closed", s.Must(200, "GET", "/api/v1/admin/sales/"+begun.SaleID, nil, webtest.Admin).JSON["state"], "it does not wait for its end")
	orders := s.Must(200, "GET", "/api/v1/admin/sales/"+begun.SaleID+"/orders", nil, webtest.Admin).JSON["orders"].([]any)
	require.Len(t, orders, 20)
	for _, o := range orders {
		require.True(t, seckill.TrialBuyer(o.(map[string]any)["buyer"].(string)), "a customer could have this name: %v", o)
	}
	real := s.Must(200, "GET", "/api/v1/admin/sales/"+sale+"/stats", nil, webtest.Admin)
	require.EqualValues(t, 1000, real.JSON["items"].([]any)[0].(map[string]any)["available"], "the sale itself is untouched")
	require.Equal(t, 409, s.Call("POST", "/api/v1/admin/sales/"+sale+"/rehearse", nil, webtest.Admin).Status, "until the last one is cleared away")
}

func TestARehearsalIsStoppedByAnOperatorAndWithTheProcess(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(s *webtest.Shop){
		"operator": func(s *webtest.Shop) { s.Must(200, "POST", "/api/v1/admin/rehearsal/stop", nil, webtest.Admin) },
		"process":  func(s *webtest.Shop) { s.Server.SetDraining(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rehearsingShop(t)
			sale := s.Open(webtest.Draft(10, 1))
			s.Must(202, "POST", "/api/v1/admin/sales/"+sale+"/rehearse", map[string]any{"seconds": 60}, webtest.Admin)
			stop(s)
			testkit.Eventually(t, func() bool {
				return rehearsalOf(t, s.Must(200, "GET", "/api/v1/admin/rehearsal", nil, webtest.Admin)).State == "stopped"
			}, "the crowd goes home")
		})
	}
}

func TestARehearsalHasBoundsAndCanBeOff(t *testing.T) {
	t.Parallel()
	s := rehearsingShop(t)
	sale := s.Open(webtest.Draft(10, 1))
	for field, value := range map[string]any{"buyers": 10_001, "seconds": 61, "units": -1, "pay_percent": 101, "twice_percent": -1} {
		a := s.Call("POST", "/api/v1/admin/sales/"+sale+"/rehearse", map[string]any{field: value}, webtest.Admin)
		require.Equal(t, []string{field}, webtest.ErrorFields(a), "%s", a.Body)
	}
	require.Equal(t, 404, s.Call("POST", "/api/v1/admin/sales/12345/rehearse", nil, webtest.Admin).Status)
	require.Equal(t, 401, s.Call("POST", "/api/v1/admin/sales/"+sale+"/rehearse", nil, webtest.As(t, "ann")).Status)
	off := webtest.NewShop(t)
	require.Equal(t, 403, off.Call("POST", "/api/v1/admin/sales/"+off.Open(webtest.Draft(1, 1))+"/rehearse", nil, webtest.Admin).Status)
	require.Equal(t, false, off.Must(200, "GET", "/api/v1/admin/rehearsal", nil, webtest.Admin).JSON["enabled"])
}
