package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger/engine"
)

// Name tells which database this is, with nothing secret in it.
func (l *Ledger) Name() string { return l.engine.Place() }

// Describe reads what the database says of itself.
func (l *Ledger) Describe(ctx context.Context) (d engine.Description, err error) {
	err = l.read(ctx, func(db *gorm.DB) error {
		d, err = l.engine.Describe(db)
		return err
	})
	return d, err
}

// Writable proves that the database takes writes, by one that finds no row. It is
// seckill.WriteRefusal where the database answers and takes none. A user with the
// right to write to a server that is read only (SUPER, READ ONLY ADMIN) writes there,
// and so it is writable.
func (l *Ledger) Writable(ctx context.Context) error {
	err := l.session(ctx, l.engine.Writes, func(db *gorm.DB) error {
		return db.Exec("UPDATE leases SET owner = owner WHERE 1 = 0").Error
	})
	if err == nil {
		return nil
	}
	// The driver gives a connection to a server that is read only up, and its error
	// does not say so.
	if l.readOnly(ctx) {
		return &seckill.WriteRefusal{Why: "the server is read only (read_only)", Cause: err}
	}
	return l.classify(err)
}

func (l *Ledger) readOnly(ctx context.Context) (readOnly bool) {
	_ = l.session(ctx, l.engine.Reads, func(db *gorm.DB) error {
		readOnly = l.engine.ReadOnly(db)
		return nil
	})
	return readOnly
}
