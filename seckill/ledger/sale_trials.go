package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const maxTrials = 100

// Trials lists the rehearsals and the sales of load generators, the newest first, at
// most 100.
func (l *Ledger) Trials(ctx context.Context) ([]seckill.Sale, error) {
	var sales []seckill.Sale
	err := l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		var rows []saleRow
		err := tx.Raw("SELECT * FROM sales WHERE sale_key LIKE ? OR sale_key LIKE ? ORDER BY id DESC LIMIT ?",
			seckill.RehearsalKeyPrefix+"%", seckill.BenchKeyPrefix+"%", maxTrials).Scan(&rows).Error
		if err != nil {
			return err
		}
		sales, err = withItems(tx, rows)
		return err
	})
	return sales, err
}

// RemoveTrial deletes a trial and all that it left behind, in transactions of 500
// orders, so that nothing else waits long for a row. One that was begun is gone on
// with by the next call. The sale must be a trial, a draft or closed, and have no
// order that can still move, nor one that money was asked for outside of a
// rehearsal: else the error is seckill.CodeConflict, and nothing is deleted. A sale
// that is not there any more is no error.
func (l *Ledger) RemoveTrial(ctx context.Context, id seckill.ID) error {
	sale, err := l.Sale(ctx, id)
	if seckill.CodeOf(err) == seckill.CodeNotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	if !sale.Trial() || sale.State != seckill.SaleDraft && sale.State != seckill.SaleClosed {
		return conflict(string(sale.State), "only a trial that is over is removed")
	}
	if err := l.mustRest(ctx, sale); err != nil {
		return err
	}
	for {
		var removed int
		err := l.db.Write(ctx, func(tx *gorm.DB, _ int) (err error) {
			removed, err = removeOrders(tx, id)
			return err
		})
		if err != nil {
			return err
		}
		if removed < batchRows {
			break
		}
	}
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		return execAll(tx, int64(id),
			"DELETE FROM adoptions WHERE sale_id = ?", "DELETE FROM waiters WHERE sale_id = ?", "DELETE FROM draw_entries WHERE sale_id = ?",
			"DELETE FROM draw_ranks WHERE sale_id = ?", "DELETE FROM draw_items WHERE sale_id = ?", "DELETE FROM draws WHERE sale_id = ?",
			"DELETE FROM queue_places WHERE sale_id = ?", "DELETE FROM queue_gaps WHERE sale_id = ?", "DELETE FROM queues WHERE sale_id = ?",
			"DELETE FROM stock_changes WHERE sale_id = ?",
			"DELETE FROM sale_log WHERE sale_id = ?", "DELETE FROM items WHERE sale_id = ?", "DELETE FROM sales WHERE id = ?")
	})
}

// mustRest is a conflict while an agent may still have to do with an order of the
// sale: a message about one that is gone would find nothing, but one that is being
// worked on must not lose its rows in the middle. Nor may records of money go: a
// provider of rehearsals takes none, but whoever finds a load's sale can pay there.
func (l *Ledger) mustRest(ctx context.Context, sale seckill.Sale) error {
	id := sale.ID
	unfinished, err := l.Unfinished(ctx, id)
	if err != nil {
		return err
	}
	if sale.Bench() {
		var paid []int64
		err := l.db.Read(ctx, func(db *gorm.DB) error {
			return db.Raw("SELECT o.id FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.sale_id = ? LIMIT 1",
				int64(id)).Scan(&paid).Error
		})
		if err != nil {
			return err
		}
		if len(paid) > 0 {
			return conflict("paid", "an order of the load's sale has a payment")
		}
	}
	var moving []int64
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT id FROM orders WHERE sale_id = ? AND stock_state IN ? LIMIT 1",
			int64(id), []int{stockReserved, stockReleasing}).Scan(&moving).Error
	})
	if err != nil {
		return err
	}
	if unfinished || len(moving) > 0 {
		return conflict("moving", "orders of the trial have not come to rest")
	}
	return nil
}

// removeOrders deletes up to batchRows orders and what belongs to them, and tells
// how many.
func removeOrders(tx *gorm.DB, sale seckill.ID) (int, error) {
	var ids []int64
	err := tx.Raw("SELECT id FROM orders WHERE sale_id = ? ORDER BY id LIMIT ?", int64(sale), batchRows).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return len(ids), execAll(tx, ids,
		"DELETE FROM order_lines WHERE order_id IN ?", "DELETE FROM stock_history WHERE order_id IN ?",
		"DELETE FROM payment_events WHERE order_id IN ?", "DELETE FROM payments WHERE order_id IN ?",
		"DELETE FROM orders WHERE id IN ?")
}

func execAll(tx *gorm.DB, arg any, statements ...string) error {
	for _, statement := range statements {
		if _, err := database.Exec(tx, statement, arg); err != nil {
			return err
		}
	}
	return nil
}
