package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestASaleGoesOnlyTheLegalWay(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for _, from := range seckill.SaleStates {
			for _, to := range seckill.SaleStates {
				sale := f.sale(map[string]int64{"a": 5})
				require.NoError(t, f.db.Writes.Exec("UPDATE sales SET state = ? WHERE id = ?", string(from), int64(sale.ID)).Error)

				got, err := f.TransitionSale(t.Context(), sale.ID, to, "ops")
				switch {
				case from == to:
					require.NoError(t, err)
					require.Equal(t, int64(1), got.Revision, "nothing changed")
				case from.CanBecome(to):
					require.NoError(t, err)
					require.Equal(t, to, got.State)
					require.Equal(t, int64(2), got.Revision)
					require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM sale_log WHERE sale_id = ? AND actor = 'ops' AND action = ? AND revision = 2",
						int64(sale.ID), actionOf(from, to)))
				default:
					require.Equal(t, string(from), conflictState(err), "%s to %s", from, to)
				}
			}
		}
		_, err := f.TransitionSale(t.Context(), f.id(), seckill.SaleReady, "ops")
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
	})
}
