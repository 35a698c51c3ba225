package worker

import (
	"context"
	"errors"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

// moodyBank returns some payments at once, some after a while, some never.
type moodyBank struct{}

func (moodyBank) Refund(_ context.Context, p seckill.Payment, _, _ string) (payment.RefundState, error) {
	switch p.OrderID % 4 {
	case 0:
		return "", errOther
	case 1:
		return payment.RefundPending, nil
	}
	return payment.RefundDone, nil
}

// refunderLedger lets a refunder try one refund at a time, since the model takes
// turns, and every third time loses what it had to write after the bank's yes.
type refunderLedger struct {
	watchedLedger
	written int
}

func (l *refunderLedger) RefundsToTry(ctx context.Context, _ int) ([]ledger.Refund, error) {
	return l.watchedLedger.RefundsToTry(ctx, 1)
}

func (l *refunderLedger) NoteRefund(ctx context.Context, provider, paymentID string, try ledger.RefundTry) error {
	return l.Ledger.NoteRefund(ctx, provider, paymentID, try)
}

func (l *refunderLedger) ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
	if l.written++; l.written%3 == 0 {
		return "", seckill.Order{}, errAway
	}
	return l.apply(ctx, e)
}

// refund looks for refunds until none is left to try just now.
func (s *shop) refund() error {
	for range 20 {
		refunds, err := s.ledger.RefundsToTry(s.ctx, 1)
		if err != nil || len(refunds) == 0 {
			return err
		}
		if _, err := s.refunder.step(s.ctx); err != nil && !errors.Is(err, errAway) {
			return err
		}
	}
	return nil
}
