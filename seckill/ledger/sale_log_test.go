package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestTheAuditTrailTellsWhoDidWhatToASale(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := ActingAs(t.Context(), "admin:ann")
		draft := f.draft(map[string]int64{"a": 10})
		sale, _, err := f.CreateSale(ctx, draft)
		require.NoError(t, err)
		f.clock.Advance(time.Second)
		draft.Name = "Another name"
		require.NoError(t, f.UpdateDraft(ctx, draft))
		f.clock.Advance(time.Second)
		_, err = f.TransitionSale(ctx, sale.ID, seckill.SaleReady, "bob")
		require.NoError(t, err)
		_, err = f.ChangeTotal(ctx, sale.ID, "a", 5, "bob", "more came 来了")
		require.NoError(t, err)
		f.sale(map[string]int64{"a": 1})

		trail, err := f.AuditTrail(ctx, sale.ID, 0)
		require.NoError(t, err)
		var told []string
		for _, a := range trail {
			told = append(told, a.Actor+" "+a.Action)
		}
		require.Equal(t, []string{"bob stock", "bob ready", "admin:ann changed", "admin:ann created"}, told)
		require.Equal(t, SaleAction{At: start.Add(2 * time.Second), Actor: "bob", Action: ActionStock, Revision: 4,
			Detail: "more came 来了", SKU: "a", Delta: 5, Total: 15}, trail[0])
		trail, err = f.AuditTrail(ctx, sale.ID, 2)
		require.NoError(t, err)
		require.Len(t, trail, 2)
	})
}

func TestTheAuditTrailSaysThatASaleWasResumed(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		for _, to := range []seckill.SaleState{seckill.SaleReady, seckill.SalePaused, seckill.SaleReady, seckill.SaleReady, seckill.SalePaused, seckill.SaleClosed} {
			f.clock.Advance(time.Second)
			_, err := f.TransitionSale(t.Context(), sale.ID, to, "ann")
			require.NoError(t, err)
		}
		trail, err := f.AuditTrail(t.Context(), sale.ID, 0)
		require.NoError(t, err)
		var told []string
		for _, a := range trail {
			told = append(told, a.Action)
			require.Contains(t, Actions, a.Action)
		}
		require.Equal(t, []string{"closed", "paused", "resumed", "paused", "ready", "created"}, told)
	})
}

func TestARepairStandsInTheSalesLog(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		require.NoError(t, f.LogRepair(t.Context(), sale.ID, "ops", RepairBegun, "a: drift 1, available 3 -> 4", "b: drift 2, available 1 -> 3"))
		require.NoError(t, f.LogRepair(t.Context(), sale.ID, "ops", RepairRefused, "conflict"))
		require.EqualValues(t, 2, f.count("SELECT COUNT(*) FROM sale_log WHERE sale_id = ? AND actor = 'ops' AND action = ? AND revision = ? AND at = ?",
			int64(sale.ID), RepairBegun, sale.Revision, start.UnixMilli()))
		require.EqualValues(t, 1, f.count("SELECT COUNT(*) FROM sale_log WHERE detail = 'a: drift 1, available 3 -> 4'"))
		require.EqualValues(t, 1, f.count("SELECT COUNT(*) FROM sale_log WHERE action = ?", RepairRefused))
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(f.LogRepair(t.Context(), 1, "ops", RepairBegun, "x")))
	})
}
