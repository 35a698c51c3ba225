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

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
)

//go:embed mysql sqlite
var steps embed.FS

var dialects = map[string]goose.Dialect{"mysql": goose.DialectMySQL, "sqlite": goose.DialectSQLite3}

// Up takes the steps that are missing and tells how many it took. Several processes
// may call it at once: one works, the others wait and find nothing to do. A schema
// newer than this build is left alone.
func Up(ctx context.Context, d *database.DB) (taken int, err error) {
	taken, err = up(ctx, d)
	return taken, d.Classify(err)
}

func up(ctx context.Context, d *database.DB) (taken int, err error) {
	if d.Detached {
		ctx = context.WithoutCancel(ctx)
	}
	files, err := fs.Sub(steps, d.Name)
	if err != nil {
		return 0, err
	}
	// Goose would take a lock of its own too late: it looks for pending steps before,
	// and can then see the table of versions of another process half made.
	pool, end, err := d.BeginMigration(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, end()) }()
	log := d.Log()
	provider, err := goose.NewProvider(dialects[d.Name], pool, files, goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if n := len(results); n > 0 {
		log.InfoContext(ctx, "the schema is up to date", "migrations", n, "version", results[n-1].Source.Version)
	}
	return len(results), err
}

// Versions tells the version that a database has (0 for an empty one) and the one
// that this build needs.
func Versions(ctx context.Context, d *database.DB) (have, want int64, err error) {
	files, err := steps.ReadDir(d.Name)
	if err != nil {
		return 0, 0, err
	}
	if want, err = goose.NumericComponent(files[len(files)-1].Name()); err != nil {
		return 0, 0, err
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		// Asked by hand, since goose would create its table on the way.
		err := db.Raw("SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have).Error
		if d.IsNoTable(err) {
			err = nil
		}
		return err
	})
	return have, want, err
}

// Pending tells whether Up has something to do.
func Pending(ctx context.Context, d *database.DB) (bool, error) {
	have, want, err := Versions(ctx, d)
	return have < want, err
}
