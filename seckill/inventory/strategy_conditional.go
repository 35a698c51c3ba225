package inventory

import (
	"context"

	"gorm.io/gorm"
)

// conditional needs no look: the update takes only what is there, and says how many
// goods had enough. Others wait for the rows from that update to the commit, which is
// the shortest that one transaction an order can do.
type conditional struct{ *Inventory }

func (c conditional) sell(ctx context.Context, o Order) (Deduction, error) {
	return c.deduct(ctx, o, func(tx *gorm.DB) error {
		n, err := c.units(tx, selling, o.Lines, "")
		if err == nil && n != int64(len(o.Lines)) {
			err = errShort
		}
		return err
	})
}
