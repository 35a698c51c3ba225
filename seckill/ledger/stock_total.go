package ledger

import (
	"context"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// ChangeTotal adds delta units to an item's total, or takes them away down to
// what is reserved and sold: below that the error is seckill.CodeConflict. The
// sum may not exceed seckill.MaxStock. A closed sale cannot be changed. Each
// call counts, so after an unknown outcome the sale's revision must be read.
func (l *Ledger) ChangeTotal(ctx context.Context, id seckill.ID, sku string, delta int64, actor, reason string) (seckill.Sale, error) {
	if delta == 0 || delta > seckill.MaxStock || delta < -seckill.MaxStock {
		return seckill.Sale{}, seckill.Invalid("delta", "must be -%d to %d units, and not 0", seckill.MaxStock, seckill.MaxStock)
	}
	if !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > seckill.MaxReasonRunes {
		return seckill.Sale{}, seckill.Invalid("reason", "must be at most %d characters", seckill.MaxReasonRunes)
	}
	var sale seckill.Sale
	err := l.db.Write(ctx, func(tx *gorm.DB, _ int) (err error) {
		now := l.now()
		moved, err := database.Exec(tx, "UPDATE sales SET revision = revision + 1, updated_at = ? WHERE id = ? AND state <> ?",
			now, int64(id), string(seckill.SaleClosed))
		if err != nil {
			return err
		}
		changed := int64(0)
		if moved == 1 {
			changed, err = database.Exec(tx, "UPDATE items SET total = total + ? WHERE sale_id = ? AND sku = ?"+
				" AND total + ? >= reserved + sold AND total + ? <= ?",
				delta, int64(id), sku, delta, delta, seckill.MaxStock)
			if err != nil {
				return err
			}
		}
		if sale, err = loadSale(tx, id); err != nil {
			return err
		}
		item, known := sale.Item(sku)
		switch {
		case changed == 1:
			actor := firstRunes(actor, maxActorRunes)
			if err := l.reallot(tx, sale, item, delta, actor, reason); err != nil {
				return err
			}
			return logTotal(tx, sale, item, delta, actor, reason, now)
		case moved == 0:
			return conflict(string(sale.State), "the sale is %s", sale.State)
		case !known:
			return seckill.Errorf(seckill.CodeNotFound, "no such item in this sale")
		case item.Total+delta > seckill.MaxStock:
			return seckill.Invalid("delta", "makes more than %d units", seckill.MaxStock)
		default:
			return conflict(string(sale.State), "the total would fall below what is reserved and sold")
		}
	})
	if err != nil {
		return seckill.Sale{}, err
	}
	return sale, nil
}

func logTotal(tx *gorm.DB, sale seckill.Sale, item seckill.Item, delta int64, actor, reason string, now int64) error {
	return database.MustChange(tx, 1, "INSERT INTO stock_changes (sale_id, sku, delta, total, revision, actor, reason, created_at)"+
		" VALUES (?,?,?,?,?,?,?,?)", int64(sale.ID), item.SKU, delta, item.Total, sale.Revision, actor, reason, now)
}
