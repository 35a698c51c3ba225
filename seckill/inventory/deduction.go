package inventory

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// State is what became of a deduction.
type State int

// The numbers are stored.
const (
	Reserved  State = 1 // the units are the order's
	Confirmed State = 2 // they have left
	Returned  State = 3 // they are available again, or were never taken
)

func (s State) String() string {
	switch s {
	case Reserved:
		return "reserved"
	case Confirmed:
		return "confirmed"
	case Returned:
		return "returned"
	default:
		return "unknown"
	}
}

// Deduction is what one order of the shop took.
type Deduction struct {
	OrderNo string
	// User and Lines are empty where the order number was rolled back before it was
	// sold under.
	User  string
	Lines []Line
	State State
	// HoldUntil is when it comes back by itself; zero is never.
	HoldUntil            time.Time
	CreatedAt, UpdatedAt time.Time
}

type deductionRow struct {
	OrderNo              string
	UserID               string
	State                State
	HoldUntil            *int64
	CreatedAt, UpdatedAt int64
}

func (r deductionRow) deduction(lines []Line) Deduction {
	d := Deduction{OrderNo: r.OrderNo, User: r.UserID, Lines: lines, State: r.State,
		CreatedAt: seckill.UnixMilli(r.CreatedAt), UpdatedAt: seckill.UnixMilli(r.UpdatedAt)}
	if r.HoldUntil != nil {
		d.HoldUntil = seckill.UnixMilli(*r.HoldUntil)
	}
	return d
}

// Deduction reads what an order took.
func (i *Inventory) Deduction(ctx context.Context, orderNo string) (d Deduction, err error) {
	if err := validateOrderNo(orderNo); err != nil {
		return Deduction{}, err
	}
	err = i.db.ReadSnapshot(ctx, func(tx *gorm.DB) (err error) {
		d, err = oneDeduction(tx, orderNo)
		return err
	})
	return d, err
}

func oneDeduction(tx *gorm.DB, orderNo string) (Deduction, error) {
	found, err := findDeductions(tx, []string{orderNo})
	if err == nil && len(found) == 0 {
		err = seckill.Errorf(seckill.CodeNotFound, "no such order")
	}
	return found[orderNo], err
}

// findDeductions reads those that are there.
func findDeductions(tx *gorm.DB, orderNos []string) (map[string]Deduction, error) {
	var rows []deductionRow
	if err := tx.Raw("SELECT * FROM deductions WHERE order_no IN ?", orderNos).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	there := make([]string, len(rows))
	for n, r := range rows {
		there[n] = r.OrderNo
	}
	lines, err := linesOfOrders(tx, there)
	found := make(map[string]Deduction, len(rows))
	for _, r := range rows {
		found[r.OrderNo] = r.deduction(lines[r.OrderNo])
	}
	return found, err
}

func linesOfOrders(tx *gorm.DB, orderNos []string) (map[string][]Line, error) {
	var rows []struct {
		OrderNo, Goods string
		Quantity       int64
	}
	err := tx.Raw("SELECT * FROM deduction_lines WHERE order_no IN ? ORDER BY order_no, goods", orderNos).Scan(&rows).Error
	lines := make(map[string][]Line, len(orderNos))
	for _, r := range rows {
		lines[r.OrderNo] = append(lines[r.OrderNo], Line{r.Goods, r.Quantity})
	}
	return lines, err
}

// again is the answer to a Sell whose order number is there already: what it was the
// first time, if it asks for the same.
func (d Deduction) again(o Order) (Deduction, error) {
	switch {
	case d.State == Returned:
		return Deduction{}, conflict(d.State, "the order was rolled back, or its hold was over")
	case d.User != o.User || !slices.Equal(d.Lines, o.Lines):
		return Deduction{}, conflict(d.State, "an order of this number took something else")
	}
	return d, nil
}

const deductionColumns = "deductions (order_no, user_id, state, hold_until, created_at, updated_at)"

func (d Deduction) values(now int64) []any {
	return []any{d.OrderNo, d.User, int(d.State), holdOf(d), now, now}
}

// insertDeduction writes the row of a deduction, and tells whether none of its number was
// there.
func (i *Inventory) insertDeduction(tx *gorm.DB, d Deduction, now int64) (inserted bool, err error) {
	n, err := database.Exec(tx, "INSERT INTO "+deductionColumns+" VALUES (?,?,?,?,?,?)"+
		i.db.SkipDuplicates("deductions", "order_no"), d.values(now)...)
	return n == 1, err
}

// insertDeductions writes new deductions with their lines and history. A number that is
// there already fails the transaction.
func insertDeductions(tx *gorm.DB, list []Deduction, now int64) error {
	rows := make([][]any, len(list))
	for n, d := range list {
		rows[n] = d.values(now)
	}
	if err := database.InsertMany(tx, deductionColumns, rows); err != nil {
		return err
	}
	return insertLines(tx, list, now)
}

// insertLines writes the lines of deductions whose rows are there, and their history.
func insertLines(tx *gorm.DB, list []Deduction, now int64) error {
	var rows [][]any
	for _, d := range list {
		for _, l := range d.Lines {
			rows = append(rows, []any{d.OrderNo, l.Goods, l.Quantity})
		}
	}
	if err := database.InsertMany(tx, "deduction_lines (order_no, goods, quantity)", rows); err != nil {
		return err
	}
	return addHistory(tx, KindSell, list, "", now)
}

func holdOf(d Deduction) *int64 {
	if d.HoldUntil.IsZero() {
		return nil
	}
	ms := d.HoldUntil.UnixMilli()
	return &ms
}

func validateOrderNo(orderNo string) error {
	if seckill.ValidateKey(orderNo) != nil {
		return seckill.Invalid("order_no", "must be 1 to %d visible ASCII characters", seckill.MaxKeyBytes)
	}
	return nil
}

func conflict(state State, format string, args ...any) *seckill.Error {
	err := seckill.Errorf(seckill.CodeConflict, format, args...)
	err.State = state.String()
	return err
}
