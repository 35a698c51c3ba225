package database

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

// A commit of the embedded store must outlive kill -9 and the loss of power.
func TestSQLiteKeepsWhatItCommits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	e, err := Open(Config{Driver: SQLite, DSN: path, MaxOpen: 2, SlowQuery: -1, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer e.Close()
	for name, pool := range map[string]*gorm.DB{"writes": e.Writes, "reads": e.Reads} {
		var mode string
		var level int
		require.NoError(t, pool.Raw("PRAGMA journal_mode").Scan(&mode).Error)
		require.NoError(t, pool.Raw("PRAGMA synchronous").Scan(&level).Error)
		require.Equal(t, "wal", mode, name)
		require.Equal(t, 2, level, name)
	}
	require.Error(t, e.Reads.Exec("CREATE TABLE t (x INTEGER)").Error, "readers only read")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "orders are the owner's alone")
}
