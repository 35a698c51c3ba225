package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestOnlyOverdueUnpaidOrdersExpire(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10, "b": 10})
		orders := f.orders(sale, 4)
		orders[0].HoldUntil = start.Add(time.Second)
		orders[1].HoldUntil = start.Add(2 * time.Second)
		orders[2].HoldUntil = start.Add(3 * time.Second)
		orders[3].HoldUntil = start.Add(time.Second)
		f.settle(orders...)
		f.pay(orders[3])
		now := start.Add(2 * time.Second)

		due, err := f.Due(t.Context(), now, 10)
		require.NoError(t, err)
		require.Equal(t, ids(orders[:2]), due, "the longest overdue first")
		due, err = f.Due(t.Context(), now, 1)
		require.NoError(t, err)
		require.Equal(t, ids(orders[:1]), due)

		expired, err := f.Expire(t.Context(), append(ids(orders), f.id()), now)
		require.NoError(t, err)
		require.Equal(t, ids(orders[:2]), ids(expired))
		require.Equal(t, seckill.OrderExpired, expired[0].Status)
		require.Equal(t, orders[0].Lines, expired[0].Lines)
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(orders[2].ID))
		require.Equal(t, seckill.OrderPaid, f.status(orders[3].ID))
		require.Contains(t, f.events(), "order.expired "+orders[1].ID.String())
		require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 10, Reserved: 2, Releasing: 2}, f.counters(sale.ID)["a"])

		again, err := f.Expire(t.Context(), ids(orders), now)
		require.NoError(t, err)
		require.Empty(t, again)
		f.requireAddsUp(sale.ID)
	})
}

func TestTheHistoryOfAnOrderTellsItsWay(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.orders(sale, 2)
		f.settle(orders...)
		f.clock.Advance(2 * time.Minute)
		f.pay(orders[0])
		f.confirm(orders[0].ID)
		_, err := f.Expire(t.Context(), ids(orders), f.clock.Now())
		require.NoError(t, err)

		for id, last := range map[seckill.ID]StockMove{orders[0].ID: StockConfirm, orders[1].ID: StockRelease} {
			history, err := f.StockHistory(t.Context(), id)
			require.NoError(t, err)
			entry := StockEntry{SaleID: sale.ID, OrderID: id, SKU: "a", Move: StockReserve, Quantity: 1, At: start}
			end := entry
			end.Move, end.At = last, f.clock.Now()
			require.Equal(t, []StockEntry{entry, end}, history)
		}
		sums, err := f.StockSums(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, []StockSum{{SKU: "a", Reserved: 2, Released: 1, Confirmed: 1}}, sums)
	})
}

func TestCancelIsForTheBuyerOfAnUnpaidOrder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.orders(sale, 3)
		f.settle(orders...)
		f.pay(orders[1])

		got, err := f.Cancel(t.Context(), orders[0].ID, orders[0].Buyer)
		require.NoError(t, err)
		require.Equal(t, seckill.OrderCancelled, got.Status)
		require.Contains(t, f.events(), "order.cancelled "+got.ID.String())

		for name, c := range map[string]struct {
			id    seckill.ID
			buyer string
			code  seckill.Code
			state seckill.OrderStatus
		}{
			"again":             {orders[0].ID, orders[0].Buyer, seckill.CodeConflict, seckill.OrderCancelled},
			"paid":              {orders[1].ID, orders[1].Buyer, seckill.CodeConflict, seckill.OrderPaid},
			"another's":         {orders[2].ID, orders[0].Buyer, seckill.CodeNotFound, ""},
			"another's, paid":   {orders[1].ID, orders[0].Buyer, seckill.CodeNotFound, ""},
			"nobody's":          {f.id(), orders[0].Buyer, seckill.CodeNotFound, ""},
			"another's by case": {orders[2].ID, "BUYER-3", seckill.CodeNotFound, ""},
		} {
			_, err := f.Cancel(t.Context(), c.id, c.buyer)
			require.Equal(t, c.code, seckill.CodeOf(err), name)
			require.Equal(t, string(c.state), conflictState(err), name)
		}
		require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 10, Reserved: 2, Releasing: 1}, f.counters(sale.ID)["a"])
		f.requireAddsUp(sale.ID)
	})
}

func TestOfExpiryAndPaymentOneWins(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		rounds := f.rounds(200)
		sale := f.sale(map[string]int64{"a": int64(rounds)})
		late := start.Add(time.Hour)
		for _, o := range f.settle(f.orders(sale, rounds)...) {
			var expired []seckill.Order
			var outcome seckill.PaymentOutcome
			race(t,
				func() (err error) { expired, err = f.Expire(t.Context(), []seckill.ID{o.ID}, late); return },
				func() (err error) { outcome, _, err = f.ApplyPayment(t.Context(), succeeded(o)); return },
			)
			if len(expired) == 1 {
				require.Equal(t, seckill.PaymentLate, outcome)
				require.Equal(t, seckill.OrderExpired, f.status(o.ID))
			} else {
				require.Equal(t, seckill.PaymentApplied, outcome)
				require.Equal(t, seckill.OrderPaid, f.status(o.ID))
			}
		}
		counts, err := f.OrderCounts(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, counts[seckill.OrderPaid], f.counters(sale.ID)["a"].Reserved)
		f.requireAddsUp(sale.ID)
	})
}

