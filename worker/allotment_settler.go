package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
)

type allotmentStock interface {
	AllottedSales(ctx context.Context) ([]seckill.ID, error)
}

type allotmentSQL interface {
	restingSQL
	ClosedAt(ctx context.Context, sale seckill.ID) (time.Time, error)
	SettleAllotment(ctx context.Context, sale seckill.ID, actor string) (after seckill.Sale, settled bool, err error)
}

type allotmentRedis interface {
	restingRedis
	Now(ctx context.Context) (time.Time, error)
	SetTotal(ctx context.Context, sale seckill.ID, sku string, total, revision int64) error
}

// AllotmentSettler ends what closed sales were allotted of the shop's stock, as soon as
// all their orders have come to rest: what they sold has left, the rest goes back. SQL
// does it in one transaction, and once; Redis is told after it, and where that fails the
// recoverer brings the totals in.
type AllotmentSettler struct {
	Stock allotmentStock
	SQL   allotmentSQL
	Redis allotmentRedis
	// After is how long after its close a sale is settled that Redis does not have any
	// more: what was on its way when Redis lost it has come into SQL by then, or never
	// will.
	After  time.Duration
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	Log      *slog.Logger
}

const (
	allotmentEvery = time.Second
	// allotmentActor is who settled, for the history of goods and sales.
	allotmentActor = "allotments"
)

// Run settles until ctx ends.
func (a *AllotmentSettler) Run(ctx context.Context) error {
	loop := sole{leases: a.Leases, name: "allotment-settler", owner: a.Owner, ttl: a.LeaseTTL, pause: allotmentEvery, log: a.Log}
	return loop.run(ctx, "allotment settler: returning units to the shop's stock", a.step)
}

func (a *AllotmentSettler) step(ctx context.Context) (more bool, err error) {
	sales, err := a.Stock.AllottedSales(ctx)
	if err != nil {
		return false, err
	}
	for _, id := range sales {
		over, err := a.over(ctx, id)
		if err != nil {
			return false, err
		}
		if over {
			if err := a.settle(ctx, id); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// over tells whether a sale is closed, and no order of it can come into SQL any more.
func (a *AllotmentSettler) over(ctx context.Context, id seckill.ID) (bool, error) {
	closed, err := a.SQL.ClosedAt(ctx, id)
	if seckill.CodeOf(err) == seckill.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	rests, gone, err := resting{a.SQL, a.Redis}.closedRests(ctx, id)
	if err != nil || !gone {
		return rests, err
	}
	now, err := a.Redis.Now(ctx)
	return err == nil && !now.Before(closed.Add(a.After)), err
}

func (a *AllotmentSettler) settle(ctx context.Context, id seckill.ID) error {
	sale, settled, err := a.SQL.SettleAllotment(ctx, id, allotmentActor)
	if err != nil || !settled {
		return err
	}
	if err := fault.Point(ctx, fault.AllotmentSettled); err != nil {
		return err
	}
	var sold int64
	for _, item := range sale.Items {
		if item.GoodsID != "" {
			sold += item.Total
		}
	}
	a.Log.Info("allotment settler: settled a closed sale with the shop's stock", "sale", id.String(), "name", sale.Name, "sold", sold)
	for _, item := range sale.Items {
		if item.GoodsID == "" {
			continue
		}
		err := a.Redis.SetTotal(ctx, id, item.SKU, item.Total, sale.Revision)
		if err != nil && seckill.CodeOf(err) != seckill.CodeNotFound {
			a.Log.Warn("allotment settler: a new total is not in Redis yet", "sale", id.String(), "sku", item.SKU, "error", err)
		}
	}
	return nil
}
