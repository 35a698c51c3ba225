package ledger

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// maxWaiters is the most places of one page.
const maxWaiters = 1_000

type waiterRow struct {
	ID                  int64
	SaleID              int64
	Buyer               string
	SKU                 string `gorm:"column:sku"`
	Quantity            int64
	Status              string
	OrderID             int64
	JoinedAt, UpdatedAt int64
}

func (r waiterRow) waiter() seckill.Waiter {
	return seckill.Waiter{ID: r.ID, SaleID: seckill.ID(r.SaleID), Buyer: r.Buyer, SKU: r.SKU, Quantity: r.Quantity,
		Status: seckill.WaiterStatus(r.Status), OrderID: seckill.ID(r.OrderID),
		JoinedAt: seckill.UnixMilli(r.JoinedAt), UpdatedAt: seckill.UnixMilli(r.UpdatedAt)}
}

// Join gives a buyer the last place in the waitlist of a sale. Who has a place that is
// still open keeps it, and joined is false; with another item or quantity it is
// seckill.CodeConflict. Of a buyer who has left, or has had an offer, the old place goes.
func (l *Ledger) Join(ctx context.Context, w seckill.Waiter) (now seckill.Waiter, joined bool, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		joined = false
		before, found, err := findWaiter(tx, w.SaleID, w.Buyer, l.db.ForUpdate)
		if err != nil {
			return err
		}
		if found && before.Status.Open() {
			now = before
			if before.SKU != w.SKU || before.Quantity != w.Quantity {
				return &seckill.Error{Code: seckill.CodeConflict, State: string(seckill.WaiterWaiting),
					Detail: fmt.Sprintf("You wait for %d of %s. Leave first to wait for something else.", before.Quantity, before.SKU)}
			}
			return nil
		}
		if found {
			if err := database.MustChange(tx, 1, "DELETE FROM waiters WHERE id = ?", before.ID); err != nil {
				return err
			}
		}
		at := l.now()
		err = database.MustChange(tx, 1, "INSERT INTO waiters (sale_id, buyer, sku, quantity, status, order_id, joined_at, updated_at) VALUES (?,?,?,?,?,?,?,?)",
			int64(w.SaleID), w.Buyer, w.SKU, w.Quantity, string(seckill.WaiterWaiting), int64(w.OrderID), at, at)
		if err != nil {
			return err
		}
		now, _, err = findWaiter(tx, w.SaleID, w.Buyer, "")
		joined = true
		return err
	})
	return now, joined, err
}

// Waiter reads the place of a buyer in a sale's waitlist.
func (l *Ledger) Waiter(ctx context.Context, sale seckill.ID, buyer string) (w seckill.Waiter, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		var found bool
		if w, found, err = findWaiter(db, sale, buyer, ""); err == nil && !found {
			err = noPlace()
		}
		return err
	})
	return w, err
}

func noPlace() error {
	return seckill.Errorf(seckill.CodeNotFound, "you have no place in the waitlist of this sale")
}

func findWaiter(db *gorm.DB, sale seckill.ID, buyer, lock string) (w seckill.Waiter, found bool, err error) {
	var rows []waiterRow
	err = db.Raw("SELECT * FROM waiters WHERE sale_id = ? AND buyer = ?"+lock, int64(sale), buyer).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return w, false, err
	}
	return rows[0].waiter(), true, nil
}

// Leave gives a buyer's place up. One that is being offered units, or was, is
// seckill.CodeConflict with its state; one that has come to an end stays as it is.
func (l *Ledger) Leave(ctx context.Context, sale seckill.ID, buyer string) (w seckill.Waiter, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		var found bool
		if w, found, err = findWaiter(tx, sale, buyer, l.db.ForUpdate); err != nil {
			return err
		}
		switch {
		case !found:
			return noPlace()
		case w.Status == seckill.WaiterLeft || w.Status == seckill.WaiterLapsed:
			return nil
		case w.Status != seckill.WaiterWaiting:
			return &seckill.Error{Code: seckill.CodeConflict, State: string(w.Status), OrderID: offeredOrder(w),
				Detail: "The units that you waited for are yours: cancel the order to give them up."}
		}
		w.Status = seckill.WaiterLeft
		return database.MustChange(tx, 1, "UPDATE waiters SET status = ?, updated_at = ? WHERE id = ?", string(w.Status), l.now(), w.ID)
	})
	return w, err
}

// offeredOrder is the order that a buyer can know of.
func offeredOrder(w seckill.Waiter) seckill.ID {
	if w.Status == seckill.WaiterOffered {
		return w.OrderID
	}
	return 0
}

// UnitsOf tells how many units of an item a buyer has in orders of a sale, and the newest of
// these.
func (l *Ledger) UnitsOf(ctx context.Context, sale seckill.ID, buyer, sku string) (units int64, newest seckill.ID, err error) {
	var rows []struct{ ID, Quantity int64 }
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT o.id, l.quantity FROM orders o JOIN order_lines l ON l.order_id = o.id"+
			" WHERE o.sale_id = ? AND o.buyer = ? AND l.sku = ? AND +o.stock_state IN (?,?) ORDER BY o.id",
			int64(sale), buyer, sku, stockReserved, stockSold).Scan(&rows).Error
	})
	for _, r := range rows {
		units, newest = units+r.Quantity, seckill.ID(r.ID)
	}
	return units, newest, err
}

// WaiterQuery chooses places in the waitlist of one sale, the longest waiting first.
type WaiterQuery struct {
	Sale seckill.ID
	// Status of the places; empty means any.
	Status seckill.WaiterStatus
	// After is the last place that the caller has; 0 begins with the first.
	After int64
	// Limit is the most places to list, 1 to 1,000; 0 means 1,000.
	Limit int
}

