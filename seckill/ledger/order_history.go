package ledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// maxHistory bounds each list of an order's history. An order has a handful of
// each; a provider that goes mad could send more callbacks.
const maxHistory = 200

// OrderHistory is all that SQL knows of one order.
type OrderHistory struct {
	Order seckill.Order
	// Place is where its units are.
	Place Place
	// UpdatedAt is when the order was changed last.
	UpdatedAt time.Time
	// Stock are the movements of its units, the oldest first.
	Stock []StockEntry
	// Payments of the order, the oldest first.
	Payments []PaymentRecord
	// Callbacks of providers about it, the oldest first.
	Callbacks []CallbackRecord
}

// PaymentRecord is a payment and how it stands with its refund.
type PaymentRecord struct {
	seckill.Payment
	UpdatedAt      time.Time
	RefundAttempts int
	RefundError    string
}

// History reads all of one order as it is at one moment. One that is admitted but
// not settled yet is not here: seckill.CodeNotFound.
func (l *Ledger) History(ctx context.Context, id seckill.ID) (OrderHistory, error) {
	var h OrderHistory
	err := l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		var rows []orderRow
		if err := tx.Raw("SELECT * FROM orders WHERE id = ?", int64(id)).Scan(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return noSuchOrder()
		}
		orders, err := loadLines(tx, rows)
		if err != nil {
			return err
		}
		h = OrderHistory{Order: orders[0], Place: Place(rows[0].StockState), UpdatedAt: seckill.UnixMilli(rows[0].UpdatedAt)}
		if h.Stock, err = stockHistory(tx, id, "created_at, kind, sku"); err != nil {
			return err
		}
		if h.Payments, err = paymentsOf(tx, id); err != nil {
			return err
		}
		h.Callbacks, err = callbacksOf(tx, id)
		return err
	})
	return h, err
}

func paymentsOf(tx *gorm.DB, order seckill.ID) ([]PaymentRecord, error) {
	var rows []paymentRow
	err := tx.Raw("SELECT * FROM payments WHERE order_id = ? ORDER BY created_at, payment_id LIMIT ?", int64(order), maxHistory).Scan(&rows).Error
	records := make([]PaymentRecord, len(rows))
	for i, r := range rows {
		records[i] = PaymentRecord{Payment: r.payment(), UpdatedAt: seckill.UnixMilli(r.UpdatedAt),
			RefundAttempts: r.RefundAttempts, RefundError: r.RefundError}
	}
	return records, err
}
