package chaos

import (
	"context"
	"database/sql"
)

// GoodsRow is a row of inventory, with what its history adds up to by kind.
type GoodsRow struct {
	Goods                               string
	Available, Reserved, Allotted, Sold int64
	Moves                               map[int]int64
}

// The kinds of movement in inventory_history.
const (
	goodsSet, goodsSell, goodsConfirm, goodsRollBack   = 1, 2, 3, 4
	goodsAllot, goodsAllotmentBack, goodsAllotmentSold = 5, 6, 7
)

// DeductionRow is what an order of the shop took.
type DeductionRow struct {
	// State is 1 reserved, 2 confirmed, 3 returned.
	State int
	// Units by goods; none where the row is only the mark that it was rolled back.
	Units map[string]int64
}

// The values of DeductionRow.State.
const deductionReserved, deductionConfirmed, deductionReturned = 1, 2, 3

// AllotmentRow is what a sale has of a goods.
type AllotmentRow struct {
	Sale, Goods string
	Units       int64
}

func readGoods(ctx context.Context, tx *sql.Tx, s *State) error {
	s.Goods = map[string]GoodsRow{}
	err := each(ctx, tx, "SELECT goods, available, reserved, allotted, sold FROM inventory", func(r *sql.Rows) error {
		g := GoodsRow{Moves: map[int]int64{}}
		err := r.Scan(&g.Goods, &g.Available, &g.Reserved, &g.Allotted, &g.Sold)
		s.Goods[g.Goods] = g
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, tx, "SELECT goods, kind, SUM(quantity) FROM inventory_history GROUP BY goods, kind", func(r *sql.Rows) error {
		var goods string
		var kind int
		var n int64
		err := r.Scan(&goods, &kind, &n)
		s.Goods[goods].Moves[kind] = n
		return err
	})
}

func readDeductions(ctx context.Context, tx *sql.Tx, s *State) error {
	s.Deductions = map[string]DeductionRow{}
	err := each(ctx, tx, "SELECT order_no, state FROM deductions", func(r *sql.Rows) error {
		var no string
		d := DeductionRow{Units: map[string]int64{}}
		err := r.Scan(&no, &d.State)
		s.Deductions[no] = d
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, tx, "SELECT order_no, goods, quantity FROM deduction_lines", func(r *sql.Rows) error {
		var no, goods string
		var n int64
		err := r.Scan(&no, &goods, &n)
		s.Deductions[no].Units[goods] += n
		return err
	})
}

func readAllotments(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT sale_id, goods, units FROM allotments ORDER BY sale_id, goods", func(r *sql.Rows) error {
		var a AllotmentRow
		err := r.Scan(&a.Sale, &a.Goods, &a.Units)
		s.Allotments = append(s.Allotments, a)
		return err
	})
}
