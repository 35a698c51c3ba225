package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// Writable proves that the database takes writes, by one that finds no row. It is
// seckill.WriteRefusal where the database answers and takes none. A user with the
// right to write to a server that is read only (SUPER, READ ONLY ADMIN) writes there,
// and so it is writable.
func (l *Ledger) Writable(ctx context.Context) error {
	err := l.db.Try(ctx, func(db *gorm.DB) error {
		return db.Exec("UPDATE leases SET owner = owner WHERE 1 = 0").Error
	})
	if err == nil {
		return nil
	}
	// The driver gives a connection to a server that is read only up, and its error
	// does not say so.
	if l.db.ReadOnly(ctx) {
		return &seckill.WriteRefusal{Why: "the server is read only (read_only)", Cause: err}
	}
	return l.db.Classify(err)
}
