package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const maxUnconfirmed = 10_000

// confirmCondition chooses paid orders whose units still count as reserved.
const confirmCondition = "status = ? AND stock_state = ?"

// UnconfirmedPaid lists paid orders whose units still count as reserved. limit
// is 1 to 10,000; 0 means 10,000.
func (l *Ledger) UnconfirmedPaid(ctx context.Context, limit int) ([]seckill.ID, error) {
	var ids []int64
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT id FROM orders WHERE "+confirmCondition+" ORDER BY hold_until LIMIT ?",
			string(seckill.OrderPaid), stockReserved, database.Bounded(limit, maxUnconfirmed)).Scan(&ids).Error
	})
	return toIDs(ids), err
}

// ConfirmStock moves the units of those of the orders that are paid from
// reserved to sold, once for each order, and tells how many orders it moved.
func (l *Ledger) ConfirmStock(ctx context.Context, ids []seckill.ID) (confirmed int, err error) {
	for _, chunk := range chunks(numbers(ids)) {
		var part int
		err := l.db.Write(ctx, func(tx *gorm.DB, _ int) (err error) {
			part, err = l.confirm(tx, chunk)
			return err
		})
		if err != nil {
			return confirmed, err
		}
		confirmed += part
	}
	return confirmed, nil
}

func (l *Ledger) confirm(tx *gorm.DB, ids []int64) (int, error) {
	locked, err := l.lockOrders(tx, ids, confirmCondition, string(seckill.OrderPaid), stockReserved)
	if err != nil || len(locked) == 0 {
		return 0, err
	}
	now := l.now()
	err = database.MustChange(tx, len(locked), "UPDATE orders"+l.db.ByPrimary+" SET stock_state = ?, updated_at = ?"+
		" WHERE id IN ? AND "+confirmCondition,
		stockSold, now, orderNumbers(locked), string(seckill.OrderPaid), stockReserved)
	if err != nil {
		return 0, err
	}
	orders := plain(locked)
	if err := addHistory(tx, orders, StockConfirm, now); err != nil {
		return 0, err
	}
	return len(orders), confirmUnits(tx, unitsOf(orders))
}
