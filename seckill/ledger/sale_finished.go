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
func (l *Ledger) Unfinished(ctx context.Context, sale seckill.ID) (is bool, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) (err error) {
		is, err = unfinished(db, sale)
		return err
	})
	return is, err
}

func unfinished(db *gorm.DB, sale seckill.ID) (bool, error) {
	var found []int64
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
			return len(found) > 0, err
		}
	}
	return false, nil
}

// ClosedAt tells when a sale was closed; one that is not is seckill.CodeNotFound.
func (l *Ledger) ClosedAt(ctx context.Context, sale seckill.ID) (time.Time, error) {
	times, err := l.ClosedTimes(ctx, []seckill.ID{sale})
	if err != nil {
		return time.Time{}, err
	}
	at, closed := times[sale]
	if !closed {
		return time.Time{}, seckill.Errorf(seckill.CodeNotFound, "no such sale, or not closed")
	}
	return at, nil
}

// ClosedTimes tells when sales were closed. One that is not closed is not in the map.
func (l *Ledger) ClosedTimes(ctx context.Context, sales []seckill.ID) (map[seckill.ID]time.Time, error) {
	ids := make([]int64, len(sales))
	for i, id := range sales {
		ids[i] = int64(id)
	}
	var rows []struct{ SaleID, At int64 }
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT sale_id, at FROM sale_log WHERE sale_id IN ? AND action = ?", ids, string(seckill.SaleClosed)).Scan(&rows).Error
	})
	times := make(map[seckill.ID]time.Time, len(rows))
	for _, r := range rows {
		times[seckill.ID(r.SaleID)] = seckill.UnixMilli(r.At)
	}
	return times, err
}
