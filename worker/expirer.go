package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type expirerOrders interface {
	Due(ctx context.Context, now time.Time, limit int, sparing ...ledger.Sparing) ([]seckill.ID, error)
	Expire(ctx context.Context, ids []seckill.ID, now time.Time, sparing ...ledger.Sparing) ([]seckill.Order, error)
}

// expirerClock is Redis: the clock that started a hold also ends it.
type expirerClock interface {
	Now(ctx context.Context) (time.Time, error)
}

// Expirer ends holds that were not paid in time. A message from the hold queue says
// when. A sweep over SQL finds the holds whose message was lost, or came before their
// order was settled. Neither asks a provider: orders with an open payment are left to
// the Inquirer first.
type Expirer struct {
	Broker  consumer
	Orders  expirerOrders
	Clock   expirerClock
	Changes announcing
	Leases  leases
	// Owner names this process for the sweep's lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// SweepEvery is the pause between two sweeps.
	SweepEvery time.Duration
	// SweepGrace is how long after its end the sweep takes up a hold, so that messages
	// come first.
	SweepGrace time.Duration
	// Sparing is what the Inquirer asks about; the zero value is nothing.
	Sparing ledger.Sparing
	Log     *slog.Logger
}

const (
	expirerMessages = 32
	expirerSweep    = 500 // orders a sweep's transaction
)

// Run consumes the expire queue and sweeps until ctx ends.
func (e *Expirer) Run(ctx context.Context) error { return e.consumer().run(ctx) }

func (e *Expirer) consumer() orderConsumer {
	return orderConsumer{
		agent: "expirer", broker: e.Broker, queue: broker.QueueExpire, batch: expirerMessages,
		named: decodeEntryOrders, received: fault.ExpirerReceived,
		doing: "ending holds", do: e.expire,
		sweeper: sole{leases: e.Leases, name: "expirer-sweep", owner: e.Owner, ttl: e.LeaseTTL, pause: e.SweepEvery, log: e.Log},
		due:     e.due, sweepBatch: expirerSweep,
	}
}

// decodeEntryOrders reads which orders a message from the expire queue is about.
func decodeEntryOrders(body []byte) ([]seckill.ID, error) {
	entry, err := decodeEntry(body)
	ids := make([]seckill.ID, len(entry.Orders))
	for i, o := range entry.Orders {
		ids[i] = o.ID
	}
	return ids, err
}

func (e *Expirer) due(ctx context.Context, limit int) ([]seckill.ID, error) {
	now, err := e.Clock.Now(ctx)
	if err != nil {
		return nil, err
	}
	return e.Orders.Due(ctx, now.Add(-e.SweepGrace), limit, e.Sparing)
}

// expire ends those of the orders whose time is over. One that is not in SQL yet is not
// touched; the sweep finds it.
func (e *Expirer) expire(ctx context.Context, ids []seckill.ID) error {
	now, err := e.Clock.Now(ctx)
	if err != nil {
		return err
	}
	expired, err := e.Orders.Expire(ctx, ids, now, e.Sparing)
	if err != nil || len(expired) == 0 {
		return err
	}
	if err := fault.Point(ctx, fault.ExpirerCommitted); err != nil {
		return err
	}
	tellBuyers(ctx, e.Changes, e.Log, expired...)
	return nil
}
