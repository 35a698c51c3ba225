package gate

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

// HoldShare is how much of its hold an order may wait for SQL. Admission stops
// when one has waited for so long, and at as many orders as are settled in that
// time. With a half, whoever is admitted at the last moment before SQL goes away
// waits one half for its return and the other for those before him: still within
// his hold, if SQL is back by the time that admission stops.
const HoldShare = 0.5

// Backlog is how the settling of a sale goes.
type Backlog struct {
	// Orders are admitted, and SQL is not known to have them.
	Orders int64
	// Waiting tells that the newest order is one of them. An older one alone does
	// not count: it is one that keeps failing.
	Waiting bool
	// Since is from when on the orders that wait have waited, by Redis's clock; zero
	// while Waiting is false.
	Since time.Time
	// Settled counts the orders that were settled, and CaughtUp how often Waiting
	// became false. Both start with a load and only grow: settling had work all
	// the time between two looks if Waiting is true in both and CaughtUp the same.
	Settled, CaughtUp int64
	// Hold is the sale's time to pay.
	Hold time.Duration
	// Limit is the most orders that may be in flight: that of SetLimit, and never
	// more than MaxOutbox.
	Limit int64
	// SettleRate is the orders a second that the limit was derived from; 0 while
	// they are not known.
	SettleRate float64
}

// OpenSales lists the loaded sales whose window is open by Redis's clock, paused
// and closed ones included.
func (g *Gate) OpenSales(ctx context.Context) ([]seckill.ID, error) {
	sales, err := g.Sales(ctx)
	if err != nil {
		return nil, err
	}
	now, err := g.Now(ctx)
	if err != nil {
		return nil, err
	}
	var open []seckill.ID
	for _, s := range sales {
		if !now.Before(s.StartsAt) && now.Before(s.EndsAt) {
			open = append(open, s.ID)
		}
	}
	return open, nil
}

// backlogsPerCall keeps one pipeline short.
const backlogsPerCall = 200

// Backlogs reads the backlogs of sales, each as it is at one moment. A sale that
// is not loaded, or is being loaded, is left out.
func (g *Gate) Backlogs(ctx context.Context, sales []seckill.ID) (map[seckill.ID]Backlog, error) {
	all := make(map[seckill.ID]Backlog, len(sales))
	for len(sales) > 0 {
		n := min(len(sales), backlogsPerCall)
		if err := g.readBacklogs(ctx, sales[:n], all); err != nil {
			return nil, err
		}
		sales = sales[n:]
	}
	return all, nil
}

func (g *Gate) readBacklogs(ctx context.Context, sales []seckill.ID, into map[seckill.ID]Backlog) error {
	metas, inflights := make([]*redis.SliceCmd, len(sales)), make([]*redis.SliceCmd, len(sales))
	err := g.withTimeout(ctx, func(ctx context.Context) error {
		_, err := g.cfg.Client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, sale := range sales {
				k := g.keys(sale)
				metas[i] = p.HMGet(ctx, k.meta(), "state", "hold", "limit", "settle_rate")
				inflights[i] = p.HMGet(ctx, k.inflight(), "#orders", "#since", "#settled", "#caught_up")
			}
			return nil
		})
		return err
	})
	if err != nil {
		return readFailed(err)
	}
	for i, sale := range sales {
		meta, inflight := texts(metas[i].Val()), texts(inflights[i].Val())
		if loaded(sale, meta[0]) != nil {
			continue
		}
		b, err := g.readBacklog(meta, inflight)
		if err != nil {
			return fmt.Errorf("gate: backlog of sale %s: %w", sale, err)
		}
		into[sale] = b
	}
	return nil
}

// texts makes text of what a hash has; what it does not have is empty.
func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i], _ = v.(string)
	}
	return out
}

// readBacklog reads the fields in the order of readBacklogs.
func (g *Gate) readBacklog(meta, inflight []string) (b Backlog, err error) {
	b.Waiting, b.Limit = inflight[1] != "", g.cfg.MaxOutbox
	var hold, limit int64
	for _, field := range []struct {
		text string
		to   *int64
	}{
		{meta[1], &hold}, {meta[2], &limit},
		{inflight[0], &b.Orders}, {inflight[2], &b.Settled}, {inflight[3], &b.CaughtUp},
	} {
		if *field.to, err = count(field.text); err != nil {
			return b, err
		}
	}
	b.Hold = time.Duration(hold) * time.Millisecond
	if b.Waiting {
		since, err := count(inflight[1])
		if err != nil {
			return b, err
		}
		b.Since = seckill.UnixMilli(since)
	}
	if limit > 0 {
		b.Limit = min(limit, b.Limit)
	}
	if meta[3] != "" {
		b.SettleRate, err = strconv.ParseFloat(meta[3], 64)
	}
	return b, err
}

// SetLimit sets how many orders of a sale may be in flight, and the settled
// orders a second that this was derived from. MaxOutbox stays the bound above
// it. A load forgets both. A sale that is not loaded is CodeNotFound; one that is
// being loaded is unavailable.
func (g *Gate) SetLimit(ctx context.Context, sale seckill.ID, limit int64, settleRate float64) error {
	if limit < 1 || settleRate < 0 {
		return seckill.Invalid("limit", "must be at least 1, of a rate that is not negative")
	}
	reply, err := g.call(ctx, setLimitScript, sale, limit,
		strconv.FormatFloat(settleRate, 'f', -1, 64)).Text()
	if err != nil {
		return writeFailed(err)
	}
	if reply == "ok" {
		return nil
	}
	return loaded(sale, reply)
}
