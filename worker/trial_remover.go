package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type trialSQL interface {
	unloaderSQL
	Trials(ctx context.Context) ([]seckill.Sale, error)
	RemoveTrial(ctx context.Context, id seckill.ID) error
}

var _ trialSQL = (*ledger.Ledger)(nil)

// TrialRemover removes rehearsals and the sales of load generators once they are over:
// out of Redis, then out of SQL. Whether one is over is told by its window alone, so a
// trial whose process died, at whatever step, is removed like any other.
type TrialRemover struct {
	SQL    trialSQL
	Redis  unloaderRedis
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	Log      *slog.Logger
}

const removerEvery = 2 * time.Second

// Run removes until ctx ends.
func (r *TrialRemover) Run(ctx context.Context) error {
	loop := sole{leases: r.Leases, name: "trial-remover", owner: r.Owner, ttl: r.LeaseTTL, pause: removerEvery, log: r.Log}
	return loop.run(ctx, "trial remover: looking for trials that are over", r.step)
}

func (r *TrialRemover) step(ctx context.Context) (more bool, err error) {
	sales, err := r.SQL.Trials(ctx)
	if err != nil || len(sales) == 0 {
		return false, err
	}
	now, err := r.Redis.Now(ctx)
	if err != nil {
		return false, err
	}
	for _, sale := range sales {
		if err := r.tidy(ctx, sale, now); err != nil {
			return false, err
		}
	}
	return false, nil
}

// tidy takes a trial as far as it can go now; the next look goes on.
func (r *TrialRemover) tidy(ctx context.Context, sale seckill.Sale, now time.Time) error {
	// As the unloader does, but without a wait: nobody looks at a trial any more.
	u := &Unloader{SQL: r.SQL, Redis: r.Redis, Log: r.Log}
	switch {
	case sale.State == seckill.SaleClosed:
		return r.remove(ctx, u, sale.ID)
	case now.Before(sale.EndsAt):
		return nil
	case sale.State == seckill.SaleDraft: // its process died before it was loaded
		return r.gone(ctx, sale.ID)
	default:
		return u.close(ctx, sale.ID)
	}
}

func (r *TrialRemover) remove(ctx context.Context, u *Unloader, id seckill.ID) error {
	over, err := u.over(ctx, id)
	if err != nil || !over {
		return err
	}
	switch err := r.Redis.Unload(ctx, id); {
	case err != nil && seckill.CodeOf(err) == seckill.CodeConflict:
		return nil // Redis does not know yet that it is closed
	case err != nil:
		return err
	}
	return r.gone(ctx, id)
}

// gone deletes the rows; while an order can still move it is left for later.
func (r *TrialRemover) gone(ctx context.Context, id seckill.ID) error {
	err := r.SQL.RemoveTrial(ctx, id)
	if err == nil {
		r.Log.Info("trial remover: removed a trial", "sale", id.String())
		return nil
	}
	if seckill.CodeOf(err) == seckill.CodeConflict {
		return nil
	}
	return err
}
