package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const maxAdoptions = 10_000

// Adoption is an order that Redis may not know.
type Adoption struct {
	Order seckill.Order
	// Released says that its units are back, or never were taken: there is nothing
	// left to tell Redis.
	Released bool
}

// Adoptions lists orders that were settled after their sale had been loaded into
// Redis without them. limit is 1 to 10,000; 0 means 10,000.
func (l *Ledger) Adoptions(ctx context.Context, limit int) ([]Adoption, error) {
	var all []Adoption
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		var rows []orderRow
		err := db.Raw("SELECT o.* FROM adoptions a JOIN orders o ON o.id = a.order_id ORDER BY a.order_id LIMIT ?",
			database.Bounded(limit, maxAdoptions)).Scan(&rows).Error
		if err != nil {
			return err
		}
		orders, err := loadLines(db, rows)
		if err != nil {
			return err
		}
		for i, o := range orders {
			all = append(all, Adoption{Order: o, Released: rows[i].StockState == stockReleased})
		}
		return nil
	})
	return all, err
}

// Adopted notes that Redis knows the orders. A load that comes later has them from SQL,
// so they need not be adopted again.
func (l *Ledger) Adopted(ctx context.Context, orders []seckill.ID) error {
	for _, chunk := range chunks(numbers(orders)) {
		if err := l.db.WriteOne(ctx, "DELETE FROM adoptions WHERE order_id IN ?", chunk); err != nil {
			return err
		}
	}
	return nil
}

// addAdoptions notes those of the orders that were admitted under another epoch.
func addAdoptions(tx *gorm.DB, orders []seckill.Order, epochs map[seckill.ID]epochRow, now int64) error {
	var rows [][]any
	for _, o := range orders {
		if sale, ok := epochs[o.SaleID]; ok && sale.Epoch != o.Epoch {
			rows = append(rows, []any{int64(o.ID), int64(o.SaleID), now})
		}
	}
	return database.InsertMany(tx, "adoptions (order_id, sale_id, created_at)", rows)
}
