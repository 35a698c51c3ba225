package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// sqliteServer is a file, which has no server.
type sqliteServer struct {
	path   string
	writes *gorm.DB
}

var _ server = sqliteServer{}

func (s sqliteServer) place() string { return "the database " + s.path }

func (sqliteServer) describe(db *gorm.DB) (Description, error) {
	d := Description{Product: "SQLite", Settings: map[string]string{}}
	if err := db.Raw("SELECT sqlite_version()").Scan(&d.Version).Error; err != nil {
		return d, err
	}
	var mode, synchronous string
	if err := db.Raw("PRAGMA journal_mode").Scan(&mode).Error; err != nil {
		return d, err
	}
	if err := db.Raw("PRAGMA synchronous").Scan(&synchronous).Error; err != nil {
		return d, err
	}
	d.Settings["journal_mode"] = mode
	names := map[string]string{"0": "off", "1": "normal", "2": "full", "3": "extra"}
	d.Settings["synchronous"] = names[synchronous]
	return d, nil
}

func (sqliteServer) readOnly(*gorm.DB) bool { return false }

func (sqliteServer) waits(*gorm.DB) (*Waits, error) { return nil, nil }

// beginMigration locks an empty database file beside the real one, which the system
// unlocks when the process ends. Goose's own transactions keep it from locking the
// real one.
func (s sqliteServer) beginMigration(ctx context.Context) (*sql.DB, func() error, error) {
	pool, err := s.writes.DB()
	if err != nil {
		return nil, nil, err
	}
	unlock, err := lockFile(ctx, s.path+".migrate")
	return pool, unlock, err
}

func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	dsn, err := sqliteLockDSN(path)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open(sqliteDriver, dsn)
	if err != nil {
		return nil, err
	}
	conn, err := pool.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, "BEGIN EXCLUSIVE")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock for the migration: %w", err), pool.Close())
	}
	// Closing the connection ends its transaction.
	return func() error { return errors.Join(conn.Close(), pool.Close()) }, nil
}

// sqliteLockWait is how long another process's migration of an embedded store
// may take.
const sqliteLockWait = time.Minute

func sqliteLockDSN(path string) (string, error) {
	address, err := sqliteAddress(path)
	return fmt.Sprintf("%s?_pragma=busy_timeout(%d)", address, sqliteLockWait.Milliseconds()), err
}
