package ledger

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestOrdersAreListedNewestFirst(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale, other := f.sale(map[string]int64{"a": 20, "b": 20}), f.sale(map[string]int64{"a": 20})
		orders := append(f.orders(sale, 6), f.orders(other, 2)...)
		for i := range orders {
			orders[i].Buyer = []string{"ann", "买家"}[i%2]
		}
		orders = f.settle(orders...)
		_, err := f.Cancel(t.Context(), orders[1].ID, orders[1].Buyer)
		require.NoError(t, err)
		newest := slices.Clone(orders)
		slices.Reverse(newest)
		pick := func(which func(i int, o seckill.Order) bool) (out []seckill.ID) {
			for i, o := range newest {
				if which(i, o) {
					out = append(out, o.ID)
				}
			}
			return out
		}

		of, err := f.OrdersOfBuyer(t.Context(), "买家", 0, 0)
		require.NoError(t, err)
		require.Equal(t, pick(func(_ int, o seckill.Order) bool { return o.Buyer == "买家" }), ids(of))
		require.Equal(t, orders[1].Lines, of[len(of)-1].Lines)
		of, err = f.OrdersOfBuyer(t.Context(), "买家", of[0].ID, 2)
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{orders[5].ID, orders[3].ID}, ids(of))
		of, err = f.OrdersOfBuyer(t.Context(), "ANN", 0, 0)
		require.NoError(t, err)
		require.Empty(t, of)

		in, err := f.Orders(t.Context(), OrderQuery{Sale: sale.ID})
		require.NoError(t, err)
		require.Equal(t, pick(func(_ int, o seckill.Order) bool { return o.SaleID == sale.ID }), ids(in))
		in, err = f.Orders(t.Context(), OrderQuery{Sale: sale.ID, Status: seckill.OrderAwaitingPayment, Cursor: orders[5].ID, Limit: 3})
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{orders[4].ID, orders[3].ID, orders[2].ID}, ids(in))
		in, err = f.Orders(t.Context(), OrderQuery{Sale: sale.ID, Status: seckill.OrderCancelled})
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{orders[1].ID}, ids(in))

		standings, err := f.Standings(t.Context(), []seckill.ID{orders[0].ID, orders[1].ID, f.id()})
		require.NoError(t, err)
		require.Equal(t, map[seckill.ID]seckill.Standing{
			orders[0].ID: {Status: seckill.OrderAwaitingPayment}, orders[1].ID: {Status: seckill.OrderCancelled}}, standings)
		_, err = f.Order(t.Context(), f.id())
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
		counts, err := f.OrderCounts(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, map[seckill.OrderStatus]int64{seckill.OrderAwaitingPayment: 5, seckill.OrderCancelled: 1}, counts)
	})
}

func TestOrdersAreFoundByBuyerAndStatus(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale, other := f.sale(map[string]int64{"a": 20}), f.sale(map[string]int64{"a": 20})
		orders := append(f.orders(sale, 4), f.orders(other, 4)...)
		for i := range orders {
			orders[i].Buyer = []string{"ann", "bob"}[i%2]
		}
		orders = f.settle(orders...)
		_, err := f.Cancel(t.Context(), orders[1].ID, "bob")
		require.NoError(t, err)
		for _, c := range []struct {
			query OrderQuery
			want  []seckill.ID
		}{
			{OrderQuery{Sale: sale.ID, Buyer: "bob"}, []seckill.ID{orders[3].ID, orders[1].ID}},
			{OrderQuery{Sale: sale.ID, Buyer: "bob", Status: seckill.OrderCancelled}, []seckill.ID{orders[1].ID}},
			{OrderQuery{Buyer: "ann", Limit: 2}, []seckill.ID{orders[6].ID, orders[4].ID}},
			{OrderQuery{Buyer: "ann", Cursor: orders[4].ID}, []seckill.ID{orders[2].ID, orders[0].ID}},
			{OrderQuery{Buyer: "an"}, []seckill.ID{}},
		} {
			found, err := f.Orders(t.Context(), c.query)
			require.NoError(t, err)
			require.Equal(t, c.want, ids(found), "%+v", c.query)
		}
		_, err = f.Orders(t.Context(), OrderQuery{})
		require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err))
	})
}

func TestOrderIsFoundByItsKey(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale, other := f.sale(map[string]int64{"a": 5}), f.sale(map[string]int64{"a": 5})
		order := f.order(sale, 1)
		f.settle(order, f.order(sale, 2), f.order(other, 2))
		found, err := f.OrderOfKey(t.Context(), sale.ID, "buyer-1", "key-1")
		require.NoError(t, err)
		require.Equal(t, order.ID, found.ID)
		require.Equal(t, order.Lines, found.Lines)
		for _, c := range []struct {
			sale       seckill.ID
			buyer, key string
		}{{other.ID, "buyer-1", "key-1"}, {sale.ID, "buyer-2", "key-1"}, {sale.ID, "buyer-1", "KEY-1"}, {sale.ID, "buyer-1", ""}} {
			_, err := f.OrderOfKey(t.Context(), c.sale, c.buyer, c.key)
			require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err), "%v", c)
		}
	})
}

func TestTheNextHoldToEndIsThatOfTheOldestUnpaidOrder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 20})
		_, found, err := f.NextHoldEnd(t.Context(), sale.ID)
		require.NoError(t, err)
		require.False(t, found)
		orders := f.settle(f.orders(sale, 3)...)
		f.settle(f.orders(f.sale(map[string]int64{"a": 5}), 1)...)
		for i, o := range orders {
			at, found, err := f.NextHoldEnd(t.Context(), sale.ID)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, o.HoldUntil, at, "order %d", i)
			_, err = f.Cancel(t.Context(), o.ID, o.Buyer)
			require.NoError(t, err)
		}
		_, found, err = f.NextHoldEnd(t.Context(), sale.ID)
		require.NoError(t, err)
		require.False(t, found)
	})
}
