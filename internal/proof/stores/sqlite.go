package stores

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/seckill-go/seckill/internal/database"
)

// empty is a file with tables and nothing in them, made once: it takes seconds under the
// race detector.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp(memoryFolder(), folderPattern)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	if err := migrate(database.SQLite, path); err != nil { // closed, its log is in the file
		return nil, err
	}
	return os.ReadFile(path)
})

const folderPattern = "seckill-sqlite-"

// SQLite is a file of one test.
func SQLite(t testing.TB) (path string) {
	t.Helper()
	path, remove, err := MakeSQLite()
	if err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(remove)
	return path
}

// MakeSQLite is SQLite for what is no test. remove deletes it.
func MakeSQLite() (path string, remove func(), err error) {
	content, err := empty()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp(memoryFolder(), folderPattern)
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "seckill.db")
	return path, func() { _ = os.RemoveAll(dir) }, os.WriteFile(path, content, 0o600)
}

// memoryFolder is where SQLite need not wait for a disk; "" where there is no such.
func memoryFolder() string {
	const folder = "/dev/shm"
	if _, err := os.Stat(folder); err != nil {
		return ""
	}
	return folder
}
