package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestSalesAreListedNewestFirst(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		var all []seckill.ID
		for range 5 {
			all = append([]seckill.ID{f.sale(map[string]int64{"a": 1, "b": 2}).ID}, all...)
		}
		_, err := f.TransitionSale(t.Context(), all[1], seckill.SaleReady, "ops")
		require.NoError(t, err)
		list := func(q SaleQuery) []seckill.ID {
			sales, err := f.Sales(t.Context(), q)
			require.NoError(t, err)
			var ids []seckill.ID
			for _, s := range sales {
				require.Len(t, s.Items, 2)
				ids = append(ids, s.ID)
			}
			return ids
		}
		require.Equal(t, all, list(SaleQuery{}))
		require.Equal(t, all[:2], list(SaleQuery{Limit: 2}))
		require.Equal(t, all[2:4], list(SaleQuery{Limit: 2, Cursor: all[1]}))
		require.Equal(t, all[1:2], list(SaleQuery{States: []seckill.SaleState{seckill.SaleReady, seckill.SalePaused}}))
		require.Empty(t, list(SaleQuery{States: []seckill.SaleState{seckill.SaleClosed}}))
	})
}
