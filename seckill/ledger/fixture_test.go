package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// fixture is a ledger over an empty, migrated database of its own.
type fixture struct {
	*Ledger
	t      testing.TB
	driver string
	dsn    string
	clock  *testkit.Clock
	lastID atomic.Int64
}

// onEachEngine runs a test on SQLite and on a real MySQL or MariaDB: what they
// promise must be the same.
func onEachEngine(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	stores.OnEach(t, func(t *testing.T, driver string) { test(t, newFixture(t, driver)) })
}

// OpenEpoch is what the ledger's does, with all parts as one.
func (f *fixture) OpenEpoch(ctx context.Context, id seckill.ID) (whole seckill.Snapshot, err error) {
	err = f.Ledger.OpenEpoch(ctx, id, joining(&whole))
	return whole, err
}

// Snapshot is what the ledger's does, with all parts as one.
func (f *fixture) Snapshot(ctx context.Context, id seckill.ID) (whole seckill.Snapshot, err error) {
	err = f.Ledger.Snapshot(ctx, id, joining(&whole))
	return whole, err
}

func joining(whole *seckill.Snapshot) func(seckill.Snapshot) error {
	return func(part seckill.Snapshot) error {
		if whole.Orders != nil {
			part.Orders = append(whole.Orders, part.Orders...)
			maps.Copy(part.Releasing, whole.Releasing)
			maps.Copy(part.Retaken, whole.Retaken)
		}
		*whole = part
		return nil
	}
}

// newFixture makes a fixture over an empty, migrated database of its own.
func newFixture(t testing.TB, driver string) *fixture {
	t.Helper()
	return over(t, driver, stores.New(t, driver))
}

// over makes a fixture over an empty, migrated database.
func over(t testing.TB, driver, dsn string) *fixture {
	t.Helper()
	f := &fixture{t: t, driver: driver, dsn: dsn, clock: testkit.NewClock(start)}
	f.lastID.Store(1 << 40)
	f.Ledger = openLedger(t, driver, dsn, f.clock.Now)
	return f
}

// rounds is how often a race is run: so often in a soak, and else up to a quarter of
// that. SQLite has one writer, so there the calls only take turns.
func (f *fixture) rounds(mysql int) int {
	if f.driver == database.SQLite {
		return mysql / 8
	}
	return testkit.Sized(mysql, max(mysql/4, min(mysql, 24)))
}

