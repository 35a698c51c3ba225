package ledger

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestSettledOrdersAreRecordedAndTheirUnitsReserved(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10, "b": 5})
		orders := []seckill.Order{
			f.order(sale, 1, line("a", 2), line("b", 1)),
			f.order(sale, 2, line("a", 1)),
		}
		orders[1].Buyer, orders[1].RequestKey = "买家 🐉 İ", ""

		r, err := f.Settle(t.Context(), orders)
		require.NoError(t, err)
		require.Equal(t, ids(orders), ids(r.Settled))
		require.Empty(t, r.Failed)
		require.Empty(t, r.Known)

		for _, want := range orders {
			want.Status = seckill.OrderAwaitingPayment
			got, err := f.Order(t.Context(), want.ID)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 10, Reserved: 3}, f.counters(sale.ID)["a"])
		require.Equal(t, seckill.ItemCounters{SKU: "b", Total: 5, Reserved: 1}, f.counters(sale.ID)["b"])
		require.Equal(t, []string{
			"order.awaiting_payment " + orders[0].ID.String(),
			"order.awaiting_payment " + orders[1].ID.String(),
		}, f.events())
		f.requireAddsUp(sale.ID)
	})
}

func TestARedeliveredBatchChangesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.orders(sale, 4)
		f.settle(orders[:3]...)
		before := f.counters(sale.ID)

		r, err := f.Settle(t.Context(), orders[:3])
		require.NoError(t, err)
		require.Equal(t, SettleResult{Known: ids(orders[:3])}, r)
		require.Equal(t, before, f.counters(sale.ID))

		r, err = f.Settle(t.Context(), append(orders, orders...))
		require.NoError(t, err)
		require.Equal(t, ids(orders[:3]), r.Known)
		require.Equal(t, ids(orders[3:]), ids(r.Settled))
		require.Len(t, f.events(), 4, "one event for each order")
		f.requireAddsUp(sale.ID)
	})
}

func TestAKnownOrderKeepsWhatBecameOfIt(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		o := f.settle(f.orders(sale, 1)...)[0]
		_, err := f.Cancel(t.Context(), o.ID, o.Buyer)
		require.NoError(t, err)

		r, err := f.Settle(t.Context(), []seckill.Order{o})
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{o.ID}, r.Known)
		require.Equal(t, seckill.OrderCancelled, f.status(o.ID))
		f.requireAddsUp(sale.ID)
	})
}

func TestABatchBeyondTheStockFailsExactlyTheLatest(t *testing.T) {
	type wish struct {
		a, b int64
	}
	cases := map[string]struct {
		wishes  []wish
		settled []int64 // tickets
	}{
		"one line each":             {[]wish{{a: 3}, {a: 3}, {a: 3}, {a: 1}}, []int64{1, 2}},
		"a smaller one still fits":  {[]wish{{a: 4}, {a: 3}, {a: 2}}, []int64{1, 3}},
		"all lines or none":         {[]wish{{a: 1, b: 2}, {a: 2, b: 1}, {a: 5}}, []int64{1, 3}},
		"nobody":                    {[]wish{{a: 7}, {b: 3}}, nil},
		"the last unit of each one": {[]wish{{a: 6}, {b: 2}, {a: 1}, {b: 1}}, []int64{1, 2}},
	}
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for name, c := range cases {
			sale := f.sale(map[string]int64{"a": 6, "b": 2})
			var orders []seckill.Order
			for i, w := range c.wishes {
				var lines []seckill.Line
				if w.a > 0 {
					lines = append(lines, line("a", w.a))
				}
				if w.b > 0 {
					lines = append(lines, line("b", w.b))
				}
				orders = append(orders, f.order(sale, int64(i+1), lines...))
			}
			r, err := f.Settle(t.Context(), orders)
			require.NoError(t, err, name)
			require.ElementsMatch(t, c.settled, tickets(r.Settled), name)
			require.Len(t, r.Failed, len(orders)-len(c.settled), name)
			for _, o := range r.Failed {
				require.Equal(t, seckill.ReasonSoldOut, o.Reason, name)
				require.Equal(t, seckill.OrderFailed, f.status(o.ID), name)
			}
			f.requireAddsUp(sale.ID)
		}
	})
}

