package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	gormsqlite "github.com/glebarez/sqlite"
	"github.com/pressly/goose/v3/lock"
)

var (
	_ lock.SessionLocker = mysqlMigrationLock{}
	_ lock.SessionLocker = (*sqliteMigrationLock)(nil)
)

// mysqlMigrationLock is a lock of the server that ends with the connection, so
// a killed process cannot leave it behind. Its name holds the database's, since
// such locks are the whole server's.
type mysqlMigrationLock struct{}

const mysqlMigrationLockName = "CONCAT('seckill.migrate.', SHA1(DATABASE()))"

func (mysqlMigrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for {
		// In short waits, so that a cancelled context is seen.
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+mysqlMigrationLockName+", 5)").Scan(&got)
		if err != nil {
			return fmt.Errorf("lock for the migration: %w", err)
		}
		if got.Int64 == 1 {
			return nil
		}
	}
}

func (mysqlMigrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	var released sql.NullInt64
	return conn.QueryRowContext(ctx, "SELECT RELEASE_LOCK("+mysqlMigrationLockName+")").Scan(&released)
}

// sqliteMigrationLock locks an empty database file beside the real one, which
// the system unlocks when the process ends. Goose's own transactions keep it
// from locking the real one.
type sqliteMigrationLock struct {
	path string
	pool *sql.DB
	conn *sql.Conn
}

func (s *sqliteMigrationLock) SessionLock(ctx context.Context, _ *sql.Conn) error {
	if err := createPrivate(s.path); err != nil {
		return err
	}
	dsn, err := sqliteLockDSN(s.path)
	if err != nil {
		return err
	}
	if s.pool, err = sql.Open(gormsqlite.DriverName, dsn); err != nil {
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

func (s *sqliteMigrationLock) SessionUnlock(context.Context, *sql.Conn) error {
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
