package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// OrderQuery chooses orders. Sale or Buyer must be given, for an index to serve it.
type OrderQuery struct {
	// Sale of the orders; 0 means any.
	Sale seckill.ID
	// Buyer of the orders; empty means any.
	Buyer string
	// Status of the orders; empty means any.
	Status seckill.OrderStatus
	// Cursor is the id of the last order that the caller has; 0 starts with the
	// newest.
	Cursor seckill.ID
	// Limit is the most orders to list, 1 to 5,000; 0 means 5,000.
	Limit int
}

// Orders lists recorded orders, the newest first.
func (l *Ledger) Orders(ctx context.Context, q OrderQuery) ([]seckill.Order, error) {
	if q.Sale == 0 && q.Buyer == "" {
		return nil, seckill.Invalid("buyer", "or a sale must be given")
	}
	return l.listOrders(ctx, q.Cursor, q.Limit, func(find *gorm.DB) *gorm.DB {
		if q.Sale != 0 {
			find = find.Where("sale_id = ?", int64(q.Sale))
		}
		if q.Buyer != "" {
			find = find.Where("buyer = ?", q.Buyer)
		}
		if q.Status != "" {
			find = find.Where("status = ?", string(q.Status))
		}
		return find
	})
}
