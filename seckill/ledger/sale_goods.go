package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Goods is the shop's stock, of which items with a GoodsID have their units. Each call
// is a part of the sale's own transaction, so that a sale has what its goods have given
// it, whatever dies. Units are by goods.
type Goods interface {
	// Allot takes units for a sale, all or none; seckill.CodeConflict where there are
	// too few. reason is an operator's, or empty.
	Allot(tx *gorm.DB, sale seckill.ID, actor, reason string, units map[string]int64) error
	// GiveBack returns units of a sale.
	GiveBack(tx *gorm.DB, sale seckill.ID, actor, reason string, units map[string]int64) error
	// Settle ends what a sale was allotted: so many it has sold, the others go back.
	Settle(tx *gorm.DB, sale seckill.ID, actor string, sold map[string]int64) error
}

// allot takes the units of a sale that is loaded for the first time.
func (l *Ledger) allot(tx *gorm.DB, sale seckill.Sale, actor string) error {
	units := map[string]int64{}
	for _, it := range sale.Items {
		if it.GoodsID != "" {
			units[it.GoodsID] += it.Total
		}
	}
	if len(units) == 0 {
		return nil
	}
	return l.goods.Allot(tx, sale.ID, actor, "", units)
}

// reallot follows the change of an item's total.
func (l *Ledger) reallot(tx *gorm.DB, sale seckill.Sale, item seckill.Item, delta int64, actor, reason string) error {
	switch {
	case item.GoodsID == "" || sale.State == seckill.SaleDraft:
		return nil
	case delta > 0:
		return l.goods.Allot(tx, sale.ID, actor, reason, map[string]int64{item.GoodsID: delta})
	default:
		return l.goods.GiveBack(tx, sale.ID, actor, reason, map[string]int64{item.GoodsID: -delta})
	}
}

// reasonOver is why the total of an item falls to what was sold.
const reasonOver = "the sale is over: what was not sold went back to the shop's stock"

// SettleAllotment ends what a closed sale was allotted of the shop's stock, once: what
// it sold has left, the rest goes back, and the totals of its items fall to what was
// sold, so that a payment which comes later finds no unit that the shop sells again. A
// sale that is not closed, or that has orders which have not come to rest, is left alone:
// then settled is false. The caller has made sure that no order can come into SQL any
// more.
func (l *Ledger) SettleAllotment(ctx context.Context, id seckill.ID, actor string) (sale seckill.Sale, settled bool, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		settled = false
		var state string
		if err := tx.Raw("SELECT state FROM sales WHERE id = ?"+l.db.ForUpdate, int64(id)).Scan(&state).Error; err != nil {
			return err
		}
		if state != string(seckill.SaleClosed) {
			return nil
		}
		unfinished, err := unfinished(tx, id)
		if err != nil || unfinished {
			return err
		}
		sale, settled, err = l.settleAllotment(tx, id, actor)
		return err
	})
	return sale, settled, err
}

func (l *Ledger) settleAllotment(tx *gorm.DB, id seckill.ID, actor string) (sale seckill.Sale, settled bool, err error) {
	var items []itemRow
	err = tx.Raw("SELECT * FROM items WHERE sale_id = ? AND goods_id IS NOT NULL ORDER BY sku"+l.db.ForUpdate, int64(id)).Scan(&items).Error
	if err != nil {
		return sale, false, err
	}
	sold := map[string]int64{}
	for _, it := range items {
		if it.Reserved > 0 {
			return sale, false, nil // an order was settled in between
		}
		sold[*it.GoodsID] += it.Sold
	}
	if err := l.goods.Settle(tx, id, actor, sold); err != nil {
		return sale, false, err
	}
	now := l.now()
	if err := database.MustChange(tx, 1, "UPDATE sales SET revision = revision + 1, updated_at = ? WHERE id = ?", now, int64(id)); err != nil {
		return sale, false, err
	}
	if err := tx.Exec("UPDATE items SET total = sold WHERE sale_id = ? AND goods_id IS NOT NULL", int64(id)).Error; err != nil {
		return sale, false, err
	}
	if sale, err = loadSale(tx, id); err != nil {
		return sale, false, err
	}
	for _, it := range items {
		if it.Total == it.Sold {
			continue
		}
		item, _ := sale.Item(it.SKU)
		if err := logTotal(tx, sale, item, it.Sold-it.Total, actor, reasonOver, now); err != nil {
			return sale, false, err
		}
	}
	return sale, true, nil
}
