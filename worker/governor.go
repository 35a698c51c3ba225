package worker

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

type governorRedis interface {
	OpenSales(ctx context.Context) ([]seckill.ID, error)
	Backlogs(ctx context.Context, sales []seckill.ID) (map[seckill.ID]gate.Backlog, error)
	SetLimit(ctx context.Context, sale seckill.ID, limit int64, settleRate float64) error
}

// Governor limits how many orders of an open sale may be in flight: to as many as the
// settlers, by the pace that it measures, settle within a share of the sale's hold.
// Beyond it a buyer is told at once to come back later, as his order could not be
// recorded in time.
//
// The limit stays in force while no governor runs. That stops no sale, since it is
// never below Min.
type Governor struct {
	Redis governorRedis
	// Min and Max bound the limit, in orders. Min keeps the settlers busy whatever
	// was measured, so that a pace can be measured again.
	Min, Max int64
	Leases   leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Clock times the measurements.
	Clock seckill.Clock
	Log   *slog.Logger

	paces map[seckill.ID]*pace
	// full has the sales whose limit was reached when they were looked at last.
	full map[seckill.ID]bool
}

// governorEvery is the pause between two looks: short against every hold for
// which the limit matters, and long against a transaction.
const governorEvery = time.Second

// Run measures and limits until ctx ends.
func (g *Governor) Run(ctx context.Context) error {
	loop := sole{leases: g.Leases, name: "governor", owner: g.Owner, ttl: g.LeaseTTL, pause: governorEvery, log: g.Log}
	return loop.run(ctx, "governor: measuring the backlog", g.step)
}

func (g *Governor) step(ctx context.Context) (more bool, err error) {
	open, err := g.Redis.OpenSales(ctx)
	if err != nil {
		return false, err
	}
	backlogs, err := g.Redis.Backlogs(ctx, open)
	if err != nil {
		return false, err
	}
	now := g.Clock()
	paces, full := make(map[seckill.ID]*pace, len(backlogs)), make(map[seckill.ID]bool)
	for sale, b := range backlogs {
		p := g.paces[sale]
		if p == nil {
			p = resumedPace(b.SettleRate)
		}
		p.observe(now, b)
		paces[sale] = p
		if b.Orders >= b.Limit {
			full[sale] = true
		}
	}
	g.tell(full, backlogs)
	g.paces, g.full = paces, full
	var failed error // one sale must not hold up the others
	for sale, b := range backlogs {
		if err := g.set(ctx, sale, paces[sale], b); err != nil && seckill.CodeOf(err) != seckill.CodeNotFound {
			failed = errors.Join(failed, err)
		}
	}
	return false, failed
}

// set writes a sale's limit when it is not the one in force.
func (g *Governor) set(ctx context.Context, sale seckill.ID, p *pace, b gate.Backlog) error {
	limit := p.limit(b.Hold, g.Min, g.Max)
	// A tenth of an order a second is as fine as anybody needs to see it; upwards,
	// since 0 would mean that it is not known.
	rate := math.Ceil(p.rate*10) / 10
	if !p.known || limit == b.Limit && rate == b.SettleRate {
		return nil
	}
	return g.Redis.SetLimit(ctx, sale, limit, rate)
}

// tell logs when a sale begins to turn buyers away for its backlog, and when that
// is over.
func (g *Governor) tell(full map[seckill.ID]bool, backlogs map[seckill.ID]gate.Backlog) {
	for sale := range full {
		if !g.full[sale] {
			b := backlogs[sale]
			g.Log.Warn("governor: as many orders wait for SQL as may, admission answers unavailable",
				"sale", sale.String(), "in_flight", b.Orders, "limit", b.Limit, "settle_rate", b.SettleRate)
		}
	}
	for sale := range g.full {
		if b, open := backlogs[sale]; open && !full[sale] {
			g.Log.Info("governor: the backlog is below its limit again", "sale", sale.String(), "in_flight", b.Orders, "limit", b.Limit)
		}
	}
}