// A random batch must come out as if its orders had come one by one.
func TestABatchEqualsItsOrdersOneByOne(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	onEachEngine(t, func(t *testing.T, f *fixture) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for range f.rounds(24) {
			stock := map[string]int64{"a": rng.Int64N(20), "b": rng.Int64N(20), "c": rng.Int64N(20)}
			sale := f.sale(stock)
			var orders []seckill.Order
			var want []int64
			for ticket := range int64(12) {
				var lines []seckill.Line
				for _, sku := range []string{"a", "b", "c"} {
					if n := rng.Int64N(4); n > 0 {
						lines = append(lines, line(sku, n))
					}
				}
				if len(lines) == 0 {
					continue
				}
				orders = append(orders, f.order(sale, ticket, lines...))
				if takeFrom(stock, lines) {
					want = append(want, ticket)
				}
			}
			rng.Shuffle(len(orders), func(i, j int) { orders[i], orders[j] = orders[j], orders[i] })
			r, err := f.Settle(t.Context(), orders)
			require.NoError(t, err)
			require.ElementsMatch(t, want, tickets(r.Settled))
			f.requireAddsUp(sale.ID)
		}
	})
}

func takeFrom(stock map[string]int64, lines []seckill.Line) bool {
	for _, l := range lines {
		if stock[l.SKU] < l.Quantity {
			return false
		}
	}
	for _, l := range lines {
		stock[l.SKU] -= l.Quantity
	}
	return true
}

func TestAFailedOrderIsReleasedOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		orders := f.orders(sale, 2)
		r, err := f.Settle(t.Context(), orders)
		require.NoError(t, err)
		require.Equal(t, ids(orders[1:]), ids(r.Failed))
		require.Contains(t, f.events(), "order.failed "+orders[1].ID.String())

		require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 1, Reserved: 1, Releasing: 1}, f.counters(sale.ID)["a"])
		releases, err := f.PendingReleases(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, []Release{{SaleID: sale.ID, OrderID: orders[1].ID}}, releases)

		require.NoError(t, f.markReleased(orders[0].ID, orders[1].ID))
		releases, err = f.PendingReleases(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, releases)
		require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 1, Reserved: 1}, f.counters(sale.ID)["a"])
		f.requireAddsUp(sale.ID)
	})
}

func TestOrdersOfUnknownItemsFail(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5})
		good, bad := f.order(sale, 1), f.order(sale, 2, line("a", 1), line("ghost", 1))
		stray := f.order(seckill.Sale{ID: f.id()}, 3, line("a", 1))
		r, err := f.Settle(t.Context(), []seckill.Order{good, bad, stray})
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{good.ID}, ids(r.Settled))
		require.ElementsMatch(t, []seckill.ID{bad.ID, stray.ID}, ids(r.Failed))
		for _, o := range r.Failed {
			require.Equal(t, seckill.ReasonUnknownItem, o.Reason)
		}
		f.requireAddsUp(sale.ID)
	})
}

func TestASecondOrderOfOneIdempotencyKeyFails(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.orders(sale, 5)
		for i := range orders {
			orders[i].Buyer, orders[i].RequestKey = "ann", "k"
		}
		orders[2].Buyer = "Ann"   // another buyer: names are told apart by case
		orders[3].RequestKey = "" // no key is no clash
		orders[4].RequestKey = ""
		f.settle(orders[0])

		r, err := f.Settle(t.Context(), orders[1:])
		require.NoError(t, err)
		require.Equal(t, ids(orders[1:2]), ids(r.Failed))
		require.Equal(t, seckill.ReasonDuplicateRequest, r.Failed[0].Reason)
		require.Equal(t, ids(orders[2:]), ids(r.Settled))

		inBatch := f.orders(sale, 2)
		for i := range inBatch {
			inBatch[i].Buyer, inBatch[i].RequestKey = "bob", "k"
		}
		r, err = f.Settle(t.Context(), inBatch)
		require.NoError(t, err)
		require.Equal(t, ids(inBatch[:1]), ids(r.Settled))
		require.Equal(t, ids(inBatch[1:]), ids(r.Failed))

		r, err = f.Settle(t.Context(), append(orders, inBatch...))
		require.NoError(t, err)
		require.Len(t, r.Known, 7)
		f.requireAddsUp(sale.ID)
	})
}

