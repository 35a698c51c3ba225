package ledger

import (
	"context"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const (
	maxRefunds          = 1_000
	maxRefundErrorRunes = 200
)

// Refund is a payment whose money has to go back.
type Refund struct {
	seckill.Payment
	// Since is when it turned out that the money has to go back.
	Since time.Time
	// Attempts counts how often the provider was asked in vain.
	Attempts int
	// Next is when the provider is asked; zero where nobody asks it any more, until
	// an operator says so.
	Next time.Time
	// LastError is why the last attempt failed; empty when none did, or when the
	// provider has accepted the refund and will tell of its end.
	LastError string
}

// RefundCursor is where a page of refunds ends; the zero value is before the
// first one.
type RefundCursor struct {
	Since               time.Time
	Provider, PaymentID string
}

// Cursor is where a page ends whose last refund this is.
func (r Refund) Cursor() RefundCursor {
	return RefundCursor{Since: r.Since, Provider: r.Provider, PaymentID: r.ID}
}

// RefundsDue lists payments whose money has to go back, the longest waiting
// first: those after a cursor. limit is 1 to 1,000; 0 means 1,000.
func (l *Ledger) RefundsDue(ctx context.Context, after RefundCursor, limit int) ([]Refund, error) {
	since := int64(-1)
	if !after.Since.IsZero() {
		since = after.Since.UnixMilli()
	}
	// No other statement changes updated_at of a payment while its refund is due.
	return l.refunds(ctx, "(updated_at > ? OR updated_at = ? AND (provider > ? OR provider = ? AND payment_id > ?))"+
		" ORDER BY updated_at, provider, payment_id LIMIT ?",
		since, since, after.Provider, after.Provider, after.PaymentID, database.Bounded(limit, maxRefunds))
}

// RefundsToTry lists those of which the provider is to be asked now. limit is 1
// to 1,000; 0 means 1,000.
func (l *Ledger) RefundsToTry(ctx context.Context, limit int) ([]Refund, error) {
	due, err := l.refunds(ctx, "refund_next <= ? ORDER BY refund_next, updated_at LIMIT ?", l.now(), database.Bounded(limit, maxRefunds))
	if err != nil || len(due) == 0 {
		return nil, err
	}
	return due, l.Durable(ctx)
}

func (l *Ledger) refunds(ctx context.Context, condition string, args ...any) ([]Refund, error) {
	var refunds []Refund
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		var rows []paymentRow
		err := db.Raw("SELECT * FROM payments WHERE status = ? AND "+condition,
			append([]any{paymentRefundDue}, args...)...).Scan(&rows).Error
		for _, r := range rows {
			refunds = append(refunds, r.refund())
		}
		return err
	})
	return refunds, err
}

// CountRefundsDue counts the payments whose money has to go back.
func (l *Ledger) CountRefundsDue(ctx context.Context) (n int64, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT COUNT(*) FROM payments WHERE status = ?", paymentRefundDue).Scan(&n).Error
	})
	return n, err
}

// RefundTry is how asking a provider for a refund went that is not done yet.
type RefundTry struct {
	// Failure says why it did not work; empty: the provider has accepted it.
	Failure string
	// Again is when to ask again; 0: not before an operator says so.
	Again time.Duration
}

// NoteRefund notes a try. It changes nothing when the refund is not due any more.
func (l *Ledger) NoteRefund(ctx context.Context, provider, paymentID string, try RefundTry) error {
	if !utf8.ValidString(try.Failure) {
		try.Failure = "the reason is not text"
	}
	try.Failure = firstRunes(try.Failure, maxRefundErrorRunes)
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		var next *int64
		if try.Again > 0 {
			at := l.now() + try.Again.Milliseconds()
			next = &at
		}
		failed := 0
		if try.Failure != "" {
			failed = 1
		}
		_, err := database.Exec(tx, "UPDATE payments SET refund_attempts = refund_attempts + ?, refund_next = ?, refund_error = ?"+
			" WHERE provider = ? AND payment_id = ? AND status = ?",
			failed, next, try.Failure, provider, paymentID, paymentRefundDue)
		return err
	})
}

// RetryRefunds lets the provider be asked again at once, with all attempts ahead:
// for those of the payments, or with no ids for all, whose money has to go back.
// It tells how many those are.
func (l *Ledger) RetryRefunds(ctx context.Context, paymentIDs ...string) (n int64, err error) {
	condition, args := "status = ?", []any{paymentRefundDue}
	if len(paymentIDs) > 0 {
		condition, args = condition+" AND payment_id IN ?", append(args, paymentIDs)
	}
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		// Counted by itself: MySQL does not count rows that stay as they are.
		if err := tx.Raw("SELECT COUNT(*) FROM payments WHERE "+condition, args...).Scan(&n).Error; err != nil {
			return err
		}
		_, err := database.Exec(tx, "UPDATE payments SET refund_attempts = 0, refund_next = 0 WHERE "+condition, args...)
		return err
	})
	return n, err
}

func (r paymentRow) refund() Refund {
	refund := Refund{Payment: r.payment(), Since: seckill.UnixMilli(r.UpdatedAt), Attempts: r.RefundAttempts, LastError: r.RefundError}
	if r.RefundNext != nil {
		// One that was never tried is due since it is due.
		refund.Next = seckill.UnixMilli(max(*r.RefundNext, r.UpdatedAt))
	}
	return refund
}
