package inventory

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// An allotment is what a sale has of a goods: made when the sale is loaded, moved with
// the total of its items, settled once when the sale is over. The sale's own transaction
// does each, so that both have changed or neither. Units are by goods.

var (
	allotting   = move{KindAllot, "available", "allotted"}
	allotBack   = move{KindAllotmentBack, "allotted", "available"}
	allotSettle = move{KindAllotmentSettled, "allotted", "sold"}
)

// Allot takes units for a sale, all or none. Where goods are missing or unknown, the
// error is seckill.CodeConflict and names each with what is there.
func (i *Inventory) Allot(tx *gorm.DB, sale seckill.ID, actor, reason string, units map[string]int64) error {
	named := linesOf(units) // those of no unit too: they have to exist
	available, err := availableOf(tx, named, i.db.ByPrimary, i.db.ForUpdate)
	if err != nil {
		return err
	}
	if err := missing(named, available); err != nil {
		return &seckill.Error{Code: seckill.CodeConflict, Detail: "the shop's stock cannot give that: " + seckill.DetailOf(err), Cause: err}
	}
	lines := moving(units)
	for _, l := range lines {
		n, err := database.Exec(tx, "UPDATE allotments SET units = units + ? WHERE sale_id = ? AND goods = ?", l.Quantity, int64(sale), l.Goods)
		if err == nil && n == 0 {
			err = database.MustChange(tx, 1, "INSERT INTO allotments (sale_id, goods, units) VALUES (?,?,?)", int64(sale), l.Goods, l.Quantity)
		}
		if err != nil {
			return err
		}
	}
	return i.moveAllotted(tx, allotting, sale, actor, reason, lines)
}

// GiveBack returns units of a sale that it has not sold.
func (i *Inventory) GiveBack(tx *gorm.DB, sale seckill.ID, actor, reason string, units map[string]int64) error {
	lines := moving(units)
	for _, l := range lines {
		if err := database.MustChange(tx, 1, "UPDATE allotments SET units = units - ? WHERE sale_id = ? AND goods = ? AND units >= ?",
			l.Quantity, int64(sale), l.Goods, l.Quantity); err != nil {
			return err
		}
	}
	return i.moveAllotted(tx, allotBack, sale, actor, reason, lines)
}

// Settle ends what a sale was allotted: so many units it has sold, the others go back. A
// sale that has nothing any more is left alone.
func (i *Inventory) Settle(tx *gorm.DB, sale seckill.ID, actor string, sold map[string]int64) error {
	var rows []struct {
		Goods string
		Units int64
	}
	if err := tx.Raw("SELECT goods, units FROM allotments WHERE sale_id = ? ORDER BY goods"+i.db.ForUpdate, int64(sale)).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return err
	}
	left, back := map[string]int64{}, map[string]int64{}
	for _, r := range rows {
		left[r.Goods], back[r.Goods] = sold[r.Goods], r.Units-sold[r.Goods]
		if back[r.Goods] < 0 {
			return fmt.Errorf("sale %s has sold %d units of %s and was allotted %d", sale, sold[r.Goods], r.Goods, r.Units)
		}
	}
	if err := database.MustChange(tx, len(rows), "DELETE FROM allotments WHERE sale_id = ?", int64(sale)); err != nil {
		return err
	}
	if err := i.moveAllotted(tx, allotSettle, sale, actor, "", moving(left)); err != nil {
		return err
	}
	return i.moveAllotted(tx, allotBack, sale, actor, "", moving(back))
}

func (i *Inventory) moveAllotted(tx *gorm.DB, m move, sale seckill.ID, actor, reason string, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	now := i.now()
	rows := make([][]any, len(lines))
	for n, l := range lines {
		rows[n] = []any{l.Goods, int(m.kind), l.Quantity, int64(sale), actor, reason, now}
	}
	if err := database.InsertMany(tx, "inventory_history (goods, kind, quantity, sale_id, user_id, reason, created_at)", rows); err != nil {
		return err
	}
	return i.mustMove(tx, m, lines)
}

// moving are the lines of more than 0 units.
func moving(units map[string]int64) []Line {
	return slices.DeleteFunc(linesOf(units), func(l Line) bool { return l.Quantity <= 0 })
}

const maxAllotted = 1_000

// AllottedSales lists the sales, up to 1,000, that have something of the stock.
func (i *Inventory) AllottedSales(ctx context.Context) ([]seckill.ID, error) {
	var ids []int64
	err := i.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT DISTINCT sale_id FROM allotments ORDER BY sale_id LIMIT ?", maxAllotted).Scan(&ids).Error
	})
	sales := make([]seckill.ID, len(ids))
	for n, id := range ids {
		sales[n] = seckill.ID(id)
	}
	return sales, err
}

// Allotment is what a sale has of a goods.
type Allotment struct {
	SaleID seckill.ID
	Units  int64
}

// Allotments tells which sales, up to 1,000, have how much of a goods.
func (i *Inventory) Allotments(ctx context.Context, goods string) ([]Allotment, error) {
	var rows []struct{ SaleID, Units int64 }
	err := i.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT sale_id, units FROM allotments WHERE goods = ? ORDER BY sale_id LIMIT ?", goods, maxAllotted).Scan(&rows).Error
	})
	list := make([]Allotment, len(rows))
	for n, r := range rows {
		list[n] = Allotment{seckill.ID(r.SaleID), r.Units}
	}
	return list, err
}
