package ledger

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// twoOrders are orders of one buyer of which the limit (5) allows one.
func (f *fixture) twoOrders(sale seckill.Sale) (older, newer seckill.Order) {
	older, newer = f.order(sale, 1, line("a", 3)), f.order(sale, 2, line("a", 3))
	older.Buyer, newer.Buyer = "ann", "ann"
	older.RequestKey, newer.RequestKey = "", ""
	older.Epoch, newer.Epoch = 1, 2
	return older, newer
}

func TestABuyerWhoseOrderRedisForgotGetsNoMoreThanTheLimit(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for name, settle := range map[string]func(older, newer seckill.Order) []seckill.Order{
			"in one batch": func(older, newer seckill.Order) []seckill.Order {
				r, err := f.Settle(t.Context(), []seckill.Order{newer, older})
				require.NoError(t, err)
				return r.Failed
			},
			"the forgotten one last": func(older, newer seckill.Order) []seckill.Order {
				f.settle(newer)
				r, err := f.Settle(t.Context(), []seckill.Order{older})
				require.NoError(t, err)
				return r.Failed
			},
			"the other one is sold": func(older, newer seckill.Order) []seckill.Order {
				f.settle(older)
				f.pay(older)
				f.confirm(older.ID)
				r, err := f.Settle(t.Context(), []seckill.Order{newer})
				require.NoError(t, err)
				return r.Failed
			},
			"the other one was paid late": func(older, newer seckill.Order) []seckill.Order {
				f.settle(older)
				_, err := f.Cancel(t.Context(), older.ID, older.Buyer)
				require.NoError(t, err)
				f.apply(succeeded(older), seckill.PaymentLate)
				_, _, err = f.Retake(t.Context(), older, says(true, 2))
				require.NoError(t, err)
				r, err := f.Settle(t.Context(), []seckill.Order{newer})
				require.NoError(t, err)
				return r.Failed
			},
		} {
			sale := f.sale(map[string]int64{"a": 100})
			f.inEpoch(sale, 2)
			failed := settle(f.twoOrders(sale))
			require.Len(t, failed, 1, name)
			require.Equal(t, seckill.ReasonLimitExceeded, failed[0].Reason, name)
			stored, err := f.Order(t.Context(), failed[0].ID)
			require.NoError(t, err)
			require.Equal(t, seckill.OrderFailed, stored.Status, name)
			c := f.counters(sale.ID)["a"]
			require.Equal(t, int64(3), c.Reserved+c.Sold, name)
			f.requireAddsUp(sale.ID)
		}
	})
}

func TestOfTwoSettlersOneKeepsTheLimitPerBuyer(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for range f.rounds(24) {
			sale := f.sale(map[string]int64{"a": 100})
			f.inEpoch(sale, 2)
			older, newer := f.twoOrders(sale)
			var running sync.WaitGroup
			for _, o := range []seckill.Order{older, newer} {
				running.Go(func() {
					if _, err := f.Settle(t.Context(), []seckill.Order{o}); err != nil {
						t.Error(err)
					}
				})
			}
			running.Wait()
			require.Equal(t, int64(3), f.counters(sale.ID)["a"].Reserved)
		}
	})
}

func TestWhatABuyerGaveBackDoesNotCountForTheLimit(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 100})
		f.inEpoch(sale, 2)
		older, newer := f.twoOrders(sale)
		f.settle(older)
		_, err := f.Cancel(t.Context(), older.ID, older.Buyer)
		require.NoError(t, err)
		// Redis may have its units again, and SQL does not know it yet.
		f.settle(newer)
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(newer.ID))

		other := f.order(sale, 3, line("a", 5))
		other.Buyer = "bob"
		f.settle(other)
		f.requireAddsUp(sale.ID)
	})
}

// paidAfterItsEnd is an order of ann's that was cancelled and then paid.
func (f *fixture) paidAfterItsEnd(sale seckill.Sale, ticket int64, lines ...seckill.Line) seckill.Order {
	f.t.Helper()
	o := f.order(sale, ticket, lines...)
	o.Buyer = "ann"
	f.settle(o)
	_, err := f.Cancel(f.t.Context(), o.ID, o.Buyer)
	require.NoError(f.t, err)
	f.apply(succeeded(o), seckill.PaymentLate)
	return o
}

