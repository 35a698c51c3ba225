package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// migrationLock lets one process at a time migrate.
type migrationLock interface {
	// lock waits for the lock; pool is the database's.
	lock(ctx context.Context, pool *sql.DB) error
	unlock() error
}

var (
	_ migrationLock = (*mysqlMigrationLock)(nil)
	_ migrationLock = (*sqliteMigrationLock)(nil)
)

// mysqlMigrationLock is a lock of the server that ends with the connection, so
// a killed process cannot leave it behind. Its name holds the database's, since
// such locks are the whole server's.
type mysqlMigrationLock struct{ conn *sql.Conn }

const mysqlMigrationLockName = "CONCAT('seckill.migrate.', SHA1(DATABASE()))"

func (m *mysqlMigrationLock) lock(ctx context.Context, pool *sql.DB) (err error) {
	if m.conn, err = pool.Conn(ctx); err != nil {
		return err
	}
	for {
		// In short waits, so that a cancelled context is seen.
		var got sql.NullInt64
		err := m.conn.QueryRowContext(ctx, "SELECT GET_LOCK("+mysqlMigrationLockName+", 5)").Scan(&got)
		if err != nil {
			return errors.Join(fmt.Errorf("lock for the migration: %w", err), m.conn.Close())
		}
		if got.Int64 == 1 {
			return nil
		}
	}
}

func (m *mysqlMigrationLock) unlock() error {
	var released sql.NullInt64
	err := m.conn.QueryRowContext(context.Background(), "SELECT RELEASE_LOCK("+mysqlMigrationLockName+")").Scan(&released)
	return errors.Join(err, m.conn.Close())
}

// sqliteMigrationLock locks an empty database file beside the real one, which
// the system unlocks when the process ends. Goose's own transactions keep it
// from locking the real one.
type sqliteMigrationLock struct {
	path string
	pool *sql.DB
	conn *sql.Conn
}

func (s *sqliteMigrationLock) lock(ctx context.Context, _ *sql.DB) error {
	if err := createPrivate(s.path); err != nil {
		return err
	}
	dsn, err := sqliteLockDSN(s.path)
	if err != nil {
		return err
	}
	if s.pool, err = sql.Open(sqliteDriver, dsn); err != nil {
		return err
	}
	if s.conn, err = s.pool.Conn(ctx); err == nil {
		_, err = s.conn.ExecContext(ctx, "BEGIN EXCLUSIVE")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("lock for the migration: %w", err), s.pool.Close())
	}
	return nil
}

func (s *sqliteMigrationLock) unlock() error {
	// Closing the connection ends its transaction.
	return errors.Join(s.conn.Close(), s.pool.Close())
}

// sqliteLockWait is how long another process's migration of an embedded store
// may take.
const sqliteLockWait = time.Minute

func sqliteLockDSN(path string) (string, error) {
	address, err := sqliteAddress(path)
	return fmt.Sprintf("%s?_pragma=busy_timeout(%d)", address, sqliteLockWait.Milliseconds()), err
}
