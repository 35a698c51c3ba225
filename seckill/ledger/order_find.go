package ledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const maxOrdersPage = 5_000

// Order reads one order. One that is admitted but not settled yet is not here:
// seckill.CodeNotFound.
func (l *Ledger) Order(ctx context.Context, id seckill.ID) (seckill.Order, error) {
	var order seckill.Order
	err := l.db.Read(ctx, func(db *gorm.DB) (err error) {
		order, err = loadOrder(db, id)
		return err
	})
	return order, err
}

// OrderOfBuyer is Order for a buyer's own: another's is seckill.CodeNotFound.
func (l *Ledger) OrderOfBuyer(ctx context.Context, id seckill.ID, buyer string) (seckill.Order, error) {
	var order seckill.Order
	err := l.db.Read(ctx, func(db *gorm.DB) (err error) {
		order, err = oneOrder(db, "id = ? AND buyer = ?", int64(id), buyer)
		return err
	})
	return order, err
}

// Standings tells how those of the orders stand that are here.
func (l *Ledger) Standings(ctx context.Context, orders []seckill.ID) (map[seckill.ID]seckill.Standing, error) {
	found := make(map[seckill.ID]seckill.Standing, len(orders))
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		for _, chunk := range chunks(numbers(orders)) {
			var rows []orderRow
			if err := db.Raw("SELECT id, status, payment_failed_at FROM orders WHERE id IN ?", chunk).Scan(&rows).Error; err != nil {
				return err
			}
			for _, r := range rows {
				found[seckill.ID(r.ID)] = r.order(nil).Standing()
			}
		}
		return nil
	})
	return found, err
}

// OrderOfKey reads the order that a buyer made in a sale with an idempotency key.
func (l *Ledger) OrderOfKey(ctx context.Context, sale seckill.ID, buyer, key string) (seckill.Order, error) {
	var order seckill.Order
	err := l.db.Read(ctx, func(db *gorm.DB) (err error) {
		order, err = oneOrder(db, "sale_id = ? AND buyer = ? AND request_key = ?", int64(sale), buyer, key)
		return err
	})
	return order, err
}

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
	var orders []seckill.Order
	err := l.db.Read(ctx, func(db *gorm.DB) (err error) {
		var rows []orderRow
		if err := q.find(db).Find(&rows).Error; err != nil {
			return err
		}
		// The lines of an order never change, so they need not be of the same
		// moment.
		orders, err = loadLines(db, rows)
		return err
	})
	return orders, err
}

func (q OrderQuery) find(db *gorm.DB) *gorm.DB {
	find := db.Table("orders").Order("id DESC").Limit(database.Bounded(q.Limit, maxOrdersPage))
	if q.Sale != 0 {
		find = find.Where("sale_id = ?", int64(q.Sale))
	}
	if q.Buyer != "" {
		find = find.Where("buyer = ?", q.Buyer)
	}
	if q.Status != "" {
		find = find.Where("status = ?", string(q.Status))
	}
	if q.Cursor > 0 {
		find = find.Where("id < ?", int64(q.Cursor))
	}
	return find
}

// OrdersOfBuyer lists a buyer's orders, the newest first: those with ids below
// cursor, or all if it is 0. limit is 1 to 5,000; 0 means 5,000.
func (l *Ledger) OrdersOfBuyer(ctx context.Context, buyer string, cursor seckill.ID, limit int) ([]seckill.Order, error) {
	return l.Orders(ctx, OrderQuery{Buyer: buyer, Cursor: cursor, Limit: limit})
}

// NextHoldEnd tells when the first unpaid order of a sale loses its units; found
// is false when no order awaits payment. All holds of a sale are equally long, so
// it is the oldest order's.
func (l *Ledger) NextHoldEnd(ctx context.Context, sale seckill.ID) (at time.Time, found bool, err error) {
	var until []int64
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT hold_until FROM orders WHERE sale_id = ? AND status = ? ORDER BY id LIMIT 1",
			int64(sale), string(seckill.OrderAwaitingPayment)).Scan(&until).Error
	})
	if err != nil || len(until) == 0 {
		return time.Time{}, false, err
	}
	return seckill.UnixMilli(until[0]), true, nil
}

// OrderCounts counts a sale's orders by status; a status that none has is not
// in the map.
func (l *Ledger) OrderCounts(ctx context.Context, id seckill.ID) (map[seckill.OrderStatus]int64, error) {
	counts := make(map[seckill.OrderStatus]int64)
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		var rows []struct {
			Status string
			Orders int64
		}
		err := db.Raw("SELECT status, COUNT(*) AS orders FROM orders WHERE sale_id = ? GROUP BY status", int64(id)).Scan(&rows).Error
		for _, r := range rows {
			counts[seckill.OrderStatus(r.Status)] = r.Orders
		}
		return err
	})
	return counts, err
}

func loadOrder(db *gorm.DB, id seckill.ID) (seckill.Order, error) {
	return oneOrder(db, "id = ?", int64(id))
}

func oneOrder(db *gorm.DB, condition string, args ...any) (seckill.Order, error) {
	var rows []orderRow
	if err := db.Raw("SELECT * FROM orders WHERE "+condition, args...).Scan(&rows).Error; err != nil {
		return seckill.Order{}, err
	}
	if len(rows) == 0 {
		return seckill.Order{}, noSuchOrder()
	}
	orders, err := loadLines(db, rows)
	if err != nil {
		return seckill.Order{}, err
	}
	return orders[0], nil
}

func loadLines(db *gorm.DB, rows []orderRow) ([]seckill.Order, error) {
	var lines []lineRow
	for _, chunk := range chunks(rows) {
		ids := make([]int64, len(chunk))
		for i, r := range chunk {
			ids[i] = r.ID
		}
		var some []lineRow
		err := db.Raw("SELECT * FROM order_lines WHERE order_id IN ? ORDER BY order_id, position", ids).Scan(&some).Error
		if err != nil {
			return nil, err
		}
		lines = append(lines, some...)
	}
	return withLines(rows, lines), nil
}

func withLines(rows []orderRow, lines []lineRow) []seckill.Order {
	byOrder := make(map[int64][]lineRow, len(rows))
	for _, line := range lines {
		byOrder[line.OrderID] = append(byOrder[line.OrderID], line)
	}
	orders := make([]seckill.Order, len(rows))
	for i, r := range rows {
		orders[i] = r.order(byOrder[r.ID])
	}
	return orders
}
