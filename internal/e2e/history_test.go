package e2e

import (
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// openLedger opens the stage's SQL beside its processes.
func (s *stage) openLedger() *ledger.Ledger {
	s.t.Helper()
	cfg := ledger.Config{Driver: ledger.DriverSQLite}
	for _, v := range s.env {
		if dir, ok := strings.CutPrefix(v, "SECKILL_DATA_DIR="); ok {
			cfg.DSN = filepath.Join(dir, "seckill.db")
		}
		if dsn, ok := strings.CutPrefix(v, "SECKILL_MYSQL_DSN="); ok {
			cfg = ledger.Config{Driver: ledger.DriverMySQL, DSN: dsn}
		}
	}
	l, err := ledger.Open(cfg)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { l.Close() })
	return l
}

// historyAddsUp reads the stock history row by row: each order that was
// settled reserved its unit once, and then either sold it or gave it back.
func (s sale) historyAddsUp(sku string, orders []told, sold int) {
	s.t.Helper()
	l := s.openLedger()
	confirmed := 0
	for _, o := range orders {
		id, err := seckill.ParseID(o.order)
		require.NoError(s.t, err)
		entries, err := l.StockHistory(s.t.Context(), id)
		require.NoError(s.t, err)
		require.Len(s.t, entries, 2, "order %s", o.order)
		require.Equal(s.t, ledger.StockReserve, entries[0].Move)
		for _, e := range entries {
			require.Equal(s.t, sku, e.SKU)
			require.EqualValues(s.t, 1, e.Quantity)
		}
		if entries[1].Move == ledger.StockConfirm {
			confirmed++
		} else {
			require.Equal(s.t, ledger.StockRelease, entries[1].Move)
		}
	}
	require.Equal(s.t, sold, confirmed)

	sale, err := seckill.ParseID(s.id)
	require.NoError(s.t, err)
	sums, err := l.StockSums(s.t.Context(), sale)
	require.NoError(s.t, err)
	require.Len(s.t, sums, 1)
	require.EqualValues(s.t, sold, sums[0].Confirmed)
	require.Equal(s.t, sums[0].Reserved, sums[0].Released+sums[0].Confirmed, "every reserved unit was sold or given back")
}