// Redis says yes to each of them: it may have forgotten what the buyer has, or not have
// the sale at all.
func TestALatePaymentBuysNoMoreThanTheLimit(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for name, has := range map[string]struct {
			settled func(o seckill.Order)
			within  bool
		}{
			"he holds another":      {func(seckill.Order) {}, false},
			"he has bought another": {func(o seckill.Order) { f.pay(o); f.confirm(o.ID) }, false},
			"the other is on its way back": {func(o seckill.Order) {
				_, err := f.Cancel(t.Context(), o.ID, o.Buyer)
				require.NoError(t, err)
			}, true},
		} {
			sale := f.sale(map[string]int64{"a": 100, "b": 100}) // at most 5 of each
			late, other := f.paidAfterItsEnd(sale, 1, line("a", 3), line("b", 1)), f.order(sale, 2, line("a", 3))
			other.Buyer = late.Buyer
			f.settle(other)
			has.settled(other)
			before := f.counters(sale.ID)
			f.close(sale)
			withoutRedis := func(context.Context, seckill.Order) (string, int64, error) {
				return "", 0, seckill.Errorf(seckill.CodeNotFound, "not loaded")
			}
			outcome, decided, err := f.Retake(t.Context(), late, withoutRedis)
			require.NoError(t, err)
			if has.within {
				require.Equal(t, seckill.PaymentApplied, outcome, name)
				continue
			}
			require.Equal(t, seckill.PaymentRefundDue, outcome, name)
			require.Equal(t, seckill.ReasonPaidLateLimit, decided.Reason, name)
			require.Equal(t, "refund_due", f.paymentStatus("pay-"+late.ID.String()), name)
			require.Equal(t, before["b"].Reserved, f.counters(sale.ID)["b"].Reserved, "all lines or none: %s", name)
			f.requireAddsUp(sale.ID)
		}
	})
}

func TestOfTwoLatePaymentsOfABuyerOneKeepsTheLimit(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		processes := f.processes(2)
		for range f.rounds(24) {
			sale := f.sale(map[string]int64{"a": 100})
			var calls []func() error
			for i, l := range processes {
				o := f.paidAfterItsEnd(sale, int64(i+1), line("a", 3))
				calls = append(calls, func() error { _, _, err := l.Retake(t.Context(), o, says(true, 0)); return err })
			}
			race(t, calls...)
			require.EqualValues(t, 3, f.counters(sale.ID)["a"].Reserved)
			f.requireAddsUp(sale.ID)
		}
	})
}

// An order of a closed sale may be settled after Redis forgot it, and after an older
// one of its buyer was paid late.
func TestAnOrderThatIsSettledAfterTheCloseKeepsTheLimit(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 100})
		late := f.paidAfterItsEnd(sale, 1, line("a", 3))
		f.close(sale)
		f.retake(late, true, seckill.PaymentApplied)
		other := f.order(sale, 2, line("a", 3))
		other.Buyer = late.Buyer
		r, err := f.Settle(t.Context(), []seckill.Order{other})
		require.NoError(t, err)
		require.Len(t, r.Failed, 1)
		require.Equal(t, seckill.ReasonLimitExceeded, r.Failed[0].Reason)
	})
}

// A sale that Redis lost has a hundred thousand orders, say, and each batch looks for those
// of a few buyers.
func TestTheOrdersOfAFewBuyersAreFoundByTheirNames(t *testing.T) {
	f := newFixture(t, "sqlite")
	var plan []struct{ Detail string }
	buyers := make([]string, 500)
	require.NoError(t, f.db.Read(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("EXPLAIN QUERY PLAN "+unitsOfBuyers, []int64{1, 2}, buyers, stockReserved, stockSold).Scan(&plan).Error
	}))
	require.Contains(t, plan[0].Detail, "(sale_id=? AND buyer=?)")
}
