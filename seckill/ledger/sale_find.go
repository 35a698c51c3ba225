package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const maxSalesPage = 1_000

// SaleQuery chooses sales.
type SaleQuery struct {
	// States to list; none means all.
	States []seckill.SaleState
	// Key of the sale to list; empty means any.
	Key string
	// Limit is the most sales to list, 1 to 1,000; 0 means 1,000.
	Limit int
	// Cursor is the id of the last sale that the caller has; 0 starts with the
	// newest.
	Cursor seckill.ID
}

// Sale reads one sale.
func (l *Ledger) Sale(ctx context.Context, id seckill.ID) (seckill.Sale, error) {
	var sale seckill.Sale
	err := l.db.ReadSnapshot(ctx, func(tx *gorm.DB) (err error) {
		sale, err = loadSale(tx, id)
		return err
	})
	return sale, err
}

// Sales lists sales, the newest first.
func (l *Ledger) Sales(ctx context.Context, q SaleQuery) ([]seckill.Sale, error) {
	var sales []seckill.Sale
	err := l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		find := tx.Table("sales").Order("id DESC").Limit(database.Bounded(q.Limit, maxSalesPage))
		if len(q.States) > 0 {
			find = find.Where("state IN ?", texts(q.States))
		}
		if q.Key != "" {
			find = find.Where("sale_key = ?", q.Key)
		}
		if q.Cursor > 0 {
			find = find.Where("id < ?", int64(q.Cursor))
		}
		var rows []saleRow
		if err := find.Find(&rows).Error; err != nil {
			return err
		}
		var err error
		sales, err = withItems(tx, rows)
		return err
	})
	return sales, err
}

func loadSale(tx *gorm.DB, id seckill.ID) (seckill.Sale, error) {
	var rows []saleRow
	if err := tx.Raw("SELECT * FROM sales WHERE id = ?", int64(id)).Scan(&rows).Error; err != nil {
		return seckill.Sale{}, err
	}
	if len(rows) == 0 {
		return seckill.Sale{}, seckill.Errorf(seckill.CodeNotFound, "no such sale")
	}
	sales, err := withItems(tx, rows)
	if err != nil {
		return seckill.Sale{}, err
	}
	return sales[0], nil
}

func withItems(tx *gorm.DB, rows []saleRow) ([]seckill.Sale, error) {
	sales := make([]seckill.Sale, len(rows))
	if len(rows) == 0 {
		return sales, nil
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var items []itemRow
	err := tx.Raw("SELECT * FROM items WHERE sale_id IN ? ORDER BY sale_id, position", ids).Scan(&items).Error
	if err != nil {
		return nil, err
	}
	bySale := make(map[int64][]itemRow, len(rows))
	for _, it := range items {
		bySale[it.SaleID] = append(bySale[it.SaleID], it)
	}
	for i, r := range rows {
		sales[i] = r.sale(bySale[r.ID])
	}
	return sales, nil
}
