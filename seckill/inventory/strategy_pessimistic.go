package inventory

import (
	"context"

	"gorm.io/gorm"
)

// pessimistic locks the rows of all goods, in the same order in every transaction, and
// looks at what cannot change any more.
type pessimistic struct{ *Inventory }

func (p pessimistic) sell(ctx context.Context, o Order) (Deduction, error) {
	return p.deduct(ctx, o, func(tx *gorm.DB) error {
		available, err := availableOf(tx, o.Lines, p.db.ByPrimary, p.db.ForUpdate)
		if err != nil {
			return err
		}
		if err := missing(o.Lines, available); err != nil {
			return err
		}
		return p.mustMove(tx, selling, o.Lines)
	})
}