// Waiters lists places.
func (l *Ledger) Waiters(ctx context.Context, q WaiterQuery) ([]seckill.Waiter, error) {
	where, args := "sale_id = ? AND id > ?", []any{int64(q.Sale), q.After}
	if q.Status != "" {
		where, args = where+" AND status = ?", append(args, string(q.Status))
	}
	var rows []waiterRow
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT * FROM waiters WHERE "+where+" ORDER BY id LIMIT ?", append(args, database.Bounded(q.Limit, maxWaiters))...).Scan(&rows).Error
	})
	list := make([]seckill.Waiter, len(rows))
	for i, r := range rows {
		list[i] = r.waiter()
	}
	return list, err
}

// Places gives the ids of those who wait for each item of a sale, the longest waiting
// first.
func (l *Ledger) Places(ctx context.Context, sale seckill.ID) (map[string][]int64, error) {
	var rows []struct {
		ID  int64
		SKU string `gorm:"column:sku"`
	}
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT id, sku FROM waiters WHERE status = ? AND sale_id = ? ORDER BY id", string(seckill.WaiterWaiting), int64(sale)).Scan(&rows).Error
	})
	places := map[string][]int64{}
	for _, r := range rows {
		places[r.SKU] = append(places[r.SKU], r.ID)
	}
	return places, err
}

// Waiting counts those who wait for each item of a sale.
func (l *Ledger) Waiting(ctx context.Context, sale seckill.ID) (map[string]int64, error) {
	var rows []struct {
		SKU     string `gorm:"column:sku"`
		Waiting int64
	}
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT sku, COUNT(*) AS waiting FROM waiters WHERE status = ? AND sale_id = ? GROUP BY sku",
			string(seckill.WaiterWaiting), int64(sale)).Scan(&rows).Error
	})
	waiting := make(map[string]int64, len(rows))
	for _, r := range rows {
		waiting[r.SKU] = r.Waiting
	}
	return waiting, err
}

// WaitedSales lists the sales that somebody waits for units of, or will once it is drawn.
func (l *Ledger) WaitedSales(ctx context.Context) ([]seckill.ID, error) {
	var ids []int64
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT sale_id FROM waiters WHERE status IN ? UNION SELECT d.sale_id FROM draws d JOIN draw_items i ON i.sale_id = d.sale_id"+
			" JOIN sales s ON s.id = d.sale_id WHERE s.state IN ? AND "+undecided,
			openPlaces, openStates).Scan(&ids).Error
	})
	return toIDs(ids), err
}

// openPlaces are the places that an offer can still come to, or has not reached.
var openPlaces = []string{string(seckill.WaiterWaiting), string(seckill.WaiterOffering)}

// LeastWanted tells of each item of a sale that somebody waits for, or is being offered,
// how many units are the fewest that anybody wants of it. Whose turn in a draw is still to come wants one.
func (l *Ledger) LeastWanted(ctx context.Context, sale seckill.ID) (map[string]int64, error) {
	var rows []struct {
		SKU   string `gorm:"column:sku"`
		Least int64
	}
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT sku, MIN(quantity) AS least FROM waiters WHERE status IN ? AND sale_id = ? GROUP BY sku"+
			" UNION SELECT i.sku, 1 FROM draws d JOIN draw_items i ON i.sale_id = d.sale_id WHERE d.sale_id = ? AND "+undecided,
			openPlaces, int64(sale), int64(sale)).Scan(&rows).Error
	})
	least := make(map[string]int64, len(rows))
	for _, r := range rows {
		if n, known := least[r.SKU]; !known || r.Least < n {
			least[r.SKU] = r.Least
		}
	}
	return least, err
}

// waited lists the items of a sale that somebody waits for or is being offered, or will be
// once it is drawn.
func waited(db *gorm.DB, sale seckill.ID) (skus []string, err error) {
	err = db.Raw("SELECT sku FROM waiters WHERE status IN ? AND sale_id = ? UNION SELECT i.sku FROM draws d JOIN draw_items i ON i.sale_id = d.sale_id WHERE d.sale_id = ? AND "+
		undecided, openPlaces, int64(sale), int64(sale)).Scan(&skus).Error
	return skus, err
}

// MoveWaiters gives those places another status that have a status now, and tells which.
// The ids have to be of one page.
func (l *Ledger) MoveWaiters(ctx context.Context, ids []int64, from, to seckill.WaiterStatus) (moved []int64, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		moved = nil
		for _, chunk := range chunks(ids) {
			var part []int64
			err := tx.Raw("SELECT id FROM waiters WHERE id IN ? AND status = ? ORDER BY id"+l.db.ForUpdate, chunk, string(from)).Scan(&part).Error
			if err != nil {
				return err
			}
			if len(part) == 0 {
				continue
			}
			if err := database.MustChange(tx, len(part), "UPDATE waiters SET status = ?, updated_at = ? WHERE id IN ?", string(to), l.now(), part); err != nil {
				return err
			}
			moved = append(moved, part...)
		}
		return nil
	})
	return moved, err
}

// LapseWaiters ends all that wait for units of a sale.
func (l *Ledger) LapseWaiters(ctx context.Context, sale seckill.ID) error {
	return l.db.WriteOne(ctx, "UPDATE waiters SET status = ?, updated_at = ? WHERE status = ? AND sale_id = ?",
		string(seckill.WaiterLapsed), l.now(), string(seckill.WaiterWaiting), int64(sale))
}
