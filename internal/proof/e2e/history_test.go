package e2e

import (
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// openLedger opens the stage's SQL beside its processes.
func (s *stage) openLedger() *ledger.Ledger {
	s.t.Helper()
	cfg := database.Config{Driver: database.SQLite, SlowQuery: -1}
	for _, v := range s.env {
		if dir, ok := strings.CutPrefix(v, "SECKILL_DATA_DIR="); ok {
			cfg.DSN = filepath.Join(dir, "seckill.db")
		}
		if dsn, ok := strings.CutPrefix(v, "SECKILL_MYSQL_DSN="); ok {
			cfg.Driver, cfg.DSN = database.MySQL, dsn
		}
	}
	db, err := database.Open(cfg)
	require.NoError(s.t, err)
	l := ledger.New(ledger.Config{DB: db})
	s.t.Cleanup(func() { l.Close(); db.Close() })
	return l
}

// historyAddsUp reads the stock history row by row: each order that was
// settled reserved its unit once, and then either sold it or gave it back, unless
// it was paid after that.
func (s sale) historyAddsUp(sku string, orders []told, sold int) {
	s.t.Helper()
	l := s.openLedger()
	confirmed := 0
	for _, o := range orders {
		id, err := seckill.ParseID(o.order)
		require.NoError(s.t, err)
		entries, err := l.StockHistory(s.t.Context(), id)
		require.NoError(s.t, err)
		moves := []ledger.StockMove{}
		for _, e := range entries {
			require.Equal(s.t, sku, e.SKU)
			require.EqualValues(s.t, 1, e.Quantity)
			moves = append(moves, e.Move)
		}
		require.Contains(s.t, [][]ledger.StockMove{
			{ledger.StockReserve, ledger.StockRelease},
			{ledger.StockReserve, ledger.StockConfirm},
			// Paid after its end, and sold after all.
			{ledger.StockReserve, ledger.StockRelease, ledger.StockConfirm, ledger.StockRetake},
		}, moves, "order %s", o.order)
		if len(moves) > 2 || moves[1] == ledger.StockConfirm {
			confirmed++
		}
	}
	require.Equal(s.t, sold, confirmed)

	sale, err := seckill.ParseID(s.id)
	require.NoError(s.t, err)
	sums, err := l.StockSums(s.t.Context(), sale)
	require.NoError(s.t, err)
	require.Len(s.t, sums, 1)
	require.EqualValues(s.t, sold, sums[0].Confirmed)
	require.Equal(s.t, sums[0].Reserved+sums[0].Retaken, sums[0].Released+sums[0].Confirmed, "every reserved unit was sold or given back")
}
