package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// newStore is an empty ledger of a test's own.
func newStore(t testing.TB, clock seckill.Clock) *ledger.Ledger {
	t.Helper()
	return newStoreOf(t, ledger.Config{Clock: clock})
}

// newStoreOf is one with more settings.
func newStoreOf(t testing.TB, cfg ledger.Config) *ledger.Ledger {
	t.Helper()
	cfg.DB, cfg.Logger = stores.Open(t, database.SQLite, stores.SQLite(t)), quiet
	l := ledger.New(cfg)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}
