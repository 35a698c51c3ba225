package ledger

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// PauseQueue stops giving turns, or goes on with it. Done again it changes nothing.
func (l *Ledger) PauseQueue(ctx context.Context, sale seckill.ID, paused bool, actor string) error {
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		q, err := loadQueue(tx, sale, l.db.ForUpdate)
		if err != nil || q.Paused == paused {
			return err
		}
		if err := database.MustChange(tx, 1, "UPDATE queues SET paused = ? WHERE sale_id = ?", paused, int64(sale)); err != nil {
			return err
		}
		action := ActionQueueResumed
		if paused {
			action = ActionQueuePaused
		}
		return l.logQueue(tx, sale, actor, action, "")
	})
}

// FlushQueue takes their places from all who wait, and tells how many it were. Turns that
// came stay. Who wants to can join again.
func (l *Ledger) FlushQueue(ctx context.Context, sale seckill.ID, actor string) (flushed int64, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		q, err := loadQueue(tx, sale, l.db.ForUpdate)
		if err != nil {
			return err
		}
		if q.OpenedAt.IsZero() {
			flushed, err = database.Exec(tx, "DELETE FROM queue_places WHERE sale_id = ?", int64(sale))
			if err == nil {
				_, err = database.Exec(tx, "UPDATE queues SET early = 0 WHERE sale_id = ?", int64(sale))
			}
		} else {
			flushed, err = lapseWaiting(tx, sale)
		}
		if err != nil || flushed == 0 {
			return err
		}
		return l.logQueue(tx, sale, actor, ActionQueueFlushed, fmt.Sprintf("%d places", flushed))
	})
	return flushed, err
}

// lapseWaiting is as if the turns of all who wait had come and gone: so those who join
// after them are counted from there.
func lapseWaiting(tx *gorm.DB, sale seckill.ID) (lapsed int64, err error) {
	var last int64
	err = tx.Raw("SELECT COALESCE(MAX(number), 0) FROM queue_places WHERE sale_id = ? AND state = ?", int64(sale), string(seckill.PlaceWaiting)).Scan(&last).Error
	if err != nil || last == 0 {
		return 0, err
	}
	lapsed, err = database.Exec(tx, "UPDATE queue_places SET state = ? WHERE sale_id = ? AND state = ?",
		string(seckill.PlaceLapsed), int64(sale), string(seckill.PlaceWaiting))
	if err != nil {
		return 0, err
	}
	return lapsed, database.MustChange(tx, 1, "UPDATE queues SET called_to = ? WHERE sale_id = ?", last, int64(sale))
}

func (l *Ledger) logQueue(tx *gorm.DB, id seckill.ID, actor, action, detail string) error {
	sale, err := loadSale(tx, id)
	if err != nil {
		return err
	}
	return logSale(tx, id, actor, action, detail, sale.Revision, l.now())
}