func TestConcurrentSettlersOfOverlappingBatchesSettleEachOrderOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1000, "b": 1000})
		orders := f.orders(sale, 120)
		var (
			mu      sync.Mutex
			settled = make(map[seckill.ID]int)
			running sync.WaitGroup
		)
		for settler := range 5 {
			running.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(settler), 7))
				for from := 0; from < len(orders); from += 15 {
					batch := append([]seckill.Order{}, orders[max(0, from-10):min(from+20, len(orders))]...)
					rng.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
					r, err := f.Settle(t.Context(), batch)
					if err != nil {
						t.Errorf("settler %d: %v", settler, err)
						return
					}
					mu.Lock()
					for _, o := range r.Settled {
						settled[o.ID]++
					}
					mu.Unlock()
				}
			})
		}
		running.Wait()
		require.Len(t, settled, len(orders))
		for id, n := range settled {
			require.Equal(t, 1, n, "order %s", id)
		}
		require.Equal(t, int64(len(orders)), f.counters(sale.ID)["a"].Reserved)
		require.Len(t, f.events(), len(orders))
		f.requireAddsUp(sale.ID)
	})
}

func TestConcurrentSettlersNeverOversell(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 25, "b": 40})
		orders := f.orders(sale, 80)
		for i := range orders {
			switch i % 3 {
			case 1:
				orders[i].Lines = []seckill.Line{line("a", 1)}
			case 2:
				orders[i].Lines = []seckill.Line{line("b", 1)}
			}
		}
		var running sync.WaitGroup
		for settler := range 4 {
			running.Go(func() {
				for from := settler * 20; from < settler*20+20; from += 5 {
					if _, err := f.Settle(t.Context(), orders[from:from+5]); err != nil {
						t.Errorf("settler %d: %v", settler, err)
					}
				}
			})
		}
		running.Wait()
		counts, err := f.OrderCounts(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, int64(80), counts[seckill.OrderAwaitingPayment]+counts[seckill.OrderFailed])
		require.Equal(t, int64(25), f.counters(sale.ID)["a"].Reserved, "each unit found its order")
		f.requireAddsUp(sale.ID)
	})
}

func TestABatchOfSeveralTransactionsAndSales(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		one, other := f.sale(map[string]int64{"a": settleRows}), f.sale(map[string]int64{"a": settleRows})
		orders := append(f.orders(one, settleRows-20), f.orders(other, 40)...)
		f.settle(orders...)
		require.Equal(t, int64(settleRows-20), f.counters(one.ID)["a"].Reserved)
		require.Equal(t, int64(40), f.counters(other.ID)["a"].Reserved)
		f.requireAddsUp(one.ID)
	})
}

func TestAnOrderOfTenLinesKeepsTheirOrder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		stock := map[string]int64{}
		var lines []seckill.Line
		for i := range seckill.MaxLinesPerOrder {
			sku := string(rune('z'-i)) + "-item"
			stock[sku] = 5
			lines = append(lines, line(sku, int64(i%3+1)))
		}
		sale := f.sale(stock)
		o := f.order(sale, 1, lines...)
		f.settle(o)
		got, err := f.Order(t.Context(), o.ID)
		require.NoError(t, err)
		require.Equal(t, lines, got.Lines)
		f.requireAddsUp(sale.ID)
	})
}

func TestABatchThatCannotBeStoredIsRefusedWhole(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5})
		for name, spoil := range map[string]func(o *seckill.Order){
			"no lines":      func(o *seckill.Order) { o.Lines = nil },
			"negative":      func(o *seckill.Order) { o.Lines[0].Quantity = -1 },
			"no buyer":      func(o *seckill.Order) { o.Buyer = "" },
			"a line twice":  func(o *seckill.Order) { o.Lines = append(o.Lines, o.Lines[0]) },
			"no currency":   func(o *seckill.Order) { o.Currency = "" },
			"key too long":  func(o *seckill.Order) { o.RequestKey = string(make([]byte, 65)) },
			"no id":         func(o *seckill.Order) { o.ID = 0 },
			"eleven lines":  func(o *seckill.Order) { o.Lines = make([]seckill.Line, 11) },
			"a foreign sku": func(o *seckill.Order) { o.Lines[0].SKU = "a'b" },
		} {
			orders := f.orders(sale, 2)
			spoil(&orders[1])
			_, err := f.Settle(t.Context(), orders)
			require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), name)
		}
		require.Zero(t, f.count("SELECT COUNT(*) FROM orders"))
	})
}
