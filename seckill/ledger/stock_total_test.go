package ledger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestATotalNeverFallsBelowWhatIsTaken(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.settle(f.orders(sale, 6)...)
		f.pay(orders[0])
		f.confirm(orders[0].ID)

		got, err := f.ChangeTotal(t.Context(), sale.ID, "a", -4, "ops", "broken in transit")
		require.NoError(t, err)
		require.Equal(t, int64(6), got.Items[0].Total)
		require.Equal(t, int64(2), got.Revision)
		require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM stock_changes WHERE sale_id = ? AND sku = 'a' AND delta = -4"+
			" AND total = 6 AND revision = 2 AND actor = 'ops' AND reason = 'broken in transit'", int64(sale.ID)))

		for name, c := range map[string]struct {
			sale  seckill.ID
			sku   string
			delta int64
			code  seckill.Code
		}{
			"below":        {sale.ID, "a", -1, seckill.CodeConflict},
			"nothing":      {sale.ID, "a", 0, seckill.CodeInvalidRequest},
			"beyond":       {sale.ID, "a", seckill.MaxStock - 5, seckill.CodeInvalidRequest},
			"far beyond":   {sale.ID, "a", 1 << 62, seckill.CodeInvalidRequest},
			"unknown item": {sale.ID, "x", 1, seckill.CodeNotFound},
			"unknown sale": {f.id(), "a", 1, seckill.CodeNotFound},
		} {
			_, err := f.ChangeTotal(t.Context(), c.sale, c.sku, c.delta, "ops", "")
			require.Equal(t, c.code, seckill.CodeOf(err), "%s: %v", name, err)
		}
		_, err = f.ChangeTotal(t.Context(), sale.ID, "a", 1, "ops", strings.Repeat("x", 201))
		require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err))
		got, err = f.Sale(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, int64(2), got.Revision, "what is refused leaves no trace")

		require.NoError(t, f.db.Writes.Exec("UPDATE sales SET state = 'closed' WHERE id = ?", int64(sale.ID)).Error)
		_, err = f.ChangeTotal(t.Context(), sale.ID, "a", 1, "ops", "")
		require.Equal(t, "closed", conflictState(err))
	})
}

func TestAReductionAndASettlementNeverOversellTogether(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for range 15 {
			sale := f.sale(map[string]int64{"a": 5})
			var result SettleResult
			var reduceErr error
			race(t,
				func() error { _, reduceErr = f.ChangeTotal(t.Context(), sale.ID, "a", -3, "ops", ""); return nil },
				func() (err error) { result, err = f.Settle(t.Context(), f.orders(sale, 4)); return },
			)
			c := f.counters(sale.ID)["a"]
			require.Equal(t, int64(len(result.Settled)), c.Reserved)
			if reduceErr == nil {
				require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 2, Reserved: 2, Releasing: 2}, c)
			} else {
				require.Equal(t, seckill.CodeConflict, seckill.CodeOf(reduceErr))
				require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 5, Reserved: 4}, c)
			}
			f.requireAddsUp(sale.ID)
		}
	})
}

func TestTheTableItselfRefusesToOversell(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5})
		for _, set := range []string{"reserved = 6", "sold = 6", "reserved = -1", "sold = -1", "total = -1", "reserved = 3, sold = 3"} {
			require.Error(t, f.db.Writes.Exec("UPDATE items SET "+set+" WHERE sale_id = ?", int64(sale.ID)).Error, set)
		}
	})
}
