package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

type usherPlaces interface {
	Queues(ctx context.Context) ([]seckill.Queue, error)
	OpenQueue(ctx context.Context, sale seckill.ID) error
	OpenTurns(ctx context.Context, sale seckill.ID, now time.Time) (open int64, err error)
	CallTurns(ctx context.Context, sale seckill.ID, most int, until time.Time) (called int64, err error)
	LapseTurns(ctx context.Context, sale seckill.ID, at time.Time) (lapsed int64, err error)
	SetPace(ctx context.Context, sale seckill.ID, low, high float64) error
}

type usherStock interface {
	Now(ctx context.Context) (time.Time, error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	Backlogs(ctx context.Context, sales []seckill.ID) (map[seckill.ID]gate.Backlog, error)
}

// Usher lets those who queue into their sales: it opens each queue when its sale starts, and
// then gives turns in the order of the places, at a rate that settling can bear, and never
// to more people at a time than have a chance. Who does not come before the turn has passed
// makes room for the next.
//
// A turn is a change of a place's state in SQL. It decides nothing about units: whoever has
// a turn is admitted by the gate, or not, like any other buyer.
type Usher struct {
	Places usherPlaces
	Stock  usherStock
	// Rate is the most turns a second of one sale.
	Rate float64
	// Factor bounds the turns that are open at a time: to so many for each unit that is left.
	Factor float64
	// TTL is how long a turn is. Grace is how much later its buyer may still come, who has
	// lost the page; his turn does not count as open any more then.
	TTL, Grace time.Duration

	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	Log      *slog.Logger

	paces map[seckill.ID]*callPace
}

// usherEvery is the pause between two looks.
const usherEvery = 250 * time.Millisecond

// Run lets in until ctx ends.
func (u *Usher) Run(ctx context.Context) error {
	loop := sole{leases: u.Leases, name: "usher", owner: u.Owner, ttl: u.LeaseTTL, pause: usherEvery, log: u.Log}
	return loop.run(ctx, "usher: letting in those who queue", u.step)
}

func (u *Usher) step(ctx context.Context) (more bool, err error) {
	queues, err := u.Places.Queues(ctx)
	if err != nil || len(queues) == 0 {
		return false, err
	}
	now, err := u.Stock.Now(ctx)
	if err != nil {
		return false, err
	}
	paces := make(map[seckill.ID]*callPace, len(queues))
	var failed error // one sale must not hold up the others
	for _, q := range queues {
		if paces[q.SaleID] = u.paces[q.SaleID]; paces[q.SaleID] == nil {
			paces[q.SaleID] = newCallPace(now)
		}
		err := u.queue(ctx, q, paces[q.SaleID], now)
		if err != nil && !errors.Is(err, gate.ErrNotLoaded) && !errors.Is(err, gate.ErrLoading) {
			failed = errors.Join(failed, fmt.Errorf("queue of sale %s: %w", q.SaleID, err))
		}
	}
	u.paces = paces
	return false, failed
}

// queue looks after one queue.
func (u *Usher) queue(ctx context.Context, q seckill.Queue, pace *callPace, now time.Time) error {
	sale, err := u.Stock.Sale(ctx, q.SaleID)
	if err != nil || now.Before(sale.StartsAt) {
		return err
	}
	if q.OpenedAt.IsZero() {
		if err := u.Places.OpenQueue(ctx, q.SaleID); err != nil {
			return err
		}
		u.Log.Info("usher: a queue is open", "sale", q.SaleID.String(), "shuffled", q.Early)
		q.OpenedAt = now
	}
	if _, err := u.Places.LapseTurns(ctx, q.SaleID, now.Add(-u.Grace)); err != nil {
		return err
	}
	called := int64(0)
	if q.StateIn(&sale, now) == seckill.QueueOpen {
		if called, err = u.call(ctx, q.SaleID, pace, now); err != nil {
			return err
		}
	}
	if low, high, changed := pace.observe(now, called); changed {
		return u.Places.SetPace(ctx, q.SaleID, low, high)
	}
	return nil
}

// call gives as many turns as are due.
func (u *Usher) call(ctx context.Context, sale seckill.ID, pace *callPace, now time.Time) (called int64, err error) {
	counters, err := u.Stock.Counters(ctx, sale)
	if err != nil {
		return 0, err
	}
	left := int64(0)
	for _, c := range counters {
		left += c.ForBuyers()
	}
	backlogs, err := u.Stock.Backlogs(ctx, []seckill.ID{sale})
	if err != nil {
		return 0, err
	}
	due := pace.due(now, u.bearable(backlogs[sale]))
	open, err := u.Places.OpenTurns(ctx, sale, now)
	if err != nil {
		return 0, err
	}
	most := min(due, int64(float64(left)*u.Factor)-open)
	if most < 1 {
		return 0, nil
	}
	if called, err = u.Places.CallTurns(ctx, sale, int(most), now.Add(u.TTL)); err != nil {
		return 0, err
	}
	return called, fault.Point(ctx, fault.UsherCalled)
}

// bearable is how many turns a second settling can bear. It says so once half of the orders
// wait for it that may: until then it has shown no limit.
func (u *Usher) bearable(b gate.Backlog) float64 {
	switch {
	case b.Orders >= b.Limit:
		return 0
	case 2*b.Orders > b.Limit && b.SettleRate > 0:
		return min(u.Rate, b.SettleRate)
	}
	return u.Rate
}
