package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const maxReleases = 10_000

// Release is an order whose units are given back here and not yet in Redis.
type Release struct {
	SaleID  seckill.ID
	OrderID seckill.ID
	// ForGood says that the order was paid late and its units were refused to it:
	// Redis has to give back what it holds for it again, and may never hold it more.
	ForGood bool
}

// PendingReleases lists orders whose units Redis has to get back, but for those
// that were paid late and may get them again. Each sale that
// has some gets an equal part of limit, so that one that Redis refuses just now
// does not stop the others. limit is 1 to 10,000; 0 means 10,000.
func (l *Ledger) PendingReleases(ctx context.Context, limit int) ([]Release, error) {
	var releases []Release
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		var sales []int64
		err := db.Raw("SELECT DISTINCT sale_id FROM orders WHERE stock_state = ? AND retake <> ?",
			stockReleasing, retakeUndecided).Scan(&sales).Error
		if err != nil || len(sales) == 0 {
			return err
		}
		limit = database.Bounded(limit, maxReleases)
		share := max(1, limit/len(sales))
		for _, sale := range sales[:min(len(sales), limit)] {
			var rows []orderRow
			err := db.Raw("SELECT id, retake FROM orders WHERE stock_state = ? AND sale_id = ? AND retake <> ? ORDER BY id LIMIT ?",
				stockReleasing, sale, retakeUndecided, share).Scan(&rows).Error
			if err != nil {
				return err
			}
			for _, r := range rows {
				releases = append(releases, Release{SaleID: seckill.ID(sale), OrderID: seckill.ID(r.ID), ForGood: r.Retake == retakeDecided})
			}
		}
		return nil
	})
	if err != nil || len(releases) == 0 {
		return nil, err
	}
	return releases, l.Durable(ctx)
}

// MarkReleased notes that Redis has the orders' units again, under an epoch of
// their sale. It changes nothing when the sale has another one by now: what Redis
// has was loaded anew, with these orders still holding their units, so they have to
// be released again. Nor does it change orders that were paid since.
func (l *Ledger) MarkReleased(ctx context.Context, sale seckill.ID, ids []seckill.ID, epoch int64) error {
	return l.markReleased(ctx, sale, ids, epoch, retakeNone)
}

// MarkReleasedForGood is MarkReleased for releases that are for good.
func (l *Ledger) MarkReleasedForGood(ctx context.Context, sale seckill.ID, ids []seckill.ID, epoch int64) error {
	return l.markReleased(ctx, sale, ids, epoch, retakeDecided)
}

func (l *Ledger) markReleased(ctx context.Context, sale seckill.ID, ids []seckill.ID, epoch int64, retake int) error {
	for _, chunk := range chunks(numbers(ids)) {
		err := l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
			now, err := epochOf(tx, l.db.Dialect, sale)
			if err != nil || now != epoch {
				return err
			}
			_, err = database.Exec(tx, "UPDATE orders"+l.db.ByPrimary+" SET stock_state = ?, updated_at = ? WHERE id IN ? AND stock_state = ? AND retake = ?",
				stockReleased, l.now(), chunk, stockReleasing, retake)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
