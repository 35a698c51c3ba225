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
	var rows []orderRow
	if err := tx.Raw("SELECT * FROM orders WHERE sale_id = ?", int64(id)).Scan(&rows).Error; err != nil {
		return seckill.Snapshot{}, err
	}
	var lines []lineRow
	err = tx.Raw("SELECT l.* FROM orders o JOIN order_lines l ON l.order_id = o.id"+
		" WHERE o.sale_id = ? ORDER BY l.order_id, l.position", int64(id)).Scan(&lines).Error
	if err != nil {
		return seckill.Snapshot{}, err
	}
	s := seckill.Snapshot{
		Sale:      sale,
		Taken:     make(map[string]int64, len(counters)),
		Orders:    withLines(rows, lines),
		Releasing: make(map[seckill.ID]bool),
		Retaken:   make(map[seckill.ID]bool),
	}
	for _, c := range counters {
		s.Taken[c.SKU] = c.Reserved + c.Sold + c.Releasing
	}
	for _, r := range rows {
		s.Ticket = max(s.Ticket, r.Ticket)
		if r.StockState == stockReleasing {
			s.Releasing[seckill.ID(r.ID)] = true
		}
		if r.Retake == retakeDecided {
			s.Retaken[seckill.ID(r.ID)] = true
		}
	}
	return s, nil
}
