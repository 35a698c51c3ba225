package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
)

type stockHolds interface {
	Due(ctx context.Context, now time.Time, limit int) (orderNos []string, err error)
	Expire(ctx context.Context, orderNos []string, now time.Time) ([]inventory.Deduction, error)
}

// StockExpirer gives back what orders of the shop took of its stock and did not confirm
// within their hold.
type StockExpirer struct {
	Stock stockHolds
	// Clock is that of those who sell: both are processes of the shop.
	Clock  seckill.Clock
	Leases leases
	// Owner names this process for the sweep's lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Every is the pause between two sweeps.
	Every time.Duration
	Log   *slog.Logger
}

const stockExpirerSweep = 500 // orders a sweep

// Run sweeps until ctx ends.
func (e *StockExpirer) Run(ctx context.Context) error {
	loop := sole{leases: e.Leases, name: "stock-expirer", owner: e.Owner, ttl: e.LeaseTTL, pause: e.Every, log: e.Log}
	return loop.run(ctx, "stock expirer: giving units back", e.step)
}

func (e *StockExpirer) step(ctx context.Context) (more bool, err error) {
	now := e.Clock()
	due, err := e.Stock.Due(ctx, now, stockExpirerSweep)
	if err != nil || len(due) == 0 {
		return false, err
	}
	_, err = e.Stock.Expire(ctx, due, now)
	return len(due) == stockExpirerSweep, err
}
