package ledger

import (
	"cmp"
	"slices"

	"github.com/seckill-go/seckill/internal/database"
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
	items, err := lockItems(s.tx, s.ledger.db.Dialect, units)
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
		if err := database.MustChange(s.tx, 1, "UPDATE orders SET status = ?, reason = ?, stock_state = ? WHERE id = ? AND status = ?",
			string(seckill.OrderFailed), o.Reason, stockReleasing, int64(o.ID), string(seckill.OrderAwaitingPayment)); err != nil {
			return err
		}
		if _, err := database.Exec(s.tx, "DELETE FROM stock_history WHERE order_id = ?", int64(o.ID)); err != nil {
			return err
		}
	}
	return nil
}
