package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// snapshotPart is how many orders a part of a snapshot has.
const snapshotPart = 2_000

// Snapshot reads all that Redis must know of a sale, as it was at one moment, and
// gives it to each, part by part; at least one.
func (l *Ledger) Snapshot(ctx context.Context, id seckill.ID, each func(seckill.Snapshot) error) error {
	return l.readSnapshot(ctx, func(tx *gorm.DB) error {
		sale, err := loadSale(tx, id)
		if err != nil {
			return err
		}
		counters, err := loadCounters(tx, id)
		if err != nil {
			return err
		}
		taken := make(map[string]int64, len(counters))
		for _, c := range counters {
			taken[c.SKU] = c.Reserved + c.Sold + c.Releasing
		}
		s := snapshotPartOf(sale, taken, 0)
		err = eachOrderOfSale(tx, id, func(o seckill.Order, stock, retake int) error {
			if len(s.Orders) == snapshotPart {
				if err := each(s); err != nil {
					return err
				}
				s = snapshotPartOf(sale, taken, s.Ticket)
			}
			s.Orders = append(s.Orders, o)
			s.Ticket = max(s.Ticket, o.Ticket)
			if stock == stockReleasing {
				s.Releasing[o.ID] = true
			}
			if retake == retakeDecided {
				s.Retaken[o.ID] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
		return each(s)
	})
}

func snapshotPartOf(sale seckill.Sale, taken map[string]int64, ticket int64) seckill.Snapshot {
	return seckill.Snapshot{Sale: sale, Taken: taken, Ticket: ticket, Orders: []seckill.Order{},
		Releasing: make(map[seckill.ID]bool), Retaken: make(map[seckill.ID]bool)}
}
