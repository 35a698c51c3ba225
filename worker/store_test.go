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
	l := ledger.New(ledger.Config{DB: stores.Open(t, database.SQLite, stores.SQLite(t)), Clock: clock, Logger: quiet})
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}
