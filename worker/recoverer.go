package worker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type recovererSQL interface {
	salesSQL
	Sale(ctx context.Context, id seckill.ID) (seckill.Sale, error)
	Durable(ctx context.Context) error
	OpenEpoch(ctx context.Context, sale seckill.ID, each func(seckill.Snapshot) error) error
	Adoptions(ctx context.Context, limit int) ([]ledger.Adoption, error)
	Adopted(ctx context.Context, orders []seckill.ID) error
}

type recovererRedis interface {
	Sales(ctx context.Context) ([]gate.ActiveSale, error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	Intact(ctx context.Context, sale seckill.ID) (bool, error)
	Load(ctx context.Context, sale seckill.Sale, read gate.ReadSnapshot) (loaded bool, err error)
	Adopt(ctx context.Context, sale seckill.ID, orders []seckill.Order) error
	SetState(ctx context.Context, sale seckill.ID, state seckill.SaleState, revision int64) (changed bool, err error)
	SetTotal(ctx context.Context, sale seckill.ID, sku string, total, revision int64) error
}

// Recoverer brings Redis in line with SQL, which is the truth about a sale's
// definition, state, totals and recorded orders:
//
//   - it loads a sale that is ready in SQL and not in Redis (an embedded Redis
//     starts empty; a preload may have died half way), or that Redis has and that
//     cannot be relied on, since Redis was started again, failed over or lost a key;
//   - it tells Redis of orders that were settled after such a load and that the
//     load could not know of;
//   - it finishes a change of state or total that reached only one of the two.
type Recoverer struct {
	SQL    recovererSQL
	Redis  recovererRedis
	Leases leases
	// Owner names this process for the lease of LeaseTTL, or of 1 s where that is less.
	Owner    string
	LeaseTTL time.Duration
	// BeginsEmpty says that Redis began with this process, so that the first load of a
	// sale is what every start does, and no loss.
	BeginsEmpty bool
	Log         *slog.Logger

	loaded map[seckill.ID]bool // by this process, where it begins empty
	// uneven holds, by sale, the revision and the time at which its totals were
	// first seen to differ.
	uneven map[seckill.ID]unevenness
}

type unevenness struct {
	revision int64
	since    time.Time
}

const (
	// A sale that Redis lost admits nobody until this finds it.
	recovererEvery = 500 * time.Millisecond
	// Where a worker dies together with Redis, nobody is admitted until another worker
	// takes over. So this lease is shorter than those of other loops, for whose work
	// nobody waits.
	recovererLease = time.Second
	// A difference in totals is a change under way until it has stood for
	// longer than any such call may take.
	recovererPatience = 15 * time.Second
)

// Run compares and repairs until ctx ends.
func (r *Recoverer) Run(ctx context.Context) error {
	r.loaded, r.uneven = make(map[seckill.ID]bool), make(map[seckill.ID]unevenness)
	loop := sole{leases: r.Leases, name: "recoverer", owner: r.Owner, ttl: min(r.LeaseTTL, recovererLease), pause: recovererEvery, most: recovererEvery, log: r.Log}
	return loop.run(ctx, "recoverer: comparing Redis with SQL", r.step)
}

func (r *Recoverer) step(ctx context.Context) (more bool, err error) {
	active, err := r.Redis.Sales(ctx)
	if err != nil {
		return false, err
	}
	listed := make(map[seckill.ID]bool)
	for _, sale := range active {
		listed[sale.ID] = true
	}
	open := make(map[seckill.ID]bool)
	var failed error // one sale must not hold up the others
	err = eachLoaded(ctx, r.SQL, func(sale seckill.Sale) error {
		open[sale.ID] = true
		failed = errors.Join(failed, r.align(ctx, sale, listed[sale.ID]))
		return ctx.Err()
	})
	if err != nil {
		return false, errors.Join(failed, err)
	}
	failed = errors.Join(failed, r.closeRest(ctx, active, open))
	more, err = r.adopt(ctx)
	return more, errors.Join(failed, err)
}

// closeRest closes what Redis has of sales that SQL has closed, should whoever
// closed them have died before Redis was told: it would go on selling them. It
// starts from what Redis has loaded, since SQL keeps closed sales for ever.
func (r *Recoverer) closeRest(ctx context.Context, active []gate.ActiveSale, open map[seckill.ID]bool) error {
	for _, sale := range active {
		if open[sale.ID] {
			continue
		}
		if err := r.closeAsInSQL(ctx, sale.ID); err != nil && seckill.CodeOf(err) != seckill.CodeNotFound {
			return err
		}
	}
	return nil
}

func (r *Recoverer) closeAsInSQL(ctx context.Context, id seckill.ID) error {
	intact, err := r.Redis.Intact(ctx, id)
	if err != nil {
		return err
	}
	loaded, err := r.Redis.Sale(ctx, id)
	if intact && err != nil || seckill.CodeOf(err) == seckill.CodeNotFound {
		return err
	}
	if intact && loaded.State == seckill.SaleClosed {
		return r.settleAsInSQL(ctx, loaded)
	}
	sale, err := r.SQL.Sale(ctx, id)
	if err != nil || sale.State != seckill.SaleClosed {
		return err
	}
	if !intact {
		// Its orders in flight still have to be settled, and its holds to end.
		return r.load(ctx, sale)
	}
	changed, err := r.Redis.SetState(ctx, id, sale.State, sale.Revision)
	if changed {
		r.Log.Info("recoverer: closed a sale in Redis as in SQL", "sale", id.String())
	}
	return err
}

// settleAsInSQL brings in the totals of a closed sale, which fall when what it did not sell
// goes back to the shop's stock. Nobody else changes them then, so there is nothing to wait
// for.
func (r *Recoverer) settleAsInSQL(ctx context.Context, loaded seckill.Sale) error {
	if !slices.ContainsFunc(loaded.Items, func(it seckill.Item) bool { return it.GoodsID != "" }) {
		return nil
	}
	sale, err := r.SQL.Sale(ctx, loaded.ID)
	if err != nil {
		return err
	}
	return r.setTotals(ctx, sale, func(sku string) int64 {
		it, _ := loaded.Item(sku)
		return it.Total
	})
}

// align brings one sale in line. A sale that is whole and not listed sells, and no
// relay reads its outbox: its loader died before the last step, which Load repeats.
func (r *Recoverer) align(ctx context.Context, sale seckill.Sale, listed bool) error {
	intact, err := r.Redis.Intact(ctx, sale.ID)
	if err != nil {
		return err
	}
	if !intact || !listed {
		if err := r.load(ctx, sale); err != nil || !intact {
			return err
		}
	}
	loaded, err := r.Redis.Sale(ctx, sale.ID)
	if err != nil {
		return err
	}
	if loaded.Epoch < sale.Epoch {
		// A loader that was taken for dead woke up late and began an epoch that Redis
		// knows nothing of; no release of the present one would count in SQL.
		return r.load(ctx, sale)
	}
	if loaded.State != sale.State {
		if err := r.SQL.Durable(ctx); err != nil {
			return err
		}
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

func (r *Recoverer) load(ctx context.Context, sale seckill.Sale) error {
	began := time.Now()
	orders := 0
	loaded, err := r.Redis.Load(ctx, sale, func(ctx context.Context, write func(seckill.Snapshot) error) error {
		return r.SQL.OpenEpoch(ctx, sale.ID, func(part seckill.Snapshot) error {
			sale, orders = part.Sale, orders+len(part.Orders)
			return write(part)
		})
	})
	if err == nil && loaded {
		level := slog.LevelWarn
		if sale.Epoch == 1 || r.BeginsEmpty && !r.loaded[sale.ID] {
			level = slog.LevelInfo // Redis lost nothing: a preload died or waits between its two steps, or this is a start
		}
		if r.BeginsEmpty {
			r.loaded[sale.ID] = true
		}
		r.Log.Log(ctx, level, "recoverer: loaded a sale into Redis from SQL", "sale", sale.ID.String(), "name", sale.Name,
			"state", sale.State, "epoch", sale.Epoch, "orders", orders, "took", time.Since(began).Round(time.Millisecond).String())
	}
	return err
}

func (r *Recoverer) alignTotals(ctx context.Context, sale seckill.Sale) error {
	counters, err := r.Redis.Counters(ctx, sale.ID)
	if err != nil {
		return err
	}
	has := func(sku string) int64 { return counters[sku].Total }
	if !slices.ContainsFunc(sale.Items, func(it seckill.Item) bool { return has(it.SKU) != it.Total }) {
		delete(r.uneven, sale.ID)
		return nil
	}
	if seen, ok := r.uneven[sale.ID]; !ok || seen.revision != sale.Revision {
		r.uneven[sale.ID] = unevenness{sale.Revision, time.Now()}
		return nil
	} else if time.Since(seen.since) < recovererPatience {
		return nil
	}
	return r.setTotals(ctx, sale, has)
}

// setTotals makes the totals that Redis has those of SQL.
func (r *Recoverer) setTotals(ctx context.Context, sale seckill.Sale, has func(sku string) int64) error {
	for _, item := range sale.Items {
		if has(item.SKU) == item.Total {
			continue
		}
		if err := r.Redis.SetTotal(ctx, sale.ID, item.SKU, item.Total, sale.Revision); err != nil {
			return err
		}
		r.Log.Info("recoverer: set an item's total in Redis as in SQL", "sale", sale.ID.String(), "sku", item.SKU, "total", item.Total)
	}
	return nil
}
