package ledger

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const maxDue = 10_000

// Due lists orders whose time to pay is over and that are not paid nor spared,
// the longest overdue first. limit is 1 to 10,000; 0 means 10,000.
func (l *Ledger) Due(ctx context.Context, now time.Time, limit int, sparing ...Sparing) ([]seckill.ID, error) {
	var ids []int64
	condition, args := unspared(now, sparing)
	args = append([]any{string(seckill.OrderAwaitingPayment), stockReserved, now.UnixMilli()}, args...)
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT id FROM orders WHERE status = ? AND stock_state = ? AND hold_until <= ?"+condition+
			" ORDER BY hold_until LIMIT ?", append(args, database.Bounded(limit, maxDue))...).Scan(&ids).Error
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
		err := l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
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
	err := l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		orders, err := l.lockOrders(tx, []int64{int64(id)}, "buyer = ? AND status = ?",
			buyer, string(seckill.OrderAwaitingPayment))
		if err != nil {
			return err
		}
		if len(orders) == 0 {
			err := whyNotAwaiting(tx, id, buyer)
			if conflictState(err) == string(seckill.OrderAwaitingPayment) {
				// It was settled between the two statements.
				err = fmt.Errorf("cancel: %w", database.ErrLostRace)
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

// Sparing leaves orders whose time is over alone for a while longer, since
// somebody asks their provider first what became of the payment.
type Sparing struct {
	// Providers are those that are asked: orders with an open payment of one of
	// them are spared. With none nothing is.
	Providers []string
	// Patience is for how long after their hold.
	Patience time.Duration
}

// openPayment tells of an order that it has one with a provider that is asked.
const openPayment = "EXISTS (SELECT 1 FROM payments p WHERE p.open_order = orders.id AND p.provider IN ?)"

// unspared is the condition of orders that none of them spares at a time.
func unspared(now time.Time, sparing []Sparing) (condition string, args []any) {
	for _, s := range sparing {
		if len(s.Providers) > 0 {
			condition += " AND NOT (hold_until > ? AND " + openPayment + ")"
			args = append(args, now.Add(-s.Patience).UnixMilli(), s.Providers)
		}
	}
	return condition, args
}

// Spared lists the open payments because of which orders are spared at now, those
// of the longest overdue orders first. limit, in orders, is 1 to 10,000; 0 means
// 10,000.
func (l *Ledger) Spared(ctx context.Context, now time.Time, s Sparing, limit int) ([]seckill.Payment, error) {
	if len(s.Providers) == 0 {
		return nil, nil
	}
	var payments []seckill.Payment
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		var ids []int64
		err := db.Raw("SELECT id FROM orders WHERE status = ? AND stock_state = ? AND hold_until <= ? AND hold_until > ? AND "+
			openPayment+" ORDER BY hold_until LIMIT ?", string(seckill.OrderAwaitingPayment), stockReserved, now.UnixMilli(),
			now.Add(-s.Patience).UnixMilli(), s.Providers, database.Bounded(limit, maxDue)).Scan(&ids).Error
		if err != nil {
			return err
		}
		for _, chunk := range chunks(ids) {
			var rows []paymentRow
			err := db.Raw("SELECT * FROM payments WHERE open_order IN ? AND provider IN ?", chunk, s.Providers).Scan(&rows).Error
			if err != nil {
				return err
			}
			for _, r := range rows {
				payments = append(payments, r.payment())
			}
		}
		return nil
	})
	return payments, err
}
