package chaos

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"time"
)

// lockTables lets nobody write for a while, as a backup does.
func lockTables(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("mysql")()
	return run.onMySQL(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, "FLUSH TABLES WITH READ LOCK"); err != nil {
			return err
		}
		pause(ctx, f.For)
		_, err := conn.ExecContext(ctx, "UNLOCK TABLES")
		return err
	})
}

// lockRows holds the rows of items or orders, as a person with a console does
// who has gone for lunch.
func lockRows(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("mysql")()
	r := rand.New(rand.NewPCG(f.Draw, 0))
	statement := pick(r, "SELECT * FROM items LIMIT 2 FOR UPDATE",
		"SELECT * FROM orders ORDER BY id DESC LIMIT 50 FOR UPDATE",
		"SELECT * FROM orders WHERE status = 'awaiting_payment' FOR UPDATE")
	return run.onMySQL(ctx, func(ctx context.Context, conn *sql.Conn) error {
		tx, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		rows, err := tx.QueryContext(ctx, statement)
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		err = errors.Join(rows.Err(), rows.Close())
		pause(ctx, f.For/2)
		return err
	})
}

// onMySQL runs something on a connection of its own; a server that is away
// because of another fault is waited for.
func (run *Run) onMySQL(ctx context.Context, do func(context.Context, *sql.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var err error
	within(25*time.Second, func() bool {
		var conn *sql.Conn
		if conn, err = run.db.Conn(ctx); err != nil {
			return false
		}
		defer conn.Close()
		if err = do(ctx, conn); err != nil {
			// The connection may still hold a lock.
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		return err == nil
	})
	return err
}
