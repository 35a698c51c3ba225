package ledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const maxMockPayments = 1_000

// The payments of the stand-in gateway are kept here, since it has no store of its own:
// what it promised a buyer must come after a restart as well, and from any process.

// KeepMockPayment notes when a payment was paid, and when the shop is to be told. The
// zero times: it is paid when the shop is told; the shop has to ask. What was noted of
// it before counts no more.
func (l *Ledger) KeepMockPayment(ctx context.Context, paymentID string, paidAt, tellAt time.Time) error {
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		if _, err := database.Exec(tx, "DELETE FROM mock_payments WHERE payment_id = ?", paymentID); err != nil {
			return err
		}
		_, err := database.Exec(tx, "INSERT INTO mock_payments (payment_id, paid_at, tell_at) VALUES (?, ?, ?)",
			paymentID, millisOrZero(paidAt), millisOrZero(tellAt))
		return err
	})
}

// MockPaidAt tells when a payment was paid; the zero time where it was not.
func (l *Ledger) MockPaidAt(ctx context.Context, paymentID string) (time.Time, error) {
	var found []int64
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT paid_at FROM mock_payments WHERE payment_id = ? AND paid_at > 0", paymentID).Scan(&found).Error
	})
	if err != nil || len(found) == 0 {
		return time.Time{}, err
	}
	return seckill.UnixMilli(found[0]), nil
}

// ClaimMockPayments gives up to limit payments of which the shop is to be told now to
// one caller alone: nobody else gets them until they are dropped, or the given time is
// over. limit is 1 to 1,000; 0 means 1,000.
func (l *Ledger) ClaimMockPayments(ctx context.Context, limit int, claim time.Duration) ([]string, error) {
	const due = "SELECT payment_id FROM mock_payments WHERE tell_at > 0 AND tell_at <= ? ORDER BY tell_at LIMIT ?"
	var ids []string // looked for without a lock, since mostly there are none
	err := l.db.Read(ctx, func(db *gorm.DB) error { return db.Raw(due, l.now(), 1).Scan(&ids).Error })
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		ids = nil
		now := l.now()
		if err := tx.Raw(due+l.db.ForUpdate, now, database.Bounded(limit, maxMockPayments)).Scan(&ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		return database.MustChange(tx, len(ids), "UPDATE mock_payments SET tell_at = ? WHERE payment_id IN ?", now+claim.Milliseconds(), ids)
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// DropMockPayment forgets a payment: the shop knows.
func (l *Ledger) DropMockPayment(ctx context.Context, paymentID string) error {
	return l.db.WriteOne(ctx, "DELETE FROM mock_payments WHERE payment_id = ?", paymentID)
}
