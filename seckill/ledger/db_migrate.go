package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema to the version of this build and tells how many
// steps it took. Several processes may call it at once: one works, the others
// wait and find nothing to do. A schema newer than this build is left alone.
func (l *Ledger) Migrate(ctx context.Context) (applied int, err error) {
	pool, lock, err := l.migrationPool()
	if err != nil {
		return 0, err
	}
	if l.dialect.detached {
		ctx = context.WithoutCancel(ctx)
	} else {
		defer func() { err = errors.Join(err, pool.Close()) }()
	}
	provider, err := l.migrationProvider(pool)
	if err != nil {
		return 0, err
	}
	// Goose would take the lock too late: it looks for pending steps before, and
	// can then see the table of versions of another process half made.
	if err := lock.lock(ctx, pool); err != nil {
		return 0, l.classify(err)
	}
	results, err := provider.Up(ctx)
	err = errors.Join(err, lock.unlock())
	if n := len(results); n > 0 {
		l.log.InfoContext(ctx, "the schema is up to date", "migrations", n, "version", results[n-1].Source.Version)
	}
	return len(results), l.classify(err)
}

// SchemaVersion tells the version that the database has (0 for an empty one)
// and the one that this build needs.
func (l *Ledger) SchemaVersion(ctx context.Context) (have, want int64, err error) {
	if want, err = l.latestMigration(); err != nil {
		return 0, 0, err
	}
	err = l.read(ctx, func(db *gorm.DB) error {
		// Asked by hand, since goose would create its table on the way.
		err := db.Raw("SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have).Error
		if l.dialect.isNoTable(err) {
			return nil
		}
		return err
	})
	return have, want, err
}

// Pending tells whether Migrate has something to do.
func (l *Ledger) Pending(ctx context.Context) (bool, error) {
	have, want, err := l.SchemaVersion(ctx)
	return have < want, err
}

// migrationPool gives the connections to migrate with and the lock to hold. On
// MySQL they are of their own: an ALTER of a large table may take longer than
// the ledger waits for any answer.
func (l *Ledger) migrationPool() (*sql.DB, migrationLock, error) {
	if l.cfg.Driver == DriverMySQL {
		pool, err := mysqlPool(l.cfg.DSN, 0)
		return pool, &mysqlMigrationLock{}, err
	}
	pool, err := l.writes.DB()
	return pool, &sqliteMigrationLock{path: l.cfg.DSN + ".migrate"}, err
}

func (l *Ledger) migrationProvider(pool *sql.DB) (*goose.Provider, error) {
	dialect := goose.DialectMySQL
	if l.cfg.Driver == DriverSQLite {
		dialect = goose.DialectSQLite3
	}
	files, err := fs.Sub(migrations, "migrations/"+l.cfg.Driver)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	provider, err := goose.NewProvider(dialect, pool, files, goose.WithDisableGlobalRegistry(true), goose.WithSlog(l.log))
	if err != nil {
		return nil, fmt.Errorf("ledger: migrations: %w", err)
	}
	return provider, nil
}

func (l *Ledger) latestMigration() (int64, error) {
	pool, err := l.writes.DB()
	if err != nil {
		return 0, fmt.Errorf("ledger: %w", err)
	}
	provider, err := l.migrationProvider(pool)
	if err != nil {
		return 0, err
	}
	sources := provider.ListSources()
	return sources[len(sources)-1].Version, nil
}
