package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestTheAuditTrailTellsWhoDidWhatToASale(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := ActingAs(t.Context(), "admin:ann")
		draft := f.draft(map[string]int64{"a": 10})
		sale, _, err := f.CreateSale(ctx, draft)
		require.NoError(t, err)
		f.clock.Advance(time.Second)
		draft.Name = "Another name"
		require.NoError(t, f.UpdateDraft(ctx, draft))
		f.clock.Advance(time.Second)
		_, err = f.TransitionSale(ctx, sale.ID, seckill.SaleReady, "bob")
		require.NoError(t, err)
		_, err = f.ChangeTotal(ctx, sale.ID, "a", 5, "bob", "more came 来了")
		require.NoError(t, err)
		f.sale(map[string]int64{"a": 1})

		trail, err := f.AuditTrail(ctx, sale.ID, 0)
		require.NoError(t, err)
		var told []string
		for _, a := range trail {
			told = append(told, a.Actor+" "+a.Action)
		}
		require.Equal(t, []string{"bob stock", "bob ready", "admin:ann changed", "admin:ann created"}, told)
		require.Equal(t, SaleAction{At: start.Add(2 * time.Second), Actor: "bob", Action: ActionStock, Revision: 4,
			Detail: "more came 来了", SKU: "a", Delta: 5, Total: 15}, trail[0])
		trail, err = f.AuditTrail(ctx, sale.ID, 2)
		require.NoError(t, err)
		require.Len(t, trail, 2)
	})
}

func TestTheAuditTrailSaysThatASaleWasResumed(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		for _, to := range []seckill.SaleState{seckill.SaleReady, seckill.SalePaused, seckill.SaleReady, seckill.SaleReady, seckill.SalePaused, seckill.SaleClosed} {
			f.clock.Advance(time.Second)
			_, err := f.TransitionSale(t.Context(), sale.ID, to, "ann")
			require.NoError(t, err)
		}
		trail, err := f.AuditTrail(t.Context(), sale.ID, 0)
		require.NoError(t, err)
		var told []string
		for _, a := range trail {
			told = append(told, a.Action)
			require.Contains(t, Actions, a.Action)
		}
		require.Equal(t, []string{"closed", "paused", "resumed", "paused", "ready", "created"}, told)
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

func TestADraftThatIsThereAlreadyIsFoundSameOrNot(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		draft := f.draft(map[string]int64{"a": 5})
		draft.Key = "spring"
		d, err := f.FindDraft(ctx, draft)
		require.NoError(t, err)
		require.False(t, d.Found)
		sale, _, err := f.CreateSale(ctx, draft)
		require.NoError(t, err)
		_, err = f.ChangeTotal(ctx, sale.ID, "a", 1, "x", "y")
		require.NoError(t, err)
		d, err = f.FindDraft(ctx, draft)
		require.NoError(t, err)
		require.True(t, d.Found && d.Same, "a changed total does not make it another sale")
		require.EqualValues(t, 6, d.Sale.Items[0].Total)
		draft.Items[0].Price++
		d, err = f.FindDraft(ctx, draft)
		require.NoError(t, err)
		require.True(t, d.Found)
		require.False(t, d.Same)
	})
}

func TestTimesThatCountFromACreationAreHeldToWhatWasWritten(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		written := func(at time.Time, in, lasts time.Duration) seckill.Sale {
			s := f.draft(map[string]int64{"a": 5})
			s.ID, s.Key, s.StartsAt, s.EndsAt, s.StartsIn = f.id(), "soon", at.Add(in), at.Add(in+lasts), &in
			return s
		}
		day := start.Add(24 * time.Hour)
		sale, _, err := f.CreateSale(ctx, written(start, time.Hour, 2*time.Hour))
		require.NoError(t, err)
		for want, again := range map[string]seckill.Sale{
			"": written(day, time.Hour, 2*time.Hour),
			"starts_in: 1h0m0s here, 9h0m0s in what was sent": written(day, 9*time.Hour, 2*time.Hour),
			"lasts: 2h0m0s here, 3h0m0s in what was sent":     written(day, time.Hour, 3*time.Hour),
		} {
			found, created, err := f.CreateSale(ctx, again)
			d, _ := f.FindDraft(ctx, again)
			require.Equal(t, want == "", d.Same, want)
			if want != "" {
				require.ErrorContains(t, err, "other content: "+want)
				continue
			}
			require.NoError(t, err)
			require.False(t, created)
			require.Equal(t, sale, found, "the same file a day later")
		}
		// Times that somebody wrote into the draft are not taken back.
		sale.StartsIn, sale.StartsAt, sale.EndsAt = nil, day, day.Add(2*time.Hour)
		require.NoError(t, f.UpdateDraft(ctx, sale))
		_, created, err := f.CreateSale(ctx, written(day, 5*time.Hour, 2*time.Hour))
		require.NoError(t, err)
		require.False(t, created)
	})
}
