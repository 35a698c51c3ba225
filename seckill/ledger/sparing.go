package ledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

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
	err := l.read(ctx, func(db *gorm.DB) error {
		var ids []int64
		err := db.Raw("SELECT id FROM orders WHERE status = ? AND stock_state = ? AND hold_until <= ? AND hold_until > ? AND "+
			openPayment+" ORDER BY hold_until LIMIT ?", string(seckill.OrderAwaitingPayment), stockReserved, now.UnixMilli(),
			now.Add(-s.Patience).UnixMilli(), s.Providers, bounded(limit, maxDue)).Scan(&ids).Error
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
