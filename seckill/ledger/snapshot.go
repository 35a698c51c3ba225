package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// Snapshot reads all that Redis must know of a sale, as it was at one moment.
// Its size grows with the sale's orders.
func (l *Ledger) Snapshot(ctx context.Context, id seckill.ID) (seckill.Snapshot, error) {
	var snapshot seckill.Snapshot
	err := l.readSnapshot(ctx, func(tx *gorm.DB) (err error) {
		snapshot, err = loadSnapshot(tx, id)
		return err
	})
	return snapshot, err
}

func loadSnapshot(tx *gorm.DB, id seckill.ID) (seckill.Snapshot, error) {
	sale, err := loadSale(tx, id)
	if err != nil {
		return seckill.Snapshot{}, err
	}
	counters, err := loadCounters(tx, id)
	if err != nil {
		return seckill.Snapshot{}, err
	}
	s := seckill.Snapshot{
		Sale:      sale,
		Taken:     make(map[string]int64, len(counters)),
		Orders:    []seckill.Order{},
		Releasing: make(map[seckill.ID]bool),
		Retaken:   make(map[seckill.ID]bool),
	}
	for _, c := range counters {
		s.Taken[c.SKU] = c.Reserved + c.Sold + c.Releasing
	}
	err = eachOrderOfSale(tx, id, func(o seckill.Order, stock, retake int) {
		s.Orders = append(s.Orders, o)
		s.Ticket = max(s.Ticket, o.Ticket)
		if stock == stockReleasing {
			s.Releasing[o.ID] = true
		}
		if retake == retakeDecided {
			s.Retaken[o.ID] = true
		}
	})
	return s, err
}
