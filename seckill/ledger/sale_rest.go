package ledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// Unfinished tells whether an order of a sale awaits its payment, has units that
// Redis is still to get back, was paid late and is undecided, or is one that Redis
// is still to be told of.
func (l *Ledger) Unfinished(ctx context.Context, sale seckill.ID) (bool, error) {
	var found []int64
	err := l.read(ctx, func(db *gorm.DB) error {
		for _, one := range []struct {
			from string
			args []any
		}{
			{"id FROM orders WHERE sale_id = ? AND status = ?", []any{int64(sale), string(seckill.OrderAwaitingPayment)}},
			{"id FROM orders WHERE stock_state = ? AND sale_id = ?", []any{stockReleasing, int64(sale)}},
			{"o.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.status = ? AND o.sale_id = ?", []any{paymentLate, int64(sale)}},
			{"order_id FROM adoptions WHERE sale_id = ?", []any{int64(sale)}},
		} {
			err := db.Raw("SELECT "+one.from+" LIMIT 1", one.args...).Scan(&found).Error
			if err != nil || len(found) > 0 {
				return err
			}
		}
		return nil
	})
	return len(found) > 0, err
}

// ClosedAt tells when a sale was closed; one that is not is seckill.CodeNotFound.
func (l *Ledger) ClosedAt(ctx context.Context, sale seckill.ID) (time.Time, error) {
	var at []int64
	err := l.read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT at FROM sale_log WHERE sale_id = ? AND action = ? ORDER BY id DESC LIMIT 1",
			int64(sale), string(seckill.SaleClosed)).Scan(&at).Error
	})
	if err != nil {
		return time.Time{}, err
	}
	if len(at) == 0 {
		return time.Time{}, seckill.Errorf(seckill.CodeNotFound, "no such sale, or not closed")
	}
	return seckill.UnixMilli(at[0]), nil
}
