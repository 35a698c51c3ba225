package worker

import (
	"context"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type salesSQL interface {
	Sales(ctx context.Context, q ledger.SaleQuery) ([]seckill.Sale, error)
}

type saleSQL interface {
	Sale(ctx context.Context, id seckill.ID) (seckill.Sale, error)
}

// closedSale reads a sale that Redis does not have, since it is closed. Any other is
// about to be loaded, and has to be waited for: seckill.CodeUnavailable.
func closedSale(ctx context.Context, sql saleSQL, id seckill.ID) (seckill.Sale, error) {
	sale, err := sql.Sale(ctx, id)
	if err == nil && sale.State != seckill.SaleClosed {
		err = seckill.Unavailable(nil, "sale %s is not loaded in Redis", id)
	}
	return sale, err
}

const salesPage = 200

// eachLoaded calls do for every sale that SQL wants loaded in Redis.
func eachLoaded(ctx context.Context, sql salesSQL, do func(seckill.Sale) error) error {
	q := ledger.SaleQuery{States: []seckill.SaleState{seckill.SaleReady, seckill.SalePaused}, Limit: salesPage}
	for {
		sales, err := sql.Sales(ctx, q)
		if err != nil {
			return err
		}
		for _, sale := range sales {
			if err := do(sale); err != nil {
				return err
			}
		}
		if len(sales) < salesPage {
			return nil
		}
		q.Cursor = sales[len(sales)-1].ID
	}
}
