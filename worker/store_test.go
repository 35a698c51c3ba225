package worker

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// stores are the ledgers' files of all tests.
var stores = testkit.SQLiteStores{Migrate: func(path string) error {
	l, err := ledger.Open(ledger.Config{Driver: ledger.DriverSQLite, DSN: path, Logger: quiet})
	if err != nil {
		return err
	}
	_, err = l.Migrate(context.Background())
	return errors.Join(err, l.Close())
}}

// newStore is an empty ledger of a test's own.
func newStore(t testing.TB, clock seckill.Clock) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(ledger.Config{Driver: ledger.DriverSQLite, DSN: stores.New(t), SlowQuery: -1, Clock: clock, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}
