package ledger

import (
	"context"
	"encoding/hex"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// PutRanks writes the order of those who entered for an item. It goes on where an earlier
// call, of whoever, has stopped: the order is the same for all.
func (l *Ledger) PutRanks(ctx context.Context, sale seckill.ID, sku string, buyers []string) error {
	for done := 0; done < len(buyers); {
		err := l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
			var has int
			err := tx.Raw("SELECT COALESCE(MAX(place), 0) FROM draw_ranks WHERE sale_id = ? AND sku = ?", int64(sale), sku).Scan(&has).Error
			if err != nil {
				return err
			}
			next := buyers[min(has, len(buyers)):min(has+batchRows, len(buyers))]
			rows := make([][]any, len(next))
			for i, buyer := range next {
				rows[i] = []any{int64(sale), sku, has + i + 1, buyer}
			}
			done = has + len(next)
			return database.InsertMany(tx, "draw_ranks (sale_id, sku, place, buyer)", rows)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// FinishDraw publishes the outcome of a draw whose ranks are written.
func (l *Ledger) FinishDraw(ctx context.Context, sale seckill.ID, signature []byte) error {
	return l.db.WriteOne(ctx, "UPDATE draws SET state = ?, signature = ?, drawn_at = ?, trouble = '' WHERE sale_id = ? AND state = ?",
		string(seckill.DrawDrawn), hex.EncodeToString(signature), l.now(), int64(sale), string(seckill.DrawCommitted))
}

// PlaceRanks puts the next ranks of an item into the waitlist, from where they are offered
// units in that order, until so many wait for it; placed is how many it put there.
func (l *Ledger) PlaceRanks(ctx context.Context, sale seckill.ID, sku string, waiting int) (placed int64, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		placed = 0
		var rows []drawItemRow
		err := tx.Raw("SELECT * FROM draw_items WHERE sale_id = ? AND sku = ?"+l.db.ForUpdate, int64(sale), sku).Scan(&rows).Error
		if err != nil || len(rows) == 0 || rows[0].Placed == rows[0].Entries {
			return err
		}
		has := rows[0].Placed
		var there int64
		err = tx.Raw("SELECT COUNT(*) FROM waiters WHERE status = ? AND sale_id = ? AND sku = ?", string(seckill.WaiterWaiting), int64(sale), sku).Scan(&there).Error
		if err != nil || there >= int64(waiting) {
			return err
		}
		until := min(has+int64(waiting)-there, rows[0].Entries)
		at := l.now()
		n, err := database.Exec(tx, "INSERT INTO waiters (sale_id, buyer, sku, quantity, status, order_id, joined_at, updated_at)"+
			" SELECT r.sale_id, r.buyer, r.sku, 1, ?, e.order_id, ?, ? FROM draw_ranks r JOIN draw_entries e ON e.sale_id = r.sale_id AND e.buyer = r.buyer"+
			" WHERE r.sale_id = ? AND r.sku = ? AND r.place > ? AND r.place <= ? ORDER BY r.place",
			string(seckill.WaiterWaiting), at, at, int64(sale), sku, has, until)
		if err != nil {
			return err
		}
		if placed = until - has; n != placed {
			return database.WrongCount(n, int(placed), "INSERT INTO waiters of a draw")
		}
		return database.MustChange(tx, 1, "UPDATE draw_items SET placed = ? WHERE sale_id = ? AND sku = ?", until, int64(sale), sku)
	})
	return placed, err
}

// Turns counts, by item and status, the ranks of a draw that are in the waitlist or were.
func (l *Ledger) Turns(ctx context.Context, sale seckill.ID) (map[string]map[seckill.WaiterStatus]int64, error) {
	var rows []struct {
		SKU    string `gorm:"column:sku"`
		Status string
		N      int64
	}
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT sku, status, COUNT(*) AS n FROM waiters WHERE sale_id = ? GROUP BY sku, status", int64(sale)).Scan(&rows).Error
	})
	turns := make(map[string]map[seckill.WaiterStatus]int64)
	for _, r := range rows {
		if turns[r.SKU] == nil {
			turns[r.SKU] = make(map[seckill.WaiterStatus]int64)
		}
		turns[r.SKU][seckill.WaiterStatus(r.Status)] = r.N
	}
	return turns, err
}
