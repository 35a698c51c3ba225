package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// LogRepair notes in the sale's log who repairs what in Redis, one row for each
// detail of at most 200 characters, or how that ended.
func (l *Ledger) LogRepair(ctx context.Context, id seckill.ID, actor, action string, details ...string) error {
	return l.write(ctx, func(tx *gorm.DB, _ int) error {
		sale, err := loadSale(tx, id)
		if err != nil {
			return err
		}
		now := l.now()
		for _, detail := range details {
			err := mustChange(tx, 1, "INSERT INTO sale_log (sale_id, actor, action, revision, at, detail) VALUES (?,?,?,?,?,?)",
				int64(id), shortActor(actor), action, sale.Revision, now, detail)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
