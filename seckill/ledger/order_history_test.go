package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestAnOrdersHistoryHasItAll(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		sale := f.sale(map[string]int64{"a": 5, "b": 5})
		o := f.settle(f.order(sale, 1))[0]
		p, err := f.CreatePayment(ctx, o.ID, o.Buyer, "standard", "pay-1")
		require.NoError(t, err)
		f.clock.Advance(time.Second)
		pay := func(event string, amount int64) {
			_, _, err := f.ApplyPayment(ctx, seckill.PaymentEvent{Provider: "standard", ID: event, Type: seckill.PaymentSucceeded,
				PaymentID: p.ID, OrderID: o.ID, Amount: amount, Currency: "CNY", PaidAt: start, Body: []byte(strings.Repeat("x", 99))})
			require.NoError(t, err)
		}
		pay("wrong", 1)
		f.clock.Advance(time.Second)
		pay("right", o.Amount)
		_, err = f.ConfirmStock(ctx, []seckill.ID{o.ID})
		require.NoError(t, err)

		h, err := f.History(ctx, o.ID)
		require.NoError(t, err)
		require.Equal(t, seckill.OrderPaid, h.Order.Status)
		require.Equal(t, PlaceSold, h.Place)
		require.Len(t, h.Stock, 4)
		require.Equal(t, []StockMove{StockReserve, StockReserve, StockConfirm, StockConfirm},
			[]StockMove{h.Stock[0].Move, h.Stock[1].Move, h.Stock[2].Move, h.Stock[3].Move})
		require.Len(t, h.Payments, 1)
		require.Equal(t, "succeeded", h.Payments[0].Status)
		require.Len(t, h.Callbacks, 2)
		require.Equal(t, seckill.PaymentMismatch, h.Callbacks[0].Outcome)
		require.NotEmpty(t, h.Callbacks[0].Note)
		require.Equal(t, seckill.PaymentApplied, h.Callbacks[1].Outcome)
		require.Equal(t, start, h.Callbacks[1].PaidAt)

		_, err = f.History(ctx, f.id())
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
	})
}
