package inventory

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Goods is the stock of one goods, as it was at one moment.
type Goods struct {
	Goods string
	// Available can be sold. Reserved belongs to orders of the shop, Allotted to sales;
	// both are still there. Sold has left.
	Available, Reserved, Allotted, Sold int64
	// Version grows with each change.
	Version int64
	// Strategy is how it is sold; empty: as configured.
	Strategy  string
	UpdatedAt time.Time
}

// OnHand is how many units are there.
func (g Goods) OnHand() int64 { return g.Available + g.Reserved + g.Allotted }

type goodsRow struct {
	Goods                               string
	Available, Reserved, Allotted, Sold int64
	Version                             int64
	Strategy                            *string
	UpdatedAt                           int64
}

func (r goodsRow) toGoods() Goods {
	g := Goods{Goods: r.Goods, Available: r.Available, Reserved: r.Reserved, Allotted: r.Allotted, Sold: r.Sold,
		Version: r.Version, UpdatedAt: seckill.UnixMilli(r.UpdatedAt)}
	if r.Strategy != nil {
		g.Strategy = *r.Strategy
	}
	return g
}

// InvDetail reads the stock of one goods.
func (i *Inventory) InvDetail(ctx context.Context, goods string) (Goods, error) {
	list, err := i.BatchInvDetail(ctx, []string{goods})
	if err != nil {
		return Goods{}, err
	}
	return list[0], nil
}

// BatchInvDetail reads the stock of up to 100 goods, in the order in which they are
// asked for. Where some do not exist, the error is seckill.CodeNotFound with an
// UnknownError that has them all.
func (i *Inventory) BatchInvDetail(ctx context.Context, goods []string) ([]Goods, error) {
	if len(goods) == 0 || len(goods) > MaxBatch {
		return nil, seckill.Invalid("goods", "must be 1 to %d, not %d", MaxBatch, len(goods))
	}
	for _, g := range goods {
		if !seckill.ValidSKU(g) {
			return nil, invalidGoods("goods", g)
		}
	}
	var found map[string]Goods
	err := i.db.Read(ctx, func(db *gorm.DB) (err error) {
		found, err = i.findGoods(db, goods, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	list, unknown := make([]Goods, len(goods)), []string(nil)
	for n, g := range goods {
		var known bool
		if list[n], known = found[g]; !known && !slices.Contains(unknown, g) {
			unknown = append(unknown, g)
		}
	}
	if len(unknown) > 0 {
		return nil, because(seckill.CodeNotFound, &UnknownError{unknown})
	}
	return list, nil
}

// findGoods reads the goods that are there. locking ends its statements; names that are
// in ascending order are locked in it.
func (i *Inventory) findGoods(db *gorm.DB, names []string, locking string) (map[string]Goods, error) {
	found := make(map[string]Goods, len(names))
	for some := range slices.Chunk(names, MaxBatch) {
		var rows []goodsRow
		if err := db.Raw("SELECT * FROM inventory"+i.db.ByPrimary+" WHERE goods IN ? ORDER BY goods"+locking, some).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.Goods] = r.toGoods()
		}
	}
	return found, nil
}

const maxGoodsPage = 1_000

// List lists goods by name. limit is 1 to 1,000; 0 means 1,000. after is the last one
// that the caller has; empty starts with the first.
func (i *Inventory) List(ctx context.Context, after string, limit int) ([]Goods, error) {
	var rows []goodsRow
	err := i.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT * FROM inventory WHERE goods > ? ORDER BY goods LIMIT ?", after, database.Bounded(limit, maxGoodsPage)).Scan(&rows).Error
	})
	list := make([]Goods, len(rows))
	for n, r := range rows {
		list[n] = r.toGoods()
	}
	return list, err
}
