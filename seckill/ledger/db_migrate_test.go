package ledger

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

func eachEmptyDatabase(t *testing.T, test func(t *testing.T, driver, dsn string)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, DriverSQLite, filepath.Join(t.TempDir(), "led?ger #1 %41.db"))
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		test(t, DriverMySQL, testkit.MySQL(t))
	})
}

func TestMigrateTwiceDoesNothingTheSecondTime(t *testing.T) {
	eachEmptyDatabase(t, func(t *testing.T, driver, dsn string) {
		l := openLedger(t, driver, dsn, seckill.SystemClock)
		have, want, err := l.SchemaVersion(t.Context())
		require.NoError(t, err)
		require.Zero(t, have)
		require.Positive(t, want)
		pending, err := l.Pending(t.Context())
		require.NoError(t, err)
		require.True(t, pending)

		n, err := l.Migrate(t.Context())
		require.NoError(t, err)
		require.Equal(t, steps(t), n)
		n, err = l.Migrate(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
		have, _, err = l.SchemaVersion(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, have)
		pending, err = l.Pending(t.Context())
		require.NoError(t, err)
		require.False(t, pending)
	})
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	eachEmptyDatabase(t, func(t *testing.T, driver, dsn string) {
		var running sync.WaitGroup
		var applied [4]int
		for i := range applied {
			l := openLedger(t, driver, dsn, seckill.SystemClock)
			running.Go(func() {
				var err error
				if applied[i], err = l.Migrate(t.Context()); err != nil {
					t.Errorf("process %d: %v", i, err)
				}
			})
		}
		running.Wait()
		l := openLedger(t, driver, dsn, seckill.SystemClock)
		require.Equal(t, steps(t), applied[0]+applied[1]+applied[2]+applied[3], "each step once")
		_, err := l.Sales(t.Context(), SaleQuery{})
		require.NoError(t, err)
	})
}

// steps counts the migrations; their numbers need not follow each other.
func steps(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("schema/sqlite")
	require.NoError(t, err)
	return len(files)
}
