package ledger

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

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
	files, err := migrations.ReadDir("migrations/sqlite")
	require.NoError(t, err)
	return len(files)
}

func TestBothDialectsHaveTheSameVersions(t *testing.T) {
	list := func(dialect string) (names []string) {
		entries, err := fs.ReadDir(migrations, "migrations/"+dialect)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	require.Equal(t, list("mysql"), list("sqlite"))
}

// MySQL commits each DDL statement by itself: with two in a file, a crash
// between them could not be taken up again.
func TestAMySQLMigrationIsOneStatement(t *testing.T) {
	require.NoError(t, fs.WalkDir(migrations, "migrations/mysql", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations, path)
		if err != nil {
			return err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		require.Equal(t, 1, strings.Count(up, ";"), path)
		return nil
	}))
}

// A commit of the embedded store must outlive kill -9 and the loss of power.
func TestSQLiteKeepsWhatItCommits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := openLedger(t, DriverSQLite, path, seckill.SystemClock)
	for name, pool := range map[string]*gorm.DB{"writes": l.writes, "reads": l.reads} {
		var mode string
		var level int
		require.NoError(t, pool.Raw("PRAGMA journal_mode").Scan(&mode).Error)
		require.NoError(t, pool.Raw("PRAGMA synchronous").Scan(&level).Error)
		require.Equal(t, "wal", mode, name)
		require.Equal(t, 2, level, name)
	}
	require.Error(t, l.reads.Exec("CREATE TABLE t (x INTEGER)").Error, "readers only read")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "orders are the owner's alone")
}
