package ledger

import (
	"slices"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// itemUnits is how many units of an item a set of orders is about.
type itemUnits struct {
	sale  seckill.ID
	sku   string
	units int64
}

// unitsOf adds up the lines of orders, in the order in which items are locked.
func unitsOf(orders []seckill.Order) []itemUnits {
	type key struct {
		sale seckill.ID
		sku  string
	}
	sums := make(map[key]int64)
	for _, o := range orders {
		for _, line := range o.Lines {
			sums[key{o.SaleID, line.SKU}] += line.Quantity
		}
	}
	out := make([]itemUnits, 0, len(sums))
	for k, n := range sums {
		out = append(out, itemUnits{k.sale, k.sku, n})
	}
	slices.SortFunc(out, func(a, b itemUnits) int {
		if a.sale != b.sale {
			return int(min(1, max(-1, a.sale-b.sale)))
		}
		if a.sku < b.sku {
			return -1
		}
		return 1
	})
	return out
}

// The statements that change what is reserved and sold; there are no others. The
// condition of each keeps the item's counters within its total, and above 0.
const (
	reserveStatement = "UPDATE items SET reserved = reserved + ?" +
		" WHERE sale_id = ? AND sku = ? AND total - reserved - sold >= ?"
	unreserveStatement = "UPDATE items SET reserved = reserved - ?" +
		" WHERE sale_id = ? AND sku = ? AND reserved >= ?"
	confirmStatement = "UPDATE items SET reserved = reserved - ?, sold = sold + ?" +
		" WHERE sale_id = ? AND sku = ? AND reserved >= ?"
)

// reserveUnits takes all of these units, or none if one item has too few.
func reserveUnits(tx *gorm.DB, units []itemUnits) (bool, error) {
	for i, u := range units {
		n, err := database.Exec(tx, reserveStatement, u.units, int64(u.sale), u.sku, u.units)
		if err != nil {
			return false, err
		}
		if n == 0 {
			return false, unreserveUnits(tx, units[:i])
		}
	}
	return true, nil
}

// reserveLocked takes units of locked items that were seen to have them.
func reserveLocked(tx *gorm.DB, units []itemUnits) error {
	for _, u := range units {
		if err := database.MustChange(tx, 1, reserveStatement, u.units, int64(u.sale), u.sku, u.units); err != nil {
			return err
		}
	}
	return nil
}

// unreserveUnits gives units back that are counted as reserved.
func unreserveUnits(tx *gorm.DB, units []itemUnits) error {
	for _, u := range units {
		if err := database.MustChange(tx, 1, unreserveStatement, u.units, int64(u.sale), u.sku, u.units); err != nil {
			return err
		}
	}
	return nil
}

// confirmUnits turns units that are counted as reserved into sold ones.
func confirmUnits(tx *gorm.DB, units []itemUnits) error {
	for _, u := range units {
		if err := database.MustChange(tx, 1, confirmStatement, u.units, u.units, int64(u.sale), u.sku, u.units); err != nil {
			return err
		}
	}
	return nil
}

// stock is what an item has left, and how much of it one buyer may have.
type stock struct{ free, limit int64 }

// lockItems locks items and reads what each has left. An item that does not exist
// is not in the map.
func lockItems(tx *gorm.DB, d *database.Dialect, units []itemUnits) (map[itemUnits]stock, error) {
	items := make(map[itemUnits]stock, len(units))
	for _, u := range units {
		var rows []itemRow
		err := tx.Raw("SELECT * FROM items WHERE sale_id = ? AND sku = ?"+d.ForUpdate,
			int64(u.sale), u.sku).Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			items[itemUnits{sale: u.sale, sku: u.sku}] = stock{free: r.Total - r.Reserved - r.Sold, limit: r.LimitPerBuyer}
		}
	}
	return items, nil
}
