// Package schema brings a database to the schema that this build needs. The steps are
// the .sql files in the folder of each engine, with the same numbers in both. A step
// that was released is never changed: what comes after it is a new one.
package schema

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill/ledger/engine"
)

//go:embed mysql sqlite
var steps embed.FS

var dialects = map[string]goose.Dialect{"mysql": goose.DialectMySQL, "sqlite": goose.DialectSQLite3}

// Up takes the steps that are missing and tells how many it took. Several processes
// may call it at once: one works, the others wait and find nothing to do. A schema
// newer than this build is left alone.
func Up(ctx context.Context, e *engine.Engine, log *slog.Logger) (taken int, err error) {
	if e.Detached {
		ctx = context.WithoutCancel(ctx)
	}
	files, err := fs.Sub(steps, e.Name)
	if err != nil {
		return 0, err
	}
	// Goose would take a lock of its own too late: it looks for pending steps before,
	// and can then see the table of versions of another process half made.
	pool, end, err := e.BeginMigration(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, end()) }()
	provider, err := goose.NewProvider(dialects[e.Name], pool, files, goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if n := len(results); n > 0 {
		log.InfoContext(ctx, "the schema is up to date", "migrations", n, "version", results[n-1].Source.Version)
	}
	return len(results), err
}

// Version tells the version that a database has; 0 for an empty one.
func Version(db *gorm.DB, e *engine.Engine) (version int64, err error) {
	// Asked by hand, since goose would create its table on the way.
	err = db.Raw("SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version).Error
	if e.IsNoTable(err) {
		err = nil
	}
	return version, err
}

// Latest is the version that this build needs.
func Latest(e *engine.Engine) (int64, error) {
	files, err := steps.ReadDir(e.Name)
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(files[len(files)-1].Name())
}
