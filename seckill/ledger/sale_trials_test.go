package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestARehearsalIsRemovedAndNothingElse(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		real := f.sale(map[string]int64{"a": 700})
		draft := f.draft(map[string]int64{"a": 700})
		draft.Key = seckill.RehearsalKey
		rehearsal, _, err := f.CreateSale(ctx, draft)
		require.NoError(t, err)
		f.settle(f.orders(real, 3)...)
		orders := f.settle(f.orders(rehearsal, 601)...)
		paid := orders[0]
		_, _, err = f.ApplyPayment(ctx, seckill.PaymentEvent{Provider: "rehearsal", ID: "e", Type: seckill.PaymentSucceeded,
			PaymentID: "p", OrderID: paid.ID, Amount: paid.Amount, Currency: paid.Currency, PaidAt: start})
		require.NoError(t, err)
		for _, to := range []seckill.SaleState{seckill.SaleReady, seckill.SaleClosed} {
			require.Equal(t, seckill.CodeConflict, seckill.CodeOf(f.RemoveTrial(ctx, rehearsal.ID)), "before it is %s", to)
			_, err = f.TransitionSale(ctx, rehearsal.ID, to, "x")
			require.NoError(t, err)
		}
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(f.RemoveTrial(ctx, rehearsal.ID)), "its orders have not come to rest")
		_, err = f.Expire(ctx, ids(orders), start.Add(time.Hour))
		require.NoError(t, err)
		require.NoError(t, f.MarkReleased(ctx, rehearsal.ID, ids(orders[1:]), rehearsal.Epoch))
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(f.RemoveTrial(ctx, rehearsal.ID)), "paid units are reserved still")
		_, err = f.ConfirmStock(ctx, ids(orders[:1]))
		require.NoError(t, err)

		found, err := f.Trials(ctx)
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.NoError(t, f.RemoveTrial(ctx, rehearsal.ID))
		for _, table := range []string{"orders", "stock_history", "items", "sale_log", "stock_changes", "adoptions"} {
			require.Zero(t, f.count("SELECT COUNT(*) FROM "+table+" WHERE sale_id = ?", int64(rehearsal.ID)), table)
		}
		require.EqualValues(t, 3, f.count("SELECT COUNT(*) FROM order_lines"))
		require.Zero(t, f.count("SELECT COUNT(*) FROM payments"))
		require.Zero(t, f.count("SELECT COUNT(*) FROM payment_events"))
		require.EqualValues(t, 3, f.counters(real.ID)["a"].Reserved)
		f.requireAddsUp(real.ID)
		require.NoError(t, f.RemoveTrial(ctx, rehearsal.ID), "again")
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(f.RemoveTrial(ctx, real.ID)), "a real sale is never removed")
	})
}

// Whoever learns the id of a load's sale can buy and pay there: what is known of that
// money must stay.
func TestALoadsSaleIsRemovedUnlessMoneyWasAskedForInIt(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for paid := range 2 {
			draft := f.draft(map[string]int64{"a": 10})
			draft.Key = fmt.Sprintf("%s%d", seckill.BenchKeyPrefix, paid)
			bench, _, err := f.CreateSale(t.Context(), draft)
			require.NoError(t, err)
			orders := f.settle(f.orders(bench, 2)...)
			if paid == 1 {
				_, err = f.CreatePayment(t.Context(), orders[0].ID, orders[0].Buyer, "standard", "p")
				require.NoError(t, err)
			}
			for _, to := range []seckill.SaleState{seckill.SaleReady, seckill.SaleClosed} {
				_, err = f.TransitionSale(t.Context(), bench.ID, to, "x")
				require.NoError(t, err)
			}
			_, err = f.Expire(t.Context(), ids(orders), start.Add(time.Hour))
			require.NoError(t, err)
			require.NoError(t, f.MarkReleased(t.Context(), bench.ID, ids(orders), bench.Epoch))
			err = f.RemoveTrial(t.Context(), bench.ID)
			_, gone := f.Sale(t.Context(), bench.ID)
			if paid == 0 {
				require.NoError(t, err)
				require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(gone))
				continue
			}
			require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err))
			require.NoError(t, gone)
		}
	})
}
