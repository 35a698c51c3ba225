package ledger

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

const maxDue = 10_000

// Due lists orders whose time to pay is over and that are not paid nor spared,
// the longest overdue first. limit is 1 to 10,000; 0 means 10,000.
func (l *Ledger) Due(ctx context.Context, now time.Time, limit int, sparing ...Sparing) ([]seckill.ID, error) {
	var ids []int64
	condition, args := unspared(now, sparing)
	args = append([]any{string(seckill.OrderAwaitingPayment), stockReserved, now.UnixMilli()}, args...)
	err := l.read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT id FROM orders WHERE status = ? AND stock_state = ? AND hold_until <= ?"+condition+
			" ORDER BY hold_until LIMIT ?", append(args, bounded(limit, maxDue))...).Scan(&ids).Error
	})
	return toIDs(ids), err
}

// Expire ends those of the orders that await their payment and whose time for
// it is over at now, and returns them. The others are left alone: paid ones,
// those with time left, those that are not settled yet, and spared ones.
//
// After an error the result holds what was committed before it.
func (l *Ledger) Expire(ctx context.Context, ids []seckill.ID, now time.Time, sparing ...Sparing) ([]seckill.Order, error) {
	var expired []seckill.Order
	condition, args := unspared(now, sparing)
	args = append([]any{string(seckill.OrderAwaitingPayment), now.UnixMilli()}, args...)
	for _, chunk := range chunks(numbers(ids)) {
		var part []seckill.Order
		err := l.write(ctx, func(tx *gorm.DB, _ int) error {
			orders, err := l.lockOrders(tx, chunk, "status = ? AND hold_until <= ?"+condition, args...)
			if err != nil {
				return err
			}
			part, err = l.giveUp(tx, orders, seckill.OrderExpired)
			return err
		})
		if err != nil {
			return expired, err
		}
		expired = append(expired, part...)
	}
	return expired, nil
}

// Cancel ends an order that awaits its payment, for its buyer. Another buyer's
// order is seckill.CodeNotFound; one in any other status, cancelled included,
// is seckill.CodeConflict with the status.
func (l *Ledger) Cancel(ctx context.Context, id seckill.ID, buyer string) (seckill.Order, error) {
	var cancelled []seckill.Order
	err := l.write(ctx, func(tx *gorm.DB, _ int) error {
		orders, err := l.lockOrders(tx, []int64{int64(id)}, "buyer = ? AND status = ?",
			buyer, string(seckill.OrderAwaitingPayment))
		if err != nil {
			return err
		}
		if len(orders) == 0 {
			err := whyNotAwaiting(tx, id, buyer)
			if conflictState(err) == string(seckill.OrderAwaitingPayment) {
				// It was settled between the two statements.
				err = fmt.Errorf("cancel: %w", errLostRace)
			}
			return err
		}
		cancelled, err = l.giveUp(tx, orders, seckill.OrderCancelled)
		return err
	})
	if err != nil {
		return seckill.Order{}, err
	}
	return cancelled[0], nil
}

// giveUp ends locked orders that await their payment. Their units leave
// reserved and are pending release from then on.
func (l *Ledger) giveUp(tx *gorm.DB, orders []lockedOrder, to seckill.OrderStatus) ([]seckill.Order, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	now := l.now()
	err := l.transition(tx, orders, change{from: seckill.OrderAwaitingPayment, to: to, stock: stockReleasing}, now)
	if err != nil {
		return nil, err
	}
	ended := plain(orders)
	if err := addHistory(tx, ended, StockRelease, now); err != nil {
		return nil, err
	}
	return ended, unreserveUnits(tx, unitsOf(ended))
}

// whyNotAwaiting makes the error for an order that is not there for the buyer,
// or not awaiting its payment.
func whyNotAwaiting(tx *gorm.DB, id seckill.ID, buyer string) error {
	order, err := oneOrder(tx, "id = ? AND buyer = ?", int64(id), buyer)
	if err != nil {
		return err
	}
	return conflict(string(order.Status), "the order is %s", order.Status)
}
