package schema_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/database/schema"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

func eachEmptyDatabase(t *testing.T, test func(t *testing.T, driver, dsn string)) {
	t.Helper()
	stores.OnEach(t, func(t *testing.T, driver string) {
		if driver == database.SQLite {
			test(t, driver, filepath.Join(t.TempDir(), "led?ger #1 %41.db"))
			return
		}
		test(t, driver, testkit.MySQL(t))
	})
}

func TestMigratingTwiceDoesNothingTheSecondTime(t *testing.T) {
	eachEmptyDatabase(t, func(t *testing.T, driver, dsn string) {
		db := stores.Open(t, driver, dsn)
		have, want, err := schema.Versions(t.Context(), db)
		require.NoError(t, err)
		require.Zero(t, have)
		require.Positive(t, want)
		pending, err := schema.Pending(t.Context(), db)
		require.NoError(t, err)
		require.True(t, pending)

		n, err := schema.Up(t.Context(), db)
		require.NoError(t, err)
		require.Equal(t, steps(t), n)
		n, err = schema.Up(t.Context(), db)
		require.NoError(t, err)
		require.Zero(t, n)
		have, _, err = schema.Versions(t.Context(), db)
		require.NoError(t, err)
		require.Equal(t, want, have)
		pending, err = schema.Pending(t.Context(), db)
		require.NoError(t, err)
		require.False(t, pending)
	})
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	eachEmptyDatabase(t, func(t *testing.T, driver, dsn string) {
		var running sync.WaitGroup
		var applied [4]int
		for i := range applied {
			db := stores.Open(t, driver, dsn)
			running.Go(func() {
				var err error
				if applied[i], err = schema.Up(t.Context(), db); err != nil {
					t.Errorf("process %d: %v", i, err)
				}
			})
		}
		running.Wait()
		require.Equal(t, steps(t), applied[0]+applied[1]+applied[2]+applied[3], "each step once")
		require.NoError(t, stores.Open(t, driver, dsn).Reads.Exec("SELECT id FROM sales").Error)
	})
}

// steps counts the migrations; their numbers need not follow each other.
func steps(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("sqlite")
	require.NoError(t, err)
	return len(files)
}
