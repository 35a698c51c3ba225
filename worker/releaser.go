package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type releaserOrders interface {
	PendingReleases(ctx context.Context, limit int) ([]ledger.Release, error)
	MarkReleased(ctx context.Context, sale seckill.ID, ids []seckill.ID, epoch int64) error
	MarkReleasedForGood(ctx context.Context, sale seckill.ID, ids []seckill.ID, epoch int64) error
	saleSQL
}

type releaserStock interface {
	Release(ctx context.Context, sale seckill.ID, orders []seckill.ID) (epoch int64, err error)
	ReleaseForGood(ctx context.Context, sale seckill.ID, orders []seckill.ID) (epoch int64, err error)
}

// Releaser is the only one that gives units back to Redis. Whoever ended an
// order noted in the same transaction that its units are still to come back;
// the note is cleared after Redis has them, unless the sale was loaded anew in
// between. Redis takes each order's units back once, so a death between the two
// steps repeats the first without harm.
type Releaser struct {
	Orders releaserOrders
	Stock  releaserStock
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Every is the pause between two looks.
	Every time.Duration
	Log   *slog.Logger
}

const releaserBatch = 500 // orders a look

// Run gives units back until ctx ends.
func (r *Releaser) Run(ctx context.Context) error {
	loop := sole{leases: r.Leases, name: "releaser", owner: r.Owner, ttl: r.LeaseTTL, pause: r.Every, log: r.Log}
	return loop.run(ctx, "releaser: giving units back", r.step)
}

func (r *Releaser) step(ctx context.Context) (more bool, err error) {
	pending, err := r.Orders.PendingReleases(ctx, releaserBatch)
	if err != nil || len(pending) == 0 {
		return false, err
	}
	if err := fault.Point(ctx, fault.ReleaserRead); err != nil {
		return false, err
	}
	batches := make(map[releaseBatch][]seckill.ID)
	for _, p := range pending {
		b := releaseBatch{p.SaleID, p.ForGood}
		batches[b] = append(batches[b], p.OrderID)
	}
	var failed error // one sale must not hold up the others
	for b, ids := range batches {
		failed = errors.Join(failed, r.release(ctx, b, ids))
	}
	return len(pending) == releaserBatch && failed == nil, failed
}

// releaseBatch is what releases have in common that go together.
type releaseBatch struct {
	sale    seckill.ID
	forGood bool
}

func (r *Releaser) release(ctx context.Context, b releaseBatch, ids []seckill.ID) error {
	release, mark := r.Stock.Release, r.Orders.MarkReleased
	if b.forGood {
		release, mark = r.Stock.ReleaseForGood, r.Orders.MarkReleasedForGood
	}
	epoch, err := release(ctx, b.sale, ids)
	if seckill.CodeOf(err) == seckill.CodeConflict && len(ids) > 1 {
		// The units of one of them do not fit under the total: the counters have
		// drifted. It stays pending; the others are released one by one.
		for _, id := range ids {
			err = errors.Join(err, r.release(ctx, b, []seckill.ID{id}))
		}
		return err
	}
	if seckill.CodeOf(err) == seckill.CodeNotFound {
		// If it is closed, nobody can buy the units any more. If not, it is loaded with
		// these orders still holding their units; clearing the note now would lose them.
		s, err := closedSale(ctx, r.Orders, b.sale)
		if err != nil {
			return err
		}
		epoch = s.Epoch
	} else if err != nil {
		return err
	}
	if err := fault.Point(ctx, fault.ReleaserReleased); err != nil {
		return err
	}
	if err := mark(ctx, b.sale, ids, epoch); err != nil {
		return err
	}
	return fault.Point(ctx, fault.ReleaserMarked)
}
