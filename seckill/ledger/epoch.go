package ledger

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// actionRestored is in the sale's log for every load into Redis but the first.
const actionRestored = "restored"

// OpenEpoch begins a new epoch of a sale, and then reads all that Redis must know
// of it, part by part. Whoever loads the sale into Redis calls it, once nobody can get
// in there any more.
//
// Each transaction that relies on what Redis knows of a sale locks the sale's row
// and looks at its epoch. So its commit lies before the new epoch, and then the
// snapshot has it, or it sees the new epoch and acts on that.
func (l *Ledger) OpenEpoch(ctx context.Context, id seckill.ID, each func(seckill.Snapshot) error) error {
	err := l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		now := l.now()
		n, err := database.Exec(tx, "UPDATE sales SET epoch = epoch + 1, updated_at = ? WHERE id = ?", now, int64(id))
		if err != nil {
			return err
		}
		if n == 0 {
			return seckill.Errorf(seckill.CodeNotFound, "no such sale")
		}
		sale, err := loadSale(tx, id)
		if err != nil || sale.Epoch == 1 {
			return err
		}
		return logSale(tx, id, "", actionRestored, fmt.Sprintf("epoch %d", sale.Epoch), sale.Revision, now)
	})
	if err != nil {
		return err
	}
	if err := l.Snapshot(ctx, id, each); err != nil {
		return err
	}
	return l.Durable(ctx)
}

// clockSlack is how far the clock that a time comes from may be from Redis's, which
// opens and closes sales: an order's id is made before Redis is asked for it, maybe
// in the moment before the sale opens.
const clockSlack = 5 * time.Second

// RestoredAfter tells when a sale that was open at a time was first loaded into
// Redis again after it: an order that was accepted shortly before may be lost. found
// is false when none was.
func (l *Ledger) RestoredAfter(ctx context.Context, t time.Time) (at time.Time, found bool, err error) {
	early, late := t.Add(-clockSlack).UnixMilli(), t.Add(clockSlack).UnixMilli()
	var rows []int64
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT g.at FROM sale_log g JOIN sales s ON s.id = g.sale_id WHERE g.action = ? AND g.at >= ?"+
			" AND s.starts_at <= ? AND s.ends_at >= ? ORDER BY g.at LIMIT 1",
			actionRestored, early, late, early).Scan(&rows).Error
	})
	if err != nil || len(rows) == 0 {
		return time.Time{}, false, err
	}
	return seckill.UnixMilli(rows[0]), true, nil
}

// epochOf reads a sale's epoch, which then stays until the commit. Rows of sales
// are locked before all others.
func epochOf(tx *gorm.DB, d *database.Dialect, sale seckill.ID) (int64, error) {
	epochs, err := readEpochs(tx, d, []int64{int64(sale)})
	return epochs[sale].Epoch, err
}

// epochRow is what a sale's row says of what Redis knows of it.
type epochRow struct {
	ID, Epoch    int64
	State, Entry string
}

func epochsOf(tx *gorm.DB, d *database.Dialect, orders []seckill.Order) (map[seckill.ID]epochRow, error) {
	seen := make(map[seckill.ID]bool)
	var ids []int64
	for _, o := range orders {
		if !seen[o.SaleID] {
			seen[o.SaleID] = true
			ids = append(ids, int64(o.SaleID))
		}
	}
	return readEpochs(tx, d, ids)
}

func readEpochs(tx *gorm.DB, d *database.Dialect, sales []int64) (map[seckill.ID]epochRow, error) {
	var rows []epochRow
	err := tx.Raw("SELECT id, epoch, state, entry FROM sales WHERE id IN ? ORDER BY id"+d.ForShare, sales).Scan(&rows).Error
	epochs := make(map[seckill.ID]epochRow, len(rows))
	for _, r := range rows {
		epochs[seckill.ID(r.ID)] = r
	}
	return epochs, err
}
