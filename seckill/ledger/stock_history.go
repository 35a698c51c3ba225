package ledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// StockMove is the kind of a movement of stock.
type StockMove int

// The numbers are stored.
const (
	StockReserve StockMove = 1 // reserved + n
	StockRelease StockMove = 2 // reserved - n
	StockConfirm StockMove = 3 // reserved - n, sold + n
	StockRetake  StockMove = 4 // reserved + n, for a payment that came after the release
)

// StockEntry is one movement of an order's units of one item. An order has at
// most one of each kind for an item.
type StockEntry struct {
	SaleID   seckill.ID
	OrderID  seckill.ID
	SKU      string
	Move     StockMove
	Quantity int64
	At       time.Time
}

// StockSum is what the history of an item adds up to: reserved ought to be
// Reserved + Retaken - Released - Confirmed, and sold ought to be Confirmed.
type StockSum struct {
	SKU                                    string
	Reserved, Released, Confirmed, Retaken int64
}

// StockHistory lists how an order's units moved, item by item, in the order in
// which they did.
func (l *Ledger) StockHistory(ctx context.Context, order seckill.ID) (entries []StockEntry, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) (err error) {
		entries, err = stockHistory(db, order, "sku, kind")
		return err
	})
	return entries, err
}

func stockHistory(db *gorm.DB, order seckill.ID, sorted string) ([]StockEntry, error) {
	var rows []struct {
		SaleID, OrderID int64
		SKU             string `gorm:"column:sku"`
		Kind            StockMove
		Quantity        int64
		CreatedAt       int64
	}
	err := db.Raw("SELECT * FROM stock_history WHERE order_id = ? ORDER BY "+sorted, int64(order)).Scan(&rows).Error
	entries := make([]StockEntry, len(rows))
	for i, r := range rows {
		entries[i] = StockEntry{
			SaleID: seckill.ID(r.SaleID), OrderID: seckill.ID(r.OrderID), SKU: r.SKU,
			Move: r.Kind, Quantity: r.Quantity, At: seckill.UnixMilli(r.CreatedAt),
		}
	}
	return entries, err
}

const stockSumsQuery = `
SELECT sku,
	SUM(CASE WHEN kind = 1 THEN quantity ELSE 0 END) AS reserved,
	SUM(CASE WHEN kind = 2 THEN quantity ELSE 0 END) AS released,
	SUM(CASE WHEN kind = 3 THEN quantity ELSE 0 END) AS confirmed,
	SUM(CASE WHEN kind = 4 THEN quantity ELSE 0 END) AS retaken
FROM stock_history WHERE sale_id = ? GROUP BY sku ORDER BY sku`

// StockSums adds up the history of each item of a sale. An item that never
// moved is left out.
func (l *Ledger) StockSums(ctx context.Context, sale seckill.ID) ([]StockSum, error) {
	var rows []struct {
		SKU                                    string `gorm:"column:sku"`
		Reserved, Released, Confirmed, Retaken int64
	}
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw(stockSumsQuery, int64(sale)).Scan(&rows).Error
	})
	sums := make([]StockSum, len(rows))
	for i, r := range rows {
		sums[i] = StockSum(r)
	}
	return sums, err
}

// addHistory writes one movement of every line of the orders. The key of the
// table makes a second one of the same kind fail the transaction.
func addHistory(tx *gorm.DB, orders []seckill.Order, move StockMove, now int64) error {
	var rows [][]any
	for _, o := range orders {
		for _, line := range o.Lines {
			rows = append(rows, []any{int64(o.ID), line.SKU, int(move), int64(o.SaleID), line.Quantity, now})
		}
	}
	return database.InsertMany(tx, "stock_history (order_id, sku, kind, sale_id, quantity, created_at)", rows)
}
