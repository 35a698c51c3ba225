package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill/ledger/schema"
)

// Migrate brings the schema to the version of this build and tells how many
// steps it took. Several processes may call it at once: one works, the others
// wait and find nothing to do. A schema newer than this build is left alone.
func (l *Ledger) Migrate(ctx context.Context) (applied int, err error) {
	applied, err = schema.Up(ctx, l.engine, l.log)
	return applied, l.classify(err)
}

// SchemaVersion tells the version that the database has (0 for an empty one)
// and the one that this build needs.
func (l *Ledger) SchemaVersion(ctx context.Context) (have, want int64, err error) {
	if want, err = schema.Latest(l.engine); err != nil {
		return 0, 0, err
	}
	err = l.read(ctx, func(db *gorm.DB) (err error) {
		have, err = schema.Version(db, l.engine)
		return err
	})
	return have, want, err
}

// Pending tells whether Migrate has something to do.
func (l *Ledger) Pending(ctx context.Context) (bool, error) {
	have, want, err := l.SchemaVersion(ctx)
	return have < want, err
}
