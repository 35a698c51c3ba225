package ledger

import (
	"cmp"
	"slices"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// reserve takes the units of the settled orders: all at once, as it nearly
// always goes, else order by order, moving to Failed those that get none.
func (s *settlement) reserve(result *SettleResult, epochs map[seckill.ID]epochRow) error {
	units := unitsOf(result.Settled)
	limited := limitedSales(epochs)
	if len(limited) == 0 {
		enough, err := reserveUnits(s.tx, units)
		if err != nil || enough {
			return err
		}
	}
	items, err := lockItems(s.tx, s.ledger.dialect, units)
	if err != nil {
		return err
	}
	held, err := heldBefore(s.tx, result.Settled, limited)
	if err != nil {
		return err
	}
	fitting, refused := share(result.Settled, items, held)
	if err := s.fail(refused); err != nil {
		return err
	}
	if err := reserveLocked(s.tx, unitsOf(fitting)); err != nil {
		return err
	}
	result.Settled = fitting
	result.Failed = append(result.Failed, refused...)
	return nil
}

const (
	reserveStatement = "UPDATE items SET reserved = reserved + ?" +
		" WHERE sale_id = ? AND sku = ? AND total - reserved - sold >= ?"
	unreserveStatement = "UPDATE items SET reserved = reserved - ?" +
		" WHERE sale_id = ? AND sku = ? AND reserved >= ?"
)

// reserveUnits takes all of these units, or none if one item has too few.
func reserveUnits(tx *gorm.DB, units []itemUnits) (bool, error) {
	for i, u := range units {
		n, err := exec(tx, reserveStatement, u.units, int64(u.sale), u.sku, u.units)
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
		if err := mustChange(tx, 1, reserveStatement, u.units, int64(u.sale), u.sku, u.units); err != nil {
			return err
		}
	}
	return nil
}

// unreserveUnits gives units back that are counted as reserved.
func unreserveUnits(tx *gorm.DB, units []itemUnits) error {
	for _, u := range units {
		if err := mustChange(tx, 1, unreserveStatement, u.units, int64(u.sale), u.sku, u.units); err != nil {
			return err
		}
	}
	return nil
}

// stock is what an item has left, and how much of it one buyer may have.
type stock struct{ free, limit int64 }

// lockItems locks items and reads what each has left. An item that does not exist
// is not in the map.
func lockItems(tx *gorm.DB, d *dialect, units []itemUnits) (map[itemUnits]stock, error) {
	items := make(map[itemUnits]stock, len(units))
	for _, u := range units {
		var rows []itemRow
		err := tx.Raw("SELECT * FROM items WHERE sale_id = ? AND sku = ?"+d.forUpdate,
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

// share gives free units to orders, all lines or none, by their tickets. It keeps
// count of what is left, and of what each buyer has where held tells of it.
func share(orders []seckill.Order, items map[itemUnits]stock, held holdings) (fitting, refused []seckill.Order) {
	byTicket := slices.Clone(orders)
	slices.SortStableFunc(byTicket, func(a, b seckill.Order) int { return cmp.Compare(a.Ticket, b.Ticket) })
	for _, o := range byTicket {
		if reason := whyNot(o, items, held); reason != "" {
			refused = append(refused, failed(o, reason))
			continue
		}
		for _, line := range o.Lines {
			item := itemUnits{sale: o.SaleID, sku: line.SKU}
			left := items[item]
			left.free -= line.Quantity
			items[item] = left
		}
		held.add(o)
		fitting = append(fitting, o)
	}
	return fitting, refused
}

// whyNot tells what stands against an order, in the order in which admission looks: the
// limit of every line comes before the stock of any.
func whyNot(o seckill.Order, items map[itemUnits]stock, held holdings) string {
	short := ""
	for _, line := range o.Lines {
		item, exists := items[itemUnits{sale: o.SaleID, sku: line.SKU}]
		switch {
		case !exists:
			return seckill.ReasonUnknownItem
		case held.exceeded(o, line, item.limit):
			return seckill.ReasonLimitExceeded
		case item.free < line.Quantity:
			short = seckill.ReasonSoldOut
		}
	}
	return short
}

// fail turns orders that this transaction inserted as settled into failed ones.
func (s *settlement) fail(orders []seckill.Order) error {
	for _, o := range orders {
		if err := mustChange(s.tx, 1, "UPDATE orders SET status = ?, reason = ?, stock_state = ? WHERE id = ? AND status = ?",
			string(seckill.OrderFailed), o.Reason, stockReleasing, int64(o.ID), string(seckill.OrderAwaitingPayment)); err != nil {
			return err
		}
		if _, err := exec(s.tx, "DELETE FROM stock_history WHERE order_id = ?", int64(o.ID)); err != nil {
			return err
		}
	}
	return nil
}
