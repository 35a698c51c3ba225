package inventory

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
)

// Confirm says that what an order took has left: it is paid and goes out. The second
// time it changes nothing. An order that was rolled back is seckill.CodeConflict, one
// that nobody sold is seckill.CodeNotFound. One whose hold is over, and whose units have
// not come back yet, is confirmed.
func (i *Inventory) Confirm(ctx context.Context, orderNo string) (Deduction, error) {
	return i.end(ctx, orderNo, Confirmed, func(tx *gorm.DB, now int64) (Deduction, error) {
		d, err := oneDeduction(tx, orderNo)
		if err == nil && d.State == Returned {
			err = conflict(d.State, "the order was rolled back, or its hold was over")
		}
		return d, err
	})
}

// Rollback gives back exactly what an order took, once; the second time it changes
// nothing. An order that is confirmed is seckill.CodeConflict. Where nobody has sold
// under the number, it leaves a mark that refuses whoever comes later.
func (i *Inventory) Rollback(ctx context.Context, orderNo string) (Deduction, error) {
	return i.end(ctx, orderNo, Returned, func(tx *gorm.DB, now int64) (Deduction, error) {
		// The mark is inserted and not looked for first: between a look and an insert a
		// Sell could come in.
		if _, err := i.insertDeduction(tx, Deduction{OrderNo: orderNo, State: Returned}, now); err != nil {
			return Deduction{}, err
		}
		d, err := oneDeduction(tx, orderNo)
		if err == nil && d.State == Confirmed {
			err = conflict(d.State, "the order is confirmed")
		}
		return d, err
	})
}

// end brings a deduction to its end, if it is reserved. What it is else, otherwise says.
func (i *Inventory) end(ctx context.Context, orderNo string, to State, otherwise func(tx *gorm.DB, now int64) (Deduction, error)) (d Deduction, err error) {
	if err := validateOrderNo(orderNo); err != nil {
		return Deduction{}, err
	}
	err = i.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		now := i.now()
		n, err := database.Exec(tx, "UPDATE deductions SET state = ?, updated_at = ? WHERE order_no = ? AND state = ?",
			int(to), now, orderNo, int(Reserved))
		if err != nil {
			return err
		}
		if n == 0 {
			if d, err = otherwise(tx, now); err == nil && d.State == Reserved {
				err = fmt.Errorf("%s: %w", to, database.ErrLostRace) // sold between two statements
			}
			return err
		}
		if d, err = oneDeduction(tx, orderNo); err != nil {
			return err
		}
		return i.ended(tx, to, []Deduction{d}, "", now)
	})
	if err != nil {
		return Deduction{}, err
	}
	return d, nil
}

// ended moves the units of deductions whose rows this transaction has just ended.
func (i *Inventory) ended(tx *gorm.DB, to State, list []Deduction, reason string, now int64) error {
	kind, m := KindConfirm, confirming
	if to == Returned {
		kind, m = KindRollback, returning
	}
	if err := addHistory(tx, kind, list, reason, now); err != nil {
		return err
	}
	lines := make([][]Line, len(list))
	for n, d := range list {
		lines[n] = d.Lines
	}
	return i.mustMove(tx, m, together(lines...))
}
