// Package engine opens the databases on which the ledger runs, MySQL (or MariaDB) and
// SQLite, and holds all that differs between them: settings of a connection, words of
// SQL, numbers of errors, the lock under which one process migrates. It knows nothing
// of sales and their tables.
//
// Begin with Dialect, which is what the ledger's statements and transactions use.
package engine

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"
)

// Options are the settings that both engines have.
type Options struct {
	// MaxOpen is the most connections at a time, 2 or more.
	MaxOpen int
	// SlowQuery is how long a statement may take before it is logged; negative is never.
	SlowQuery time.Duration
	Logger    *slog.Logger
}

// Engine is an open database.
type Engine struct {
	*Dialect
	// Writes is for transactions that write, Reads for everything else.
	Writes, Reads *gorm.DB
	server
}

// server is what each engine answers in its own way.
type server interface {
	// Place tells which database this is, with nothing secret in it.
	Place() string
	// Describe reads what the database says of itself.
	Describe(db *gorm.DB) (Description, error)
	// ReadOnly tells whether the server takes no writes from ordinary users.
	ReadOnly(db *gorm.DB) bool
	// BeginMigration waits until no other process migrates, and then keeps all others
	// from it until end is called. pool has the connections to migrate with.
	BeginMigration(ctx context.Context) (pool *sql.DB, end func() error, err error)
}

// Description is what a database says of itself.
type Description struct {
	// Product is MySQL, MariaDB or SQLite.
	Product, Version string
	// Settings are those that decide what is lost with the server.
	Settings map[string]string
}

// Close waits for running statements and closes every connection.
func (e *Engine) Close() error {
	err := closePool(e.Writes)
	if e.Reads != e.Writes {
		err = errors.Join(err, closePool(e.Reads))
	}
	return err
}

func closePool(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

func gormConfig(o Options) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction:   true,
		DisableNestedTransaction: true,
		DisableAutomaticPing:     true,
		Logger:                   queryLog{log: o.Logger, slow: o.SlowQuery},
	}
}

func limitPool(pool *sql.DB, open int) {
	pool.SetMaxOpenConns(open)
	pool.SetMaxIdleConns(open)
	pool.SetConnMaxIdleTime(5 * time.Minute)
}
