package worker

import (
	"context"
	"errors"

	"github.com/seckill-go/seckill/seckill"
)

const adoptionBatch = 500 // orders a step

// adopt tells Redis of orders that SQL has and that the sale was loaded without:
// their outbox entries were lost, their messages were not. SQL notes them in the
// transaction that settles them, so none is forgotten, and Redis takes each one's
// units once.
func (r *Recoverer) adopt(ctx context.Context) (more bool, err error) {
	pending, err := r.SQL.Adoptions(ctx, adoptionBatch)
	if err != nil || len(pending) == 0 {
		return false, err
	}
	bySale := make(map[seckill.ID][]seckill.Order)
	ids := make(map[seckill.ID][]seckill.ID)
	for _, a := range pending {
		sale := a.Order.SaleID
		ids[sale] = append(ids[sale], a.Order.ID)
		if !a.Released {
			bySale[sale] = append(bySale[sale], a.Order)
		}
	}
	var failed error
	for sale := range ids {
		err := r.adoptInto(ctx, sale, bySale[sale])
		if err == nil {
			err = r.SQL.Adopted(ctx, ids[sale])
		}
		failed = errors.Join(failed, err)
	}
	return len(pending) == adoptionBatch && failed == nil, failed
}

func (r *Recoverer) adoptInto(ctx context.Context, sale seckill.ID, orders []seckill.Order) error {
	err := r.Redis.Adopt(ctx, sale, orders)
	if seckill.CodeOf(err) != seckill.CodeNotFound || err == nil {
		return err
	}
	// Nobody can buy its units any more, or it is about to be loaded with these orders.
	_, err = closedSale(ctx, r.SQL, sale)
	return err
}
