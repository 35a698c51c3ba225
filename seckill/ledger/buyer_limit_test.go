package ledger

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

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