func TestOfCancelAndPaymentOneWins(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		rounds := f.rounds(100)
		sale := f.sale(map[string]int64{"a": int64(rounds)})
		for _, o := range f.settle(f.orders(sale, rounds)...) {
			var outcome seckill.PaymentOutcome
			var cancelErr error
			race(t,
				func() error { _, cancelErr = f.Cancel(t.Context(), o.ID, o.Buyer); return nil },
				func() (err error) { outcome, _, err = f.ApplyPayment(t.Context(), succeeded(o)); return },
			)
			if cancelErr == nil {
				require.Equal(t, seckill.PaymentLate, outcome)
			} else {
				require.Equal(t, string(seckill.OrderPaid), conflictState(cancelErr))
				require.Equal(t, seckill.PaymentApplied, outcome)
			}
		}
		f.requireAddsUp(sale.ID)
	})
}

func TestACancelSeesAnOrderThatIsBeingSettledOrDoesNot(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		rounds := f.rounds(300)
		sale := f.sale(map[string]int64{"a": int64(rounds)})
		for _, o := range f.orders(sale, rounds) {
			var err error
			race(t,
				func() error { _, err := f.Settle(t.Context(), []seckill.Order{o}); return err },
				func() error {
					for range 50 {
						if _, err = f.Cancel(t.Context(), o.ID, o.Buyer); seckill.CodeOf(err) != seckill.CodeNotFound {
							return nil
						}
					}
					return nil
				},
			)
			if err != nil {
				require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err), "%v", err)
			}
		}
		f.requireAddsUp(sale.ID)
	})
}

func TestOfManyExpirersOneEndsTheOrder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 100, "b": 100})
		all := ids(f.settle(f.orders(sale, 60)...))
		var results [4][]seckill.Order
		var expirers []func() error
		for i := range results {
			expirers = append(expirers, func() (err error) {
				results[i], err = f.Expire(t.Context(), all, start.Add(time.Hour))
				return
			})
		}
		race(t, expirers...)
		var ended []seckill.ID
		for _, r := range results {
			ended = append(ended, ids(r)...)
		}
		require.ElementsMatch(t, all, ended)
		require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 100, Releasing: 60}, f.counters(sale.ID)["a"])
		f.requireAddsUp(sale.ID)
	})
}

func TestReleasesAreSharedOutBetweenSales(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		big, small := f.sale(map[string]int64{"a": 100}), f.sale(map[string]int64{"a": 100})
		bigs := f.settle(f.orders(big, 20)...)
		smalls := f.settle(f.orders(small, 2)...)
		_, err := f.Expire(t.Context(), append(ids(bigs), ids(smalls)...), start.Add(time.Hour))
		require.NoError(t, err)

		releases, err := f.PendingReleases(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, releases, 7, "half of the places for each sale")
		for _, o := range smalls {
			require.Contains(t, releases, Release{SaleID: small.ID, OrderID: o.ID})
		}
		releases, err = f.PendingReleases(t.Context(), 1)
		require.NoError(t, err)
		require.Len(t, releases, 1)
		require.NoError(t, f.markReleased(append(ids(bigs), ids(smalls)...)...))
		require.Zero(t, f.counters(big.ID)["a"].Releasing)
		f.requireAddsUp(big.ID)
	})
}

func TestOrdersWithAnOpenPaymentAreSparedForAWhile(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.settle(f.orders(sale, 4)...)
		begin := func(o seckill.Order, provider, payment string) {
			t.Helper()
			_, err := f.CreatePayment(t.Context(), o.ID, o.Buyer, provider, payment)
			require.NoError(t, err)
		}
		begin(orders[1], "standard", "p1")
		begin(orders[1], "cash", "c1")
		begin(orders[2], "cash", "c2")
		begin(orders[3], "standard", "p3")
		f.apply(event(orders[3], seckill.PaymentFailed, "p3"), seckill.PaymentApplied)

		asked := Sparing{Providers: []string{"standard", "other"}, Patience: time.Minute}
		early := orders[0].HoldUntil.Add(-time.Millisecond)
		end := orders[0].HoldUntil
		over := end.Add(time.Minute)
		spared := func(now time.Time, s Sparing) (list []string) {
			t.Helper()
			payments, err := f.Spared(t.Context(), now, s, 0)
			require.NoError(t, err)
			for _, p := range payments {
				list = append(list, p.ID)
			}
			return list
		}
		require.Empty(t, spared(early, asked))
		require.Equal(t, []string{"p1"}, spared(end, asked), "only of providers that are asked, and only open ones")
		require.Equal(t, []string{"p1"}, spared(over.Add(-time.Millisecond), asked))
		require.Empty(t, spared(over, asked), "patience is over")
		require.Empty(t, spared(end, Sparing{Patience: time.Minute}))

		due := func(now time.Time, sparing ...Sparing) []seckill.ID {
			t.Helper()
			list, err := f.Due(t.Context(), now, 0, sparing...)
			require.NoError(t, err)
			return list
		}
		rest := []seckill.ID{orders[0].ID, orders[2].ID, orders[3].ID}
		require.ElementsMatch(t, ids(orders), due(end))
		require.ElementsMatch(t, ids(orders), due(end, Sparing{Patience: time.Minute}))
		require.ElementsMatch(t, rest, due(end, asked))
		require.ElementsMatch(t, ids(orders), due(over, asked))

		expired, err := f.Expire(t.Context(), ids(orders), end, asked)
		require.NoError(t, err)
		require.ElementsMatch(t, rest, ids(expired))
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(orders[1].ID))
		expired, err = f.Expire(t.Context(), ids(orders), over, asked)
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{orders[1].ID}, ids(expired))
		f.requireAddsUp(sale.ID)
	})
}
