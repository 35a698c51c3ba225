package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// TransitionSale moves a sale to a state, if the state it is in allows that. A
// sale that is there already is returned unchanged; from any other state the
// error is seckill.CodeConflict with that state. actor is who asked for it.
func (l *Ledger) TransitionSale(ctx context.Context, id seckill.ID, to seckill.SaleState, actor string) (seckill.Sale, error) {
	var sale seckill.Sale
	err := l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		now := l.now()
		from, err := moveSale(tx, id, to, now)
		if err != nil {
			return err
		}
		if sale, err = loadSale(tx, id); err != nil {
			return err
		}
		if from == seckill.SaleDraft {
			if err := l.allot(tx, sale, actor); err != nil {
				return err
			}
			if err := l.beginDraw(tx, sale); err != nil {
				return err
			}
			if err := beginQueue(tx, sale); err != nil {
				return err
			}
		}
		if from != "" {
			return logSale(tx, id, actor, actionOf(from, to), "", sale.Revision, now)
		}
		if sale.State != to {
			return conflict(string(sale.State), "a sale that is %s cannot become %s", sale.State, to)
		}
		return nil
	})
	if err != nil {
		return seckill.Sale{}, err
	}
	return sale, nil
}

// moveSale moves a sale from whichever state it may come from, and says which that was;
// empty when it is in none of them. One update for each state, since only the one that
// changed the row knows what it was before.
func moveSale(tx *gorm.DB, id seckill.ID, to seckill.SaleState, now int64) (was seckill.SaleState, err error) {
	for _, from := range to.Predecessors() {
		moved, err := database.Exec(tx, "UPDATE sales SET state = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND state = ?",
			string(to), now, int64(id), string(from))
		if err != nil || moved == 1 {
			return from, err
		}
	}
	return "", nil
}
