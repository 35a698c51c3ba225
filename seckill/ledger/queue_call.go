package ledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Queues lists the queues of sales that are not closed.
func (l *Ledger) Queues(ctx context.Context) (queues []seckill.Queue, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		var rows []queueRow
		err := db.Raw("SELECT q.* FROM queues q JOIN sales s ON s.id = q.sale_id WHERE s.state IN ? ORDER BY q.sale_id", openStates).Scan(&rows).Error
		queues = make([]seckill.Queue, len(rows))
		for i, r := range rows {
			if err == nil {
				queues[i], err = r.queue()
			}
		}
		return err
	})
	return queues, err
}

// OpenQueue ends the shuffle: whoever joins from now on is behind all that have joined.
func (l *Ledger) OpenQueue(ctx context.Context, sale seckill.ID) error {
	return l.db.WriteOne(ctx, "UPDATE queues SET opened_at = ? WHERE sale_id = ? AND opened_at IS NULL", l.now(), int64(sale))
}

// OpenTurns counts the turns that have come, have not been used and have not passed at a
// time.
func (l *Ledger) OpenTurns(ctx context.Context, sale seckill.ID, now time.Time) (open int64, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT COUNT(*) FROM queue_places WHERE sale_id = ? AND state = ? AND turn_ends > ?",
			int64(sale), string(seckill.PlaceCalled), now.UnixMilli()).Scan(&open).Error
	})
	return open, err
}

// CallTurns gives the next places of a queue that is open and not paused their turns, which
// end at a time, and tells how many it were. Places of one number, which chance may make,
// have their turn together.
func (l *Ledger) CallTurns(ctx context.Context, sale seckill.ID, most int, until time.Time) (called int64, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		called = 0
		q, err := loadQueue(tx, sale, l.db.ForUpdate)
		if err != nil || q.Paused || q.OpenedAt.IsZero() {
			return err
		}
		var next []int64
		err = tx.Raw("SELECT number FROM queue_places WHERE sale_id = ? AND state = ? ORDER BY number LIMIT ?",
			int64(sale), string(seckill.PlaceWaiting), most).Scan(&next).Error
		if err != nil || len(next) == 0 {
			return err
		}
		to := next[len(next)-1]
		called, err = database.Exec(tx, "UPDATE queue_places SET state = ?, turn_ends = ? WHERE sale_id = ? AND state = ? AND number <= ?",
			string(seckill.PlaceCalled), until.UnixMilli(), int64(sale), string(seckill.PlaceWaiting), to)
		if err != nil {
			return err
		}
		return database.MustChange(tx, 1, "UPDATE queues SET called_to = ? WHERE sale_id = ?", to, int64(sale))
	})
	return called, err
}

// LapseTurns ends the turns of a queue that were over at a time and were not used.
func (l *Ledger) LapseTurns(ctx context.Context, sale seckill.ID, at time.Time) (lapsed int64, err error) {
	var due []int64 // mostly none is, and it is asked often
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT number FROM queue_places WHERE sale_id = ? AND state = ? AND turn_ends <= ? LIMIT 1",
			int64(sale), string(seckill.PlaceCalled), at.UnixMilli()).Scan(&due).Error
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		lapsed, err = database.Exec(tx, "UPDATE queue_places SET state = ? WHERE sale_id = ? AND state = ? AND turn_ends <= ?",
			string(seckill.PlaceLapsed), int64(sale), string(seckill.PlaceCalled), at.UnixMilli())
		return err
	})
	return lapsed, err
}

// SetPace notes how many turns a second a queue gives: the least and the most of late.
func (l *Ledger) SetPace(ctx context.Context, sale seckill.ID, low, high float64) error {
	return l.db.WriteOne(ctx, "UPDATE queues SET pace_low = ?, pace_high = ? WHERE sale_id = ?", low, high, int64(sale))
}

// serveTurns notes of the buyers whose orders are settled that their turns are used. The
// limit of a turn is kept by Redis; this is what outlives it.
func serveTurns(tx *gorm.DB, orders []seckill.Order, epochs map[seckill.ID]epochRow) error {
	for sale, row := range epochs {
		if seckill.Entry(row.Entry) != seckill.EntryQueue {
			continue
		}
		var buyers []string
		for _, o := range orders {
			if o.SaleID == sale {
				buyers = append(buyers, o.Buyer)
			}
		}
		for _, chunk := range chunks(buyers) {
			_, err := database.Exec(tx, "UPDATE queue_places SET state = ? WHERE sale_id = ? AND buyer IN ? AND state IN (?,?)",
				string(seckill.PlaceServed), int64(sale), chunk, string(seckill.PlaceCalled), string(seckill.PlaceLapsed))
			if err != nil {
				return err
			}
		}
	}
	return nil
}
