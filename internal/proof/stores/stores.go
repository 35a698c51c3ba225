// Package stores gives tests databases that have the tables of this build and nothing
// in them: files of SQLite, each a test's own, and databases of the shared MySQL, which
// the tests of a package have one after the other.
package stores

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/database/schema"
)

// OnEach runs a test on SQLite and on a real MySQL or MariaDB: what they promise must be
// the same.
func OnEach(t *testing.T, test func(t *testing.T, driver string)) {
	t.Helper()
	t.Parallel()
	for _, driver := range []string{database.SQLite, database.MySQL} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			test(t, driver)
		})
	}
}

// Main runs the tests of a package, which may leave no goroutine behind, and drops what
// they were lent.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		end()
		os.Exit(code)
	}))
}

// New tells where a test finds a database of its own.
func New(t testing.TB, driver string) (dsn string) {
	t.Helper()
	if driver == database.MySQL {
		return MySQL(t)
	}
	return SQLite(t)
}

// maxOpen is many for a test, and few for a server that many tests share.
const maxOpen = 8

// Open opens a database as a process does, which is closed with the test.
func Open(t testing.TB, driver, dsn string) *database.DB {
	t.Helper()
	db, err := database.Open(database.Config{Driver: driver, DSN: dsn, MaxOpen: maxOpen, SlowQuery: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("open a database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close a database: %v", err)
		}
	})
	return db
}

func migrate(driver, dsn string) error {
	db, err := database.Open(database.Config{Driver: driver, DSN: dsn, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = schema.Up(context.Background(), db)
	return errors.Join(err, db.Close())
}
