package inventory

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
)

// expireBatch is the most deductions of one transaction. Their goods must fit one
// statement, so it is few of them: each has up to MaxLines.
const expireBatch = database.MostInList / MaxLines

const maxDue = 1_000

// Due lists the orders whose hold is over at now and whose units have not come back, the
// longest overdue first. limit is 1 to 1,000; 0 means 1,000.
func (i *Inventory) Due(ctx context.Context, now time.Time, limit int) (orderNos []string, err error) {
	err = i.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT order_no FROM deductions WHERE state = ? AND hold_until <= ? ORDER BY hold_until LIMIT ?",
			int(Reserved), now.UnixMilli(), database.Bounded(limit, maxDue)).Scan(&orderNos).Error
	})
	return orderNos, err
}

// Expire gives back what those of the orders took that are not confirmed and whose hold
// is over at now; the others it leaves alone. It returns those that it ended; after an
// error they are what was committed before it.
func (i *Inventory) Expire(ctx context.Context, orderNos []string, now time.Time) (expired []Deduction, err error) {
	for chunk := range slices.Chunk(orderNos, expireBatch) {
		var part []Deduction
		err := i.db.Write(ctx, func(tx *gorm.DB, _ int) (err error) {
			part, err = i.expire(tx, chunk, now)
			return err
		})
		if err != nil {
			return expired, err
		}
		expired = append(expired, part...)
	}
	return expired, nil
}

func (i *Inventory) expire(tx *gorm.DB, orderNos []string, now time.Time) ([]Deduction, error) {
	var there []string
	err := tx.Raw("SELECT order_no FROM deductions"+i.db.ByPrimary+" WHERE order_no IN ? AND state = ? AND hold_until <= ? ORDER BY order_no"+
		i.db.ForUpdate, orderNos, int(Reserved), now.UnixMilli()).Scan(&there).Error
	if err != nil || len(there) == 0 {
		return nil, err
	}
	at := i.now()
	if err := database.MustChange(tx, len(there), "UPDATE deductions"+i.db.ByPrimary+" SET state = ?, updated_at = ? WHERE order_no IN ?",
		int(Returned), at, there); err != nil {
		return nil, err
	}
	found, err := findDeductions(tx, there)
	if err != nil {
		return nil, err
	}
	list := make([]Deduction, len(there))
	for n, orderNo := range there {
		list[n] = found[orderNo]
	}
	return list, i.ended(tx, Returned, list, "the hold is over", at)
}
