package database

import (
	"context"
	"database/sql"
	"log/slog"

	"gorm.io/gorm"
)

// server is what each engine answers in its own way.
type server interface {
	place() string
	describe(db *gorm.DB) (Description, error)
	readOnly(db *gorm.DB) bool
	waits(db *gorm.DB) (*Waits, error)
	beginMigration(ctx context.Context) (pool *sql.DB, end func() error, err error)
}

// Description is what a database says of itself.
type Description struct {
	// Product is MySQL, MariaDB or SQLite.
	Product, Version string
	// Settings are those that decide what is lost with the server.
	Settings map[string]string
}

// Place tells which database this is, with nothing secret in it.
func (d *DB) Place() string { return d.server.place() }

// Log is what it was opened with.
func (d *DB) Log() *slog.Logger { return d.log }

// Describe reads what the database says of itself.
func (d *DB) Describe(ctx context.Context) (what Description, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		what, err = d.server.describe(db)
		return err
	})
	return what, err
}

// ReadOnly tells whether the server says that it takes no writes from ordinary users.
func (d *DB) ReadOnly(ctx context.Context) (readOnly bool) {
	_ = d.session(ctx, d.Reads, func(db *gorm.DB) error {
		readOnly = d.server.readOnly(db)
		return nil
	})
	return readOnly
}

// Waits are how often transactions got into each other's way, since the server started,
// in all of its databases.
type Waits struct {
	// Deadlocks are transactions that the server rolled back, so that others could go on.
	Deadlocks int64 `json:"deadlocks"`
	// Locks are statements that had to wait for a row.
	Locks int64 `json:"lock_waits"`
}

// Waits reads what the server counts; nil where it does not, or tells others alone.
func (d *DB) Waits(ctx context.Context) (counted *Waits, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		counted, err = d.server.waits(db)
		return err
	})
	return counted, err
}

// BeginMigration waits until no other process migrates, and then keeps all others
// from it until end is called. pool has the connections to migrate with.
func (d *DB) BeginMigration(ctx context.Context) (pool *sql.DB, end func() error, err error) {
	return d.server.beginMigration(ctx)
}