func openLedger(t testing.TB, driver, dsn string, clock seckill.Clock) *Ledger {
	t.Helper()
	l := New(Config{DB: stores.Open(t, driver, dsn), Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// processes are ledgers over the same database that share nothing else, since what
// arrives at one of them goes in one transaction.
func (f *fixture) processes(n int) []*Ledger {
	f.t.Helper()
	all := []*Ledger{f.Ledger}
	for len(all) < n {
		all = append(all, openLedger(f.t, f.driver, f.dsn, f.clock.Now))
	}
	return all
}

func (f *fixture) id() seckill.ID { return seckill.ID(f.lastID.Add(1)) }

// draft is a sale of items named by their totals.
func (f *fixture) draft(items map[string]int64) seckill.Sale {
	s := seckill.Sale{
		ID: f.id(), Name: "Spring sale 春", State: seckill.SaleDraft,
		StartsAt: start, EndsAt: start.Add(time.Hour), Hold: time.Minute,
	}
	for sku, total := range items {
		s.Items = append(s.Items, seckill.Item{
			SKU: sku, Title: "Item " + sku, ImageURL: "/img/" + sku, Images: []string{"/img/" + sku + "/2", "/img/" + sku + "/3"},
			Price: 100, ListPrice: 150, Currency: "CNY", Total: total, LimitPerBuyer: 5,
		})
	}
	slices.SortFunc(s.Items, func(a, b seckill.Item) int { return int(a.SKU[0]) - int(b.SKU[0]) })
	return s
}

func (f *fixture) sale(items map[string]int64) seckill.Sale {
	f.t.Helper()
	s, created, err := f.CreateSale(f.t.Context(), f.draft(items))
	require.NoError(f.t, err)
	require.True(f.t, created)
	return s
}

// order is what Redis would hand over: one unit of each item, unless told.
func (f *fixture) order(sale seckill.Sale, ticket int64, lines ...seckill.Line) seckill.Order {
	o := seckill.Order{
		ID: f.id(), SaleID: sale.ID, Buyer: fmt.Sprintf("buyer-%d", ticket), RequestKey: fmt.Sprintf("key-%d", ticket),
		Ticket: ticket, Currency: "CNY", Status: seckill.OrderQueued, CreatedAt: start, HoldUntil: start.Add(sale.Hold), Lines: lines,
	}
	if len(lines) == 0 {
		for _, it := range sale.Items {
			o.Lines = append(o.Lines, line(it.SKU, 1))
		}
	}
	for _, l := range o.Lines {
		o.Amount += l.Price * l.Quantity
	}
	return o
}

func (f *fixture) orders(sale seckill.Sale, n int) []seckill.Order {
	orders := make([]seckill.Order, n)
	for i := range orders {
		orders[i] = f.order(sale, int64(i+1))
	}
	return orders
}

func line(sku string, quantity int64) seckill.Line {
	return seckill.Line{SKU: sku, Quantity: quantity, Price: 100}
}

// settle records orders of which every one must find its units.
func (f *fixture) settle(orders ...seckill.Order) []seckill.Order {
	f.t.Helper()
	r, err := f.Settle(f.t.Context(), orders)
	require.NoError(f.t, err)
	require.Len(f.t, r.Settled, len(orders))
	return r.Settled
}

func (f *fixture) status(id seckill.ID) seckill.OrderStatus {
	f.t.Helper()
	o, err := f.Order(f.t.Context(), id)
	require.NoError(f.t, err)
	return o.Status
}

func (f *fixture) counters(sale seckill.ID) map[string]seckill.ItemCounters {
	f.t.Helper()
	list, err := f.Counters(f.t.Context(), sale)
	require.NoError(f.t, err)
	bySKU := make(map[string]seckill.ItemCounters, len(list))
	for _, c := range list {
		bySKU[c.SKU] = c
	}
	return bySKU
}

// count runs a query whose one value is a number.
func (f *fixture) count(query string, args ...any) (n int64) {
	f.t.Helper()
	require.NoError(f.t, f.db.Read(f.t.Context(), func(db *gorm.DB) error {
		return db.Raw(query, args...).Scan(&n).Error
	}))
	return n
}

// events reads what is announced, as "type order".
func (f *fixture) events() []string {
	f.t.Helper()
	batches, err := f.Events(f.t.Context(), 0)
	require.NoError(f.t, err)
	var all []string
	for _, b := range batches {
		for _, e := range b.Events {
			var event seckill.Event
			require.NoError(f.t, json.Unmarshal(e.Body, &event))
			require.Equal(f.t, event.Order.ID.String()+":"+strings.TrimPrefix(event.Type, "order."), e.ID)
			require.Equal(f.t, event.Type, e.Type)
			all = append(all, e.Type+" "+event.Order.ID.String())
		}
	}
	return all
}

// requireAddsUp checks a sale row by row: the counters against the orders,
// against the history, and the history against the orders.
func (f *fixture) requireAddsUp(sale seckill.ID) {
	f.t.Helper()
	sums, err := f.StockSums(f.t.Context(), sale)
	require.NoError(f.t, err)
	bySKU := make(map[string]StockSum)
	for _, s := range sums {
		bySKU[s.SKU] = s
	}
	const units = "SELECT COALESCE(SUM(l.quantity), 0) FROM orders o JOIN order_lines l ON l.order_id = o.id" +
		" WHERE o.sale_id = ? AND l.sku = ? AND o.stock_state = ?"
	for sku, c := range f.counters(sale) {
		s := bySKU[sku]
		require.Equal(f.t, s.Reserved+s.Retaken-s.Released-s.Confirmed, c.Reserved, "reserved of %s by the history", sku)
		require.Equal(f.t, s.Confirmed, c.Sold, "sold of %s by the history", sku)
		require.Equal(f.t, f.count(units, int64(sale), sku, stockReserved), c.Reserved, "reserved of %s by the orders", sku)
		require.Equal(f.t, f.count(units, int64(sale), sku, stockSold), c.Sold, "sold of %s by the orders", sku)
		require.Equal(f.t, f.count(units, int64(sale), sku, stockReleasing), c.Releasing, "releasing of %s by the orders", sku)
		require.LessOrEqual(f.t, c.Reserved+c.Sold, c.Total, "%s oversold", sku)
	}
	f.requireHistoryFitsOrders(sale)
}

func (f *fixture) requireHistoryFitsOrders(sale seckill.ID) {
	f.t.Helper()
	const off = `
SELECT COUNT(*) FROM orders o JOIN order_lines l ON l.order_id = o.id
LEFT JOIN stock_history a ON a.order_id = o.id AND a.sku = l.sku AND a.kind = 1 AND a.quantity = l.quantity
LEFT JOIN stock_history b ON b.order_id = o.id AND b.sku = l.sku AND b.kind = 2 AND b.quantity = l.quantity
LEFT JOIN stock_history c ON c.order_id = o.id AND c.sku = l.sku AND c.kind = 3 AND c.quantity = l.quantity
LEFT JOIN stock_history d ON d.order_id = o.id AND d.sku = l.sku AND d.kind = 4 AND d.quantity = l.quantity
WHERE o.sale_id = ? AND NOT (
	(o.stock_state = 1 AND a.sku IS NOT NULL AND (b.sku IS NULL) = (d.sku IS NULL) AND c.sku IS NULL) OR
	(o.stock_state = 2 AND a.sku IS NOT NULL AND (b.sku IS NULL) = (d.sku IS NULL) AND c.sku IS NOT NULL) OR
	(o.stock_state IN (3, 4) AND d.sku IS NULL AND c.sku IS NULL AND (a.sku IS NULL) = (b.sku IS NULL)))`
	require.Zero(f.t, f.count(off, int64(sale)), "lines whose history does not fit their order")
}

func ids(orders []seckill.Order) []seckill.ID {
	out := make([]seckill.ID, len(orders))
	for i, o := range orders {
		out[i] = o.ID
	}
	return out
}

func tickets(orders []seckill.Order) []int64 {
	out := make([]int64, len(orders))
	for i, o := range orders {
		out[i] = o.Ticket
	}
	slices.Sort(out)
	return out
}

// markReleased marks orders, which may be of several sales, under the epochs that
// these have.
func (f *fixture) markReleased(ids ...seckill.ID) error {
	for _, id := range ids {
		o, err := f.Order(f.t.Context(), id)
		if err != nil {
			return err
		}
		sale, err := f.Sale(f.t.Context(), o.SaleID)
		if err != nil {
			return err
		}
		if err := f.MarkReleased(f.t.Context(), sale.ID, []seckill.ID{id}, sale.Epoch); err != nil {
			return err
		}
	}
	return nil
}

// race runs calls at once; none may fail.
func race(t *testing.T, calls ...func() error) {
	t.Helper()
	errs := make([]error, len(calls))
	ready := make(chan struct{})
	var running sync.WaitGroup
	for i, call := range calls {
		running.Go(func() {
			<-ready
			errs[i] = call()
		})
	}
	close(ready)
	running.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}
