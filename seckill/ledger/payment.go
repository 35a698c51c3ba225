package ledger

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// The statuses of a payment.
const (
	paymentOpen      = "open"
	paymentLate      = "late" // the order had ended; whether it gets units again is undecided
	paymentSucceeded = "succeeded"
	paymentFailed    = "failed"
	paymentRefundDue = "refund_due"
	paymentRefunded  = "refunded"
)

// CreatePayment begins a payment of an order with a provider, for its buyer. If
// one is open there already, that one is returned and newPaymentID is not used.
// Another buyer's order is seckill.CodeNotFound; one that does not await its
// payment is seckill.CodeConflict with its status.
func (l *Ledger) CreatePayment(ctx context.Context, order seckill.ID, buyer, provider, newPaymentID string) (seckill.Payment, error) {
	if err := validateNames(provider, newPaymentID); err != nil {
		return seckill.Payment{}, err
	}
	var row paymentRow
	err := l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		now := l.now()
		// A new attempt takes the place of one that failed. First, as it locks the order:
		// two calls at once would both hold the lock that the next statement takes, and
		// both want this one.
		_, err := database.Exec(tx, "UPDATE orders SET payment_failed_at = 0 WHERE id = ? AND buyer = ? AND payment_failed_at > 0", int64(order), buyer)
		if err != nil {
			return err
		}
		// The table allows one open payment: of two calls at once the second
		// finds what the first wrote.
		_, err = database.Exec(tx, "INSERT INTO payments (provider, payment_id, order_id, open_order, amount, currency, status, created_at, updated_at)"+
			" SELECT ?, ?, id, id, amount, currency, ?, ?, ? FROM orders WHERE id = ? AND buyer = ? AND status = ?"+
			l.db.SkipDuplicates("payments", "payment_id"),
			provider, newPaymentID, paymentOpen, now, now, int64(order), buyer, string(seckill.OrderAwaitingPayment))
		if err != nil {
			return err
		}
		found := tx.Raw("SELECT p.* FROM payments p JOIN orders o ON o.id = p.order_id"+
			" WHERE p.open_order = ? AND p.provider = ? AND o.buyer = ? AND o.status = ?",
			int64(order), provider, buyer, string(seckill.OrderAwaitingPayment)).Scan(&row)
		if found.Error != nil || found.RowsAffected == 1 {
			return found.Error
		}
		if err := whyNotAwaiting(tx, order, buyer); conflictState(err) != string(seckill.OrderAwaitingPayment) {
			return err
		}
		// The order was settled between the two statements, or, if it stays like
		// this, the payment id is another order's.
		return fmt.Errorf("begin a payment: %w", database.ErrLostRace)
	})
	if err != nil {
		return seckill.Payment{}, err
	}
	return row.payment(), nil
}

// Payment reads a payment.
func (l *Ledger) Payment(ctx context.Context, provider, paymentID string) (seckill.Payment, error) {
	var payment seckill.Payment
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		row, found, err := loadPayment(db, provider, paymentID)
		if err == nil && !found {
			return seckill.Errorf(seckill.CodeNotFound, "no such payment")
		}
		payment = row.payment()
		return err
	})
	if err != nil {
		return seckill.Payment{}, err
	}
	return payment, nil
}

func loadPayment(db *gorm.DB, provider, paymentID string) (row paymentRow, found bool, err error) {
	result := db.Raw("SELECT * FROM payments WHERE provider = ? AND payment_id = ?", provider, paymentID).Scan(&row)
	return row, result.RowsAffected == 1, result.Error
}
