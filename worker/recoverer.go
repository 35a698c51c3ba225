package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

type recovererSQL interface {
	salesSQL
	Sale(ctx context.Context, id seckill.ID) (seckill.Sale, error)
	Snapshot(ctx context.Context, sale seckill.ID) (seckill.Snapshot, error)
}

type recovererRedis interface {
	Sales(ctx context.Context) ([]gate.ActiveSale, error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	Load(ctx context.Context, snapshot seckill.Snapshot) (loaded bool, err error)
	SetState(ctx context.Context, sale seckill.ID, state seckill.SaleState, revision int64) (changed bool, err error)
	SetTotal(ctx context.Context, sale seckill.ID, sku string, total, revision int64) error
}

// Recoverer brings Redis in line with SQL, which is the truth about a sale's
// definition, state and totals: it loads a sale that is ready in SQL and not in
// Redis (an embedded Redis starts empty; a preload may have died half way), and
// it finishes a change of state or total that reached only one of the two.
type Recoverer struct {
	SQL    recovererSQL
	Redis  recovererRedis
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	Log      *slog.Logger

	// uneven holds, by sale, the revision and the time at which its totals were
	// first seen to differ.
	uneven map[seckill.ID]unevenness
}

type unevenness struct {
	revision int64
	since    time.Time
}

const (
	recovererEvery = time.Second
	// A difference in totals is a change under way until it has stood for
	// longer than any such call may take.
	recovererPatience = 15 * time.Second
)

// Run compares and repairs until ctx ends.
func (r *Recoverer) Run(ctx context.Context) error {
	r.uneven = make(map[seckill.ID]unevenness)
	loop := sole{leases: r.Leases, name: "recoverer", owner: r.Owner, ttl: r.LeaseTTL, pause: recovererEvery, log: r.Log}
	return loop.run(ctx, "recoverer: comparing Redis with SQL", r.step)
}

func (r *Recoverer) step(ctx context.Context) (more bool, err error) {
	open := make(map[seckill.ID]bool)
	err = eachLoaded(ctx, r.SQL, func(sale seckill.Sale) error {
		open[sale.ID] = true
		return r.align(ctx, sale)
	})
	if err != nil {
		return false, err
	}
	return false, r.closeRest(ctx, open)
}

// closeRest closes what Redis has of sales that SQL has closed, should whoever
// closed them have died before Redis was told: it would go on selling them. It
// starts from what Redis has loaded, since SQL keeps closed sales for ever.
func (r *Recoverer) closeRest(ctx context.Context, open map[seckill.ID]bool) error {
	loaded, err := r.Redis.Sales(ctx)
	if err != nil {
		return err
	}
	for _, active := range loaded {
		if open[active.ID] {
			continue
		}
		if err := r.closeAsInSQL(ctx, active.ID); err != nil && seckill.CodeOf(err) != seckill.CodeNotFound {
			return err
		}
	}
	return nil
}

func (r *Recoverer) closeAsInSQL(ctx context.Context, id seckill.ID) error {
	loaded, err := r.Redis.Sale(ctx, id)
	if err != nil || loaded.State == seckill.SaleClosed {
		return err
	}
	sale, err := r.SQL.Sale(ctx, id)
	if err != nil || sale.State != seckill.SaleClosed {
		return err
	}
	changed, err := r.Redis.SetState(ctx, id, sale.State, sale.Revision)
	if changed {
		r.Log.Info("recoverer: closed a sale in Redis as in SQL", "sale", id.String())
	}
	return err
}

func (r *Recoverer) align(ctx context.Context, sale seckill.Sale) error {
	loaded, err := r.Redis.Sale(ctx, sale.ID)
	if seckill.CodeOf(err) == seckill.CodeNotFound {
		return r.load(ctx, sale.ID)
	}
	if err != nil {
		return err
	}
	if loaded.State != sale.State {
		// Redis refuses a state older than the one it has.
		changed, err := r.Redis.SetState(ctx, sale.ID, sale.State, sale.Revision)
		if err != nil {
			return err
		}
		if changed {
			r.Log.Info("recoverer: set a sale's state in Redis as in SQL", "sale", sale.ID.String(), "state", sale.State)
		}
	}
	return r.alignTotals(ctx, sale)
}

func (r *Recoverer) load(ctx context.Context, sale seckill.ID) error {
	snapshot, err := r.SQL.Snapshot(ctx, sale)
	if err != nil {
		return err
	}
	loaded, err := r.Redis.Load(ctx, snapshot)
	if err == nil && loaded {
		r.Log.Info("recoverer: loaded a sale into Redis from SQL", "sale", sale.String(), "name", snapshot.Sale.Name,
			"state", snapshot.Sale.State, "orders", len(snapshot.Orders))
	}
	return err
}

func (r *Recoverer) alignTotals(ctx context.Context, sale seckill.Sale) error {
	counters, err := r.Redis.Counters(ctx, sale.ID)
	if err != nil {
		return err
	}
	var differ []seckill.Item
	for _, item := range sale.Items {
		if counters[item.SKU].Total != item.Total {
			differ = append(differ, item)
		}
	}
	if len(differ) == 0 {
		delete(r.uneven, sale.ID)
		return nil
	}
	if seen, ok := r.uneven[sale.ID]; !ok || seen.revision != sale.Revision {
		r.uneven[sale.ID] = unevenness{sale.Revision, time.Now()}
		return nil
	} else if time.Since(seen.since) < recovererPatience {
		return nil
	}
	for _, item := range differ {
		if err := r.Redis.SetTotal(ctx, sale.ID, item.SKU, item.Total, sale.Revision); err != nil {
			return err
		}
		r.Log.Info("recoverer: set an item's total in Redis as in SQL", "sale", sale.ID.String(), "sku", item.SKU, "total", item.Total)
	}
	return nil
}
