package worker

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// newStore is an empty ledger of a test's own.
func newStore(t testing.TB, clock seckill.Clock) *ledger.Ledger {
	t.Helper()
	dir, err := os.MkdirTemp(memoryFolder(), "seckill-worker")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "ledger.db")
	require.NoError(t, os.WriteFile(path, migrated(t), 0o600))
	l, err := ledger.Open(ledger.Config{Driver: ledger.DriverSQLite, DSN: path, SlowQuery: -1, Clock: clock, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// memoryFolder is where SQLite need not wait for a disk; empty where there is no such.
func memoryFolder() string {
	const folder = "/dev/shm"
	if _, err := os.Stat(folder); err != nil {
		return ""
	}
	return folder
}

// migrated is the file of an empty, migrated store, which all tests copy: SQLite is slow
// under the race detector.
func migrated(t testing.TB) []byte {
	emptyStore.once.Do(func() {
		path := filepath.Join(t.TempDir(), "empty.db")
		l, err := ledger.Open(ledger.Config{Driver: ledger.DriverSQLite, DSN: path, Logger: quiet})
		require.NoError(t, err)
		_, err = l.Migrate(t.Context())
		require.NoError(t, err)
		require.NoError(t, l.Close()) // which brings the log into the file
		emptyStore.file, err = os.ReadFile(path)
		require.NoError(t, err)
	})
	return emptyStore.file
}

var emptyStore struct {
	once sync.Once
	file []byte
}
