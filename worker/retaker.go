package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type retakerOrders interface {
	UndecidedRetakes(ctx context.Context, age time.Duration, limit int) ([]seckill.Order, error)
	Retake(ctx context.Context, o seckill.Order, take ledger.TakeAgain) (seckill.PaymentOutcome, seckill.Order, error)
}

type retakerStock interface {
	Retake(ctx context.Context, o seckill.Order) (refusal string, epoch int64, err error)
}

// Retaker decides about late payments that are still undecided, since the web process
// that took the callback died, or lost Redis or SQL half way: the order gets its units
// again, or its money goes back.
type Retaker struct {
	Orders  retakerOrders
	Stock   retakerStock
	Changes announcing
	Leases  leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Every is the pause between two looks.
	Every time.Duration
	Log   *slog.Logger
}

const (
	retakerBatch = 100 // orders a look
	// retakerAge is how long a decision is left to whoever took the callback.
	retakerAge = 5 * time.Second
)

// Run decides until ctx ends.
func (r *Retaker) Run(ctx context.Context) error {
	loop := sole{leases: r.Leases, name: "retaker", owner: r.Owner, ttl: r.LeaseTTL, pause: r.Every, log: r.Log}
	return loop.run(ctx, "retaker: deciding about late payments", r.step)
}

func (r *Retaker) step(ctx context.Context) (more bool, err error) {
	orders, err := r.Orders.UndecidedRetakes(ctx, retakerAge, retakerBatch)
	if err != nil {
		return false, err
	}
	var failed error // one sale must not hold up the others
	for _, o := range orders {
		outcome, decided, err := r.Orders.Retake(ctx, o, r.Stock.Retake)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		r.Log.Info("retaker: decided about a late payment", "order", o.ID.String(), "outcome", string(outcome))
		tellBuyers(ctx, r.Changes, r.Log, decided)
	}
	return len(orders) == retakerBatch && failed == nil, failed
}
