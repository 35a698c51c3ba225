package testkit

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// SQLiteStores are the database files of a package's tests. Each is a copy of one whose
// tables were made once, since that takes seconds under the race detector.
type SQLiteStores struct {
	// Migrate makes the tables in a new file and closes it, which brings the log into it.
	Migrate func(path string) error

	once  sync.Once
	empty []byte
	err   error
}

// New is a database with tables and nothing in them, for one test.
func (s *SQLiteStores) New(t testing.TB) (path string) {
	t.Helper()
	path, remove, err := s.Make()
	if err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(remove)
	return path
}

// Make is New for what is no test. remove deletes it.
func (s *SQLiteStores) Make() (path string, remove func(), err error) {
	s.once.Do(func() { s.empty, s.err = s.migrated() })
	if s.err != nil {
		return "", nil, s.err
	}
	dir, err := os.MkdirTemp(memoryFolder(), "seckill-sqlite-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "ledger.db")
	return path, func() { _ = os.RemoveAll(dir) }, os.WriteFile(path, s.empty, 0o600)
}

func (s *SQLiteStores) migrated() ([]byte, error) {
	dir, err := os.MkdirTemp(memoryFolder(), "seckill-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	if err := s.Migrate(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// memoryFolder is where SQLite need not wait for a disk; "" where there is no such.
func memoryFolder() string {
	const folder = "/dev/shm"
	if _, err := os.Stat(folder); err != nil {
		return ""
	}
	return folder
}
