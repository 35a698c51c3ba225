package buyer

import (
	"context"
	"slices"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

const (
	maxCachedSales = 1_000
	saleFresh      = time.Second
	countersFresh  = 200 * time.Millisecond
	returnsFresh   = 2 * time.Second
	// returnsWait bounds how long the answer about a sale waits for SQL to tell
	// what may come back; it is complete without.
	returnsWait = 300 * time.Millisecond
	// maxListedSales bounds the public list and the search for a queued order.
	maxListedSales = 100
	// recentFor is how long an ended sale stays in the public list.
	recentFor = 24 * time.Hour
)

// theList is the key of values of which there is only one.
const theList seckill.ID = 0

// catalogue answers what sales there are and what is left of them, from memory
// for as long as that is fresh enough to look at. Nothing is decided by it: the
// gate's script decides.
type catalogue struct {
	gate   Gate
	ledger Ledger
	clock  seckill.Clock

	loaded   *web.Cache[seckill.Sale]      // as Redis has them
	stored   *web.Cache[seckill.Sale]      // as SQL has them
	listed   *web.Cache[[]seckill.Sale]    // the public list
	active   *web.Cache[[]gate.ActiveSale] // which ones Redis has
	open     *web.Cache[[]seckill.Sale]    // which ones Redis has to have, by SQL
	counters *web.Cache[map[string]gate.Counters]
	returns  *web.Cache[returns]
	places   *web.Cache[map[string][]int64] // of who waits
	draws    *web.Cache[seckill.Draw]
}

// returns is what may come back on sale because it is not paid for.
type returns struct {
	held map[string]int64 // units by SKU that are reserved and not paid
	next time.Time        // when the first hold ends; zero when there is none
}

func newCatalogue(g Gate, l Ledger, clock seckill.Clock) *catalogue {
	return &catalogue{
		gate: g, ledger: l, clock: clock,
		loaded:   web.NewCache[seckill.Sale](maxCachedSales, saleFresh, web.IsNotFound, clock),
		stored:   web.NewCache[seckill.Sale](maxCachedSales, saleFresh, web.IsNotFound, clock),
		listed:   web.NewCache[[]seckill.Sale](1, saleFresh, web.IsNotFound, clock),
		active:   web.NewCache[[]gate.ActiveSale](1, saleFresh, web.IsNotFound, clock),
		open:     web.NewCache[[]seckill.Sale](1, saleFresh, web.IsNotFound, clock),
		counters: web.NewCache[map[string]gate.Counters](maxCachedSales, countersFresh, web.IsNotFound, clock),
		returns:  web.NewCache[returns](maxCachedSales, returnsFresh, web.IsNotFound, clock),
		places:   web.NewCache[map[string][]int64](maxCachedSales, placesFresh, web.IsNotFound, clock),
		draws:    web.NewCache[seckill.Draw](maxCachedSales, saleFresh, web.IsNotFound, clock),
	}
}

// forBuying gives the sale that an order is checked and priced against: its
// definition as Redis has it. Without one, SQL tells why.
func (k *catalogue) forBuying(ctx context.Context, id seckill.ID) (seckill.Sale, error) {
	sale, err := k.loaded.Get(ctx, id, func(ctx context.Context) (seckill.Sale, error) { return k.gate.Sale(ctx, id) })
	if err == nil && sale.Rehearsal() && !web.Rehearsing(ctx) {
		return seckill.Sale{}, noSuchSale()
	}
	if !web.IsNotFound(err) {
		return sale, err
	}
	sale, err = k.public(ctx, id)
	switch {
	case err != nil:
		return seckill.Sale{}, err
	case sale.State == seckill.SaleClosed:
		return seckill.Sale{}, over(sale, k.clock())
	default:
		return seckill.Sale{}, seckill.Unavailable(nil, "The sale is being prepared. Please try again in a moment.")
	}
}

// public gives a sale to anybody who asks. A draft is nobody's business yet, and a
// rehearsal its crowd's alone.
// While SQL is away, Redis still knows the sales that run.
func (k *catalogue) public(ctx context.Context, id seckill.ID) (seckill.Sale, error) {
	sale, err := k.stored.Get(ctx, id, func(ctx context.Context) (seckill.Sale, error) { return k.ledger.Sale(ctx, id) })
	if err != nil && !web.IsNotFound(err) {
		var again error
		sale, again = k.loaded.Get(ctx, id, func(ctx context.Context) (seckill.Sale, error) { return k.gate.Sale(ctx, id) })
		if again != nil {
			return seckill.Sale{}, err
		}
		err = nil
	}
	if web.IsNotFound(err) || err == nil && (sale.State == seckill.SaleDraft || sale.Rehearsal() && !web.Rehearsing(ctx)) {
		return seckill.Sale{}, noSuchSale()
	}
	return sale, err
}

// over is the error of a sale that has ended, or was closed before its time.
func over(sale seckill.Sale, now time.Time) error {
	at := sale.EndsAt
	if now.Before(at) {
		at = now
	}
	return &seckill.Error{Code: seckill.CodeEnded, Detail: "The sale is over.", At: at}
}

func noSuchSale() error { return seckill.Errorf(seckill.CodeNotFound, "There is no such sale.") }

// list gives the sales that the public list shows, in no order.
func (k *catalogue) list(ctx context.Context) ([]seckill.Sale, error) {
	return k.listed.Get(ctx, theList, func(ctx context.Context) ([]seckill.Sale, error) {
		sales, err := k.ledger.Sales(ctx, ledger.SaleQuery{
			States: []seckill.SaleState{seckill.SaleReady, seckill.SalePaused, seckill.SaleRecovering, seckill.SaleClosed},
			Limit:  maxListedSales,
		})
		if err != nil {
			if loaded, again := k.listLoaded(ctx); again == nil {
				return withoutTrials(loaded), nil
			}
		}
		return withoutTrials(sales), err
	})
}

func withoutTrials(sales []seckill.Sale) []seckill.Sale {
	return slices.DeleteFunc(sales, func(s seckill.Sale) bool { return s.Trial() })
}

// listLoaded is the list by Redis alone.
func (k *catalogue) listLoaded(ctx context.Context) ([]seckill.Sale, error) {
	active, err := k.activeSales(ctx)
	if err != nil {
		return nil, err
	}
	var sales []seckill.Sale
	for _, a := range active[:min(len(active), maxListedSales)] {
		sale, err := k.loaded.Get(ctx, a.ID, func(ctx context.Context) (seckill.Sale, error) { return k.gate.Sale(ctx, a.ID) })
		if err != nil {
			return nil, err
		}
		sales = append(sales, sale)
	}
	return sales, nil
}

// activeSales lists the sales that Redis has.
func (k *catalogue) activeSales(ctx context.Context) ([]gate.ActiveSale, error) {
	return k.active.Get(ctx, theList, k.gate.Sales)
}

// queueing lists the sales that can have an order which SQL does not have yet, and
// tells which of them Redis must know: those that are open in SQL. The others are
// closed, and may still have orders in flight.
func (k *catalogue) queueing(ctx context.Context, made time.Time) (map[seckill.ID]bool, error) {
	open, err := k.open.Get(ctx, theList, func(ctx context.Context) ([]seckill.Sale, error) {
		return k.ledger.Sales(ctx, ledger.SaleQuery{States: []seckill.SaleState{seckill.SaleReady, seckill.SalePaused}})
	})
	if err != nil {
		return nil, err
	}
	active, err := k.activeSales(ctx)
	if err != nil {
		return nil, err
	}
	within := func(from, to time.Time) bool {
		return !made.Before(from.Add(-idSlack)) && !made.After(to.Add(idSlack))
	}
	found := make(map[seckill.ID]bool)
	for _, s := range active {
		if within(s.StartsAt, s.EndsAt) {
			found[s.ID] = false
		}
	}
	for _, s := range open {
		if within(s.StartsAt, s.EndsAt) {
			found[s.ID] = true
		}
	}
	return found, nil
}

// left tells what is left of each item. known is false when Redis cannot tell.
func (k *catalogue) left(ctx context.Context, id seckill.ID) (counters map[string]gate.Counters, known bool) {
	counters, err := k.counters.Get(ctx, id, func(ctx context.Context) (map[string]gate.Counters, error) {
		return k.gate.Counters(ctx, id)
	})
	return counters, err == nil
}

// returning tells what may come back. known is false when SQL does not say in time.
func (k *catalogue) returning(ctx context.Context, id seckill.ID) (r returns, known bool) {
	ctx, cancel := context.WithTimeout(ctx, returnsWait)
	defer cancel()
	r, err := k.returns.Get(ctx, id, func(ctx context.Context) (r returns, err error) {
		if r.next, _, err = k.ledger.NextHoldEnd(ctx, id); err != nil {
			return r, err
		}
		counters, err := k.ledger.Counters(ctx, id)
		r.held = make(map[string]int64, len(counters))
		for _, c := range counters {
			r.held[c.SKU] = c.Reserved
		}
		return r, err
	})
	return r, err == nil
}

// forget drops what is remembered of a sale that was changed here.
func (k *catalogue) forget(id seckill.ID) {
	k.loaded.Forget(id)
	k.stored.Forget(id)
	k.counters.Forget(id)
	k.listed.Forget(theList)
	k.active.Forget(theList)
	k.open.Forget(theList)
}
