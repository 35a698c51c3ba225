package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// drawPage is how many entries are read by one statement.
const drawPage = 5_000

// CloseDraw ends the taking of entries: from then on the list stands.
func (l *Ledger) CloseDraw(ctx context.Context, sale seckill.ID) error {
	return l.db.WriteOne(ctx, "UPDATE draws SET state = ? WHERE sale_id = ? AND state = ?",
		string(seckill.DrawClosing), int64(sale), string(seckill.DrawEntering))
}

// EachEntry gives the entries of a draw in ascending order of their hashes. Those of a
// draw that is drawn have their ranks and what became of them, in which one of a better
// rank is never behind: pages are read later and later, and turns only go forward. So
// the pages are read in one snapshot.
func (l *Ledger) EachEntry(ctx context.Context, sale seckill.ID, each func(seckill.DrawEntry) error) error {
	return l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		for after := ""; ; {
			var rows []drawEntryRow
			err := tx.Raw(entriesWithRanks+" WHERE e.sale_id = ? AND e.hash > ? ORDER BY e.hash LIMIT ?", int64(sale), after, drawPage).Scan(&rows).Error
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := each(r.entry()); err != nil {
					return err
				}
				after = r.Hash
			}
			if len(rows) < drawPage {
				return nil
			}
		}
	})
}

// CommitDraw records the commitment of a draw that is closed: root, number and round of d,
// and the entries of each item. One that is committed already stays as it is.
// ctx has to end before the round's time: a commitment that came after it would prove
// nothing.
func (l *Ledger) CommitDraw(ctx context.Context, d seckill.Draw, entries map[string]int64) (committed bool, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		committed = false
		n, err := database.Exec(tx, "UPDATE draws SET state = ?, root = ?, entries = ?, round = ?, committed_at = ?, trouble = '' WHERE sale_id = ? AND state = ?",
			string(seckill.DrawCommitted), d.Root, d.Entries, int64(d.Round), d.CommittedAt.UnixMilli(), int64(d.SaleID), string(seckill.DrawClosing))
		if err != nil || n == 0 {
			return err
		}
		for sku, n := range entries {
			if err := database.MustChange(tx, 1, "UPDATE draw_items SET entries = ? WHERE sale_id = ? AND sku = ?", n, int64(d.SaleID), sku); err != nil {
				return err
			}
		}
		committed = true
		return nil
	})
	return committed, err
}
