package worker

import (
	"context"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type salesSQL interface {
	Sales(ctx context.Context, q ledger.SaleQuery) ([]seckill.Sale, error)
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
