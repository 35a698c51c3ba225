// Package database opens the database that everything in SQL is kept in, MySQL (or
// MariaDB) or SQLite, and runs transactions on it. It holds all that differs between the
// two: settings of a connection, words of SQL, numbers of errors, the lock under which
// one process migrates. It knows nothing of sales and goods and their tables.
//
// Begin with transaction.go, by which all of SQL is read and written; Dialect has what
// statements say differently. Folder schema has the migrations.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// The drivers of Config.Driver.
const (
	MySQL  = "mysql"
	SQLite = "sqlite"
)

const (
	defaultMaxOpen   = 16
	defaultSlowQuery = 500 * time.Millisecond
)

// Config says where the database is.
type Config struct {
	// Driver is MySQL (MySQL 8.0.16 or MariaDB 10.6 and later) or SQLite. Required.
	Driver string
	// DSN is the address in go-sql-driver's form for MySQL, with a database
	// name, or the path of the file for SQLite, whose folder must exist.
	// Settings of the session that statements rely on are set whatever the
	// DSN says. Required.
	DSN string
	// MaxOpen is the most connections at a time: 2 or more, default 16. SQLite
	// has one writer; there the others read.
	MaxOpen int
	// SlowQuery is how long a statement may take before it is logged, without
	// its values. Default 500 ms; negative is never.
	SlowQuery time.Duration
	// Logger takes what an operator should see. Default slog.Default().
	Logger *slog.Logger
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	*Dialect
	// Writes is for transactions that write, Reads for everything else.
	Writes, Reads *gorm.DB

	server  server
	log     *slog.Logger
	retried atomic.Int64
}

// Open prepares a database. A MySQL server need not be there yet: Ping tells when
// it is. The schema is not touched: see package schema.
func Open(cfg Config) (*DB, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	open := openMySQL
	if cfg.Driver == SQLite {
		open = openSQLite
	}
	d, err := open(cfg)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	d.log = cfg.Logger
	return d, nil
}

// validate fills in the defaults and refuses what cannot work.
func (c *Config) validate() error {
	if c.MaxOpen == 0 {
		c.MaxOpen = defaultMaxOpen
	}
	if c.SlowQuery == 0 {
		c.SlowQuery = defaultSlowQuery
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.MaxOpen < 2 {
		return fmt.Errorf("database: MaxOpen must be 2 or more, not %d", c.MaxOpen)
	}
	if c.Driver != MySQL && c.Driver != SQLite {
		return fmt.Errorf("database: unknown driver %q", c.Driver)
	}
	return nil
}

// Ping tells whether the database answers; if not, the error is
// seckill.CodeUnavailable or says what is wrong with the settings.
func (d *DB) Ping(ctx context.Context) error {
	return d.Read(ctx, func(db *gorm.DB) error {
		var one int
		return db.Raw("SELECT 1").Scan(&one).Error
	})
}

// Retried counts the transactions that were run once more.
func (d *DB) Retried() int64 { return d.retried.Load() }

// InUse is how many connections are in use at this moment.
func (d *DB) InUse() int {
	used := inUse(d.Writes)
	if d.Reads != d.Writes {
		used += inUse(d.Reads)
	}
	return used
}

func inUse(db *gorm.DB) int {
	pool, err := db.DB()
	if err != nil {
		return 0
	}
	return pool.Stats().InUse
}

// Close waits for running statements and closes every connection.
func (d *DB) Close() error {
	err := closePool(d.Writes)
	if d.Reads != d.Writes {
		err = errors.Join(err, closePool(d.Reads))
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

func gormConfig(c Config) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction:   true,
		DisableNestedTransaction: true,
		DisableAutomaticPing:     true,
		Logger:                   queryLog{log: c.Logger, slow: c.SlowQuery},
	}
}

func limitPool(pool *sql.DB, open int) {
	pool.SetMaxOpenConns(open)
	pool.SetMaxIdleConns(open)
	pool.SetConnMaxIdleTime(5 * time.Minute)
}
