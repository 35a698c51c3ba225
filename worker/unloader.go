package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

type unloaderSQL interface {
	salesSQL
	restingSQL
	TransitionSale(ctx context.Context, id seckill.ID, to seckill.SaleState, actor string) (seckill.Sale, error)
	ClosedAt(ctx context.Context, sale seckill.ID) (time.Time, error)
}

type unloaderRedis interface {
	restingRedis
	Now(ctx context.Context) (time.Time, error)
	Sales(ctx context.Context) ([]gate.ActiveSale, error)
	SetState(ctx context.Context, sale seckill.ID, state seckill.SaleState, revision int64) (changed bool, err error)
	Unload(ctx context.Context, sale seckill.ID) error
}

// Unloader keeps Redis from filling up with sales that are over. It closes a sale
// once it has ended, its last hold is over and every order has come to rest. A sale
// that has been closed for a while, by it or by an operator, it takes out of Redis.
// From then on SQL answers for the sale: it decides about late payments alone, and
// notes releases without Redis, since nobody can buy the units any more.
type Unloader struct {
	SQL   unloaderSQL
	Redis unloaderRedis
	// After is how long a closed sale stays in Redis.
	After  time.Duration
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	Log      *slog.Logger
}

const (
	unloaderEvery = 5 * time.Second
	// closeMargin is how long after the end of its last possible hold a sale is
	// left to the agents that bring its orders to rest.
	closeMargin = 10 * time.Second
	// unloaderActor is who closed a sale, for the sale's log.
	unloaderActor = "unloader"
)

// Run closes and unloads until ctx ends.
func (u *Unloader) Run(ctx context.Context) error {
	loop := sole{leases: u.Leases, name: "unloader", owner: u.Owner, ttl: u.LeaseTTL, pause: unloaderEvery, log: u.Log}
	return loop.run(ctx, "unloader: looking for sales that are over", u.step)
}

func (u *Unloader) step(ctx context.Context) (more bool, err error) {
	now, err := u.Redis.Now(ctx)
	if err != nil {
		return false, err
	}
	wanted := make(map[seckill.ID]bool)
	err = eachLoaded(ctx, u.SQL, func(sale seckill.Sale) error {
		wanted[sale.ID] = true
		if now.Before(sale.EndsAt.Add(sale.Hold + closeMargin)) {
			return nil
		}
		return u.close(ctx, sale.ID)
	})
	if err != nil {
		return false, err
	}
	loaded, err := u.Redis.Sales(ctx)
	if err != nil {
		return false, err
	}
	for _, sale := range loaded {
		if wanted[sale.ID] {
			continue
		}
		if err := u.unload(ctx, sale.ID, now); err != nil {
			return false, err
		}
	}
	return false, nil
}

// close closes a sale that is over, if every order has come to rest.
func (u *Unloader) close(ctx context.Context, id seckill.ID) error {
	rests, err := resting{u.SQL, u.Redis}.rests(ctx, id)
	if err != nil || !rests {
		return err
	}
	sale, err := u.SQL.TransitionSale(ctx, id, seckill.SaleClosed, unloaderActor)
	if seckill.CodeOf(err) == seckill.CodeConflict {
		return nil // it is being recovered
	}
	if err != nil {
		return err
	}
	u.Log.Info("unloader: closed a sale that is over", "sale", id.String(), "name", sale.Name)
	// Should this fail, the recoverer does it.
	_, err = u.Redis.SetState(ctx, id, sale.State, sale.Revision)
	if seckill.CodeOf(err) == seckill.CodeNotFound {
		return nil
	}
	return err
}

// unload takes a sale that SQL has closed for long enough out of Redis.
func (u *Unloader) unload(ctx context.Context, id seckill.ID, now time.Time) error {
	closed, err := u.SQL.ClosedAt(ctx, id)
	if seckill.CodeOf(err) == seckill.CodeNotFound {
		return nil // another installation's, or being recovered
	}
	if err != nil || now.Before(closed.Add(u.After)) {
		return err
	}
	over, err := u.over(ctx, id)
	if err != nil || !over {
		return err
	}
	err = u.Redis.Unload(ctx, id)
	switch {
	case err == nil:
		u.Log.Info("unloader: took a closed sale out of Redis", "sale", id.String())
	case seckill.CodeOf(err) == seckill.CodeConflict:
		return nil // Redis does not know yet that it is closed, or is loading it
	}
	return err
}

// over tells whether Redis need not keep a sale that SQL has closed: it admits
// nobody, and every order has come to rest; or its keys are gone already, by an
// unloading that died before it took the sale off the list.
func (u *Unloader) over(ctx context.Context, id seckill.ID) (bool, error) {
	rests, gone, err := resting{u.SQL, u.Redis}.closedRests(ctx, id)
	return rests || gone, err
}
