package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

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
