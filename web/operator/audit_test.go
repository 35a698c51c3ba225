package operator_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// repairer drifts by one and can be repaired, unless it refuses.
type repairer struct {
	webtest.AuditorOf
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
		c.Auditor = webtest.AuditorOf(func(id seckill.ID) (seckill.Audit, error) {
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
