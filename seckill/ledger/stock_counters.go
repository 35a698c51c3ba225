package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// countersQuery reads a sale's counters in one statement, so that they are of
// one moment. What is releasing is the sum over the very orders that are.
const countersQuery = `
SELECT i.sku, i.total, i.reserved, i.sold, COALESCE(r.units, 0) AS releasing
FROM items i
LEFT JOIN (
	SELECT l.sku, SUM(l.quantity) AS units
	FROM orders o JOIN order_lines l ON l.order_id = o.id
	WHERE o.stock_state = ? AND o.sale_id = ?
	GROUP BY l.sku
) r ON r.sku = i.sku
WHERE i.sale_id = ?
ORDER BY i.position`

// Counters reads Total, Reserved, Sold and Releasing of each item of a sale, as
// they were at one moment.
func (l *Ledger) Counters(ctx context.Context, id seckill.ID) ([]seckill.ItemCounters, error) {
	var counters []seckill.ItemCounters
	err := l.db.Read(ctx, func(db *gorm.DB) (err error) {
		counters, err = loadCounters(db, id)
		return err
	})
	return counters, err
}

func loadCounters(db *gorm.DB, id seckill.ID) ([]seckill.ItemCounters, error) {
	var rows []struct {
		SKU                              string `gorm:"column:sku"`
		Total, Reserved, Sold, Releasing int64
	}
	if err := db.Raw(countersQuery, stockReleasing, int64(id), int64(id)).Scan(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, seckill.Errorf(seckill.CodeNotFound, "no such sale")
	}
	counters := make([]seckill.ItemCounters, len(rows))
	for i, r := range rows {
		counters[i] = seckill.ItemCounters{SKU: r.SKU, Total: r.Total, Reserved: r.Reserved, Sold: r.Sold, Releasing: r.Releasing}
	}
	return counters, nil
}
