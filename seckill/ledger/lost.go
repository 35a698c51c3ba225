package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// RecordLost records an order that Redis admitted and lost, and for which no units
// were left, as failed, so that its buyer learns of it. One that was recorded
// before stays as it is.
func (l *Ledger) RecordLost(ctx context.Context, o seckill.Order) error {
	if err := validateOrder(&o); err != nil {
		return err
	}
	return l.write(ctx, func(tx *gorm.DB, attempt int) error {
		s := settlement{ledger: l, tx: tx, now: l.now()}
		known, err := s.known([]seckill.Order{o})
		if err != nil || known[o.ID] {
			return err
		}
		lost := failed(o, ReasonLost)
		if attempt > 0 {
			lost.RequestKey = "" // its buyer has another order with it
		}
		if err := s.insert([]seckill.Order{lost}, stockReleased); err != nil {
			return err
		}
		return addEvents(tx, []seckill.Order{lost}, s.now)
	})
}
