package inventory

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Kind is what a change of the stock was.
type Kind int

// The numbers are stored.
const (
	KindSet              Kind = 1 // available + n
	KindSell             Kind = 2 // available - n, reserved + n
	KindConfirm          Kind = 3 // reserved - n, sold + n
	KindRollback         Kind = 4 // reserved - n, available + n
	KindAllot            Kind = 5 // available - n, allotted + n
	KindAllotmentBack    Kind = 6 // allotted - n, available + n
	KindAllotmentSettled Kind = 7 // allotted - n, sold + n
)

var kindNames = map[Kind]string{KindSet: "set", KindSell: "sell", KindConfirm: "confirm", KindRollback: "rollback",
	KindAllot: "allot", KindAllotmentBack: "allotment_back", KindAllotmentSettled: "allotment_settled"}

func (k Kind) String() string { return kindNames[k] }

// Change is one change of the stock of one goods.
type Change struct {
	ID    int64
	Goods string
	Kind  Kind
	// Quantity is how many units; of a KindSet the difference, which may be negative.
	Quantity int64
	// OrderNo is that of the order of the shop, SaleID that of the sale; of a KindSet
	// neither is there.
	OrderNo string
	SaleID  seckill.ID
	// User is whose order it was, or who did it.
	User, Reason string
	At           time.Time
}

// HistoryQuery chooses changes by one of Goods, OrderNo and User.
type HistoryQuery struct {
	Goods, OrderNo, User string
	// Limit is the most changes to list, 1 to 1,000; 0 means 1,000.
	Limit int
	// Cursor is the ID of the last change that the caller has; 0 starts with the newest.
	Cursor int64
}

const maxHistory = 1_000

// History lists changes, the newest first.
func (i *Inventory) History(ctx context.Context, q HistoryQuery) (changes []Change, err error) {
	column, value, err := q.key()
	if err != nil {
		return nil, err
	}
	err = i.db.Read(ctx, func(db *gorm.DB) error {
		var rows []struct {
			ID             int64
			Goods          string
			Kind           Kind
			Quantity       int64
			OrderNo        *string
			SaleID         *int64
			UserID, Reason string
			CreatedAt      int64
		}
		find := db.Table("inventory_history").Where(column+" = ?", value).Order("id DESC").Limit(database.Bounded(q.Limit, maxHistory))
		if q.Cursor > 0 {
			find = find.Where("id < ?", q.Cursor)
		}
		if err := find.Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			c := Change{ID: r.ID, Goods: r.Goods, Kind: r.Kind, Quantity: r.Quantity, User: r.UserID, Reason: r.Reason, At: seckill.UnixMilli(r.CreatedAt)}
			if r.OrderNo != nil {
				c.OrderNo = *r.OrderNo
			}
			if r.SaleID != nil {
				c.SaleID = seckill.ID(*r.SaleID)
			}
			changes = append(changes, c)
		}
		return nil
	})
	return changes, err
}

// key is the column by which changes are looked for.
func (q HistoryQuery) key() (column, value string, err error) {
	given := 0
	for name, v := range map[string]string{"goods": q.Goods, "order_no": q.OrderNo, "user_id": q.User} {
		if v != "" {
			column, value = name, v
			given++
		}
	}
	if given != 1 {
		return "", "", seckill.Invalid("goods", "the history is that of one of goods, order_no and user")
	}
	return column, value, nil
}

// addHistory writes what deductions moved, line by line.
func addHistory(tx *gorm.DB, kind Kind, list []Deduction, reason string, now int64) error {
	var rows [][]any
	for _, d := range list {
		for _, l := range d.Lines {
			rows = append(rows, []any{l.Goods, int(kind), l.Quantity, d.OrderNo, d.User, reason, now})
		}
	}
	return database.InsertMany(tx, "inventory_history (goods, kind, quantity, order_no, user_id, reason, created_at)", rows)
}
