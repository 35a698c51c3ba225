package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// RecordLost records an order that Redis admitted and lost, and for which no units
// were left, as failed, so that its buyer learns of it. One that was recorded
// before stays as it is.
//
// Its idempotency key stays free: its buyer may have another order with it already.
// Its release is pending, which makes Redis refuse to take it up once more, or give
// back what it took when the answer to this call got lost.
func (l *Ledger) RecordLost(ctx context.Context, o seckill.Order) error {
	if err := validateOrder(&o); err != nil {
		return err
	}
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		s := settlement{ledger: l, tx: tx, now: l.now()}
		known, err := s.known([]seckill.Order{o})
		if err != nil || known[o.ID] {
			return err
		}
		lost := failed(o, seckill.ReasonLost)
		if err := s.insert([]seckill.Order{lost}, stockReleasing); err != nil {
			return err
		}
		return addEvents(tx, changes([]seckill.Order{lost}, s.now), s.now)
	})
}
