package chaos

import (
	"context"
	"database/sql"
)

// WaiterRow is a row of waiters: a buyer's place in a sale's waitlist.
type WaiterRow struct {
	Sale, Buyer, SKU string
	Quantity         int64
	Status, Order    string
}

func readWaiters(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT sale_id, buyer, sku, quantity, status, order_id FROM waiters ORDER BY id", func(r *sql.Rows) error {
		var w WaiterRow
		err := r.Scan(&w.Sale, &w.Buyer, &w.SKU, &w.Quantity, &w.Status, &w.Order)
		s.Waiters = append(s.Waiters, w)
		return err
	})
}

// waitedMark is the field of the stock in Redis that keeps an item's units for those who
// wait.
func waitedMark(sku string) string { return "#waited:" + sku }

// left tells how many units of an item anybody can buy.
func (c Counters) left(sku string) int64 {
	if c.Available[waitedMark(sku)] != 0 {
		return 0
	}
	return c.Available[sku]
}
