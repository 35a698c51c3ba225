package ledger

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// lockedOrder is an order whose row this transaction holds, so that no other
// can change it before the commit.
type lockedOrder struct {
	seckill.Order
	stockState int
	retake     int
}

// lockOrders reads and locks the orders of these ids that meet a condition, in
// the order of their ids. Those that do not are left out.
func (l *Ledger) lockOrders(tx *gorm.DB, ids []int64, condition string, args ...any) ([]lockedOrder, error) {
	var rows []orderRow
	err := tx.Raw("SELECT * FROM orders"+l.db.ByPrimary+" WHERE id IN ? AND "+condition+" ORDER BY id"+l.db.ForUpdate,
		append([]any{ids}, args...)...).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	orders, err := loadLines(tx, rows)
	if err != nil {
		return nil, err
	}
	locked := make([]lockedOrder, len(rows))
	for i, r := range rows {
		locked[i] = lockedOrder{Order: orders[i], stockState: r.StockState, retake: r.Retake}
	}
	return locked, nil
}

// change is what a transition does to orders of one status.
type change struct {
	from, to seckill.OrderStatus
	// reason is for the buyer; empty leaves what stands.
	reason string
	// stock is where the units go; 0 leaves them where they are.
	stock int
}

// transition changes the status of locked orders and announces it.
func (l *Ledger) transition(tx *gorm.DB, orders []lockedOrder, c change, now int64) error {
	if len(orders) == 0 {
		return nil
	}
	if err := l.move(tx, orders, c, now); err != nil {
		return err
	}
	return addEvents(tx, changes(plain(orders), now), now)
}

// move changes the status of locked orders; whoever calls it announces them, in the
// same transaction. It is the one place where a status changes after settlement.
func (l *Ledger) move(tx *gorm.DB, orders []lockedOrder, c change, now int64) error {
	if !c.from.CanBecome(c.to) {
		return fmt.Errorf("an order cannot go from %s to %s", c.from, c.to)
	}
	statement := "UPDATE orders" + l.db.ByPrimary + " SET status = ?, updated_at = ?"
	args := []any{string(c.to), now}
	if c.reason != "" {
		statement, args = statement+", reason = ?", append(args, c.reason)
	}
	if c.stock != 0 {
		statement, args = statement+", stock_state = ?", append(args, c.stock)
	}
	args = append(args, orderNumbers(orders), string(c.from))
	if err := database.MustChange(tx, len(orders), statement+" WHERE id IN ? AND status = ?", args...); err != nil {
		return err
	}
	for i := range orders {
		o := &orders[i]
		o.Status = c.to
		if c.reason != "" {
			o.Reason = c.reason
		}
		if c.stock != 0 {
			o.stockState = c.stock
		}
	}
	return nil
}

func orderNumbers(orders []lockedOrder) []int64 {
	ids := make([]int64, len(orders))
	for i, o := range orders {
		ids[i] = int64(o.ID)
	}
	return ids
}

func plain(orders []lockedOrder) []seckill.Order {
	out := make([]seckill.Order, len(orders))
	for i, o := range orders {
		out[i] = o.Order
	}
	return out
}
