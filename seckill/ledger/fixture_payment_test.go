package ledger

import (
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// succeeded is the event of a payment that fits its order.
func succeeded(o seckill.Order) seckill.PaymentEvent {
	return event(o, seckill.PaymentSucceeded, "pay-"+o.ID.String())
}

func event(o seckill.Order, kind seckill.PaymentEventType, payment string) seckill.PaymentEvent {
	return seckill.PaymentEvent{
		Provider: "standard", ID: string(kind) + "-" + payment, Type: kind, PaymentID: payment,
		OrderID: o.ID, Amount: o.Amount, Currency: o.Currency, PaidAt: start, Body: []byte(`{"a":1}`),
	}
}

func (f *fixture) pay(o seckill.Order) {
	f.t.Helper()
	f.apply(succeeded(o), seckill.PaymentApplied)
	require.Equal(f.t, seckill.OrderPaid, f.status(o.ID))
}

func (f *fixture) apply(e seckill.PaymentEvent, want seckill.PaymentOutcome) seckill.Order {
	f.t.Helper()
	outcome, order, err := f.ApplyPayment(f.t.Context(), e)
	require.NoError(f.t, err)
	require.Equal(f.t, want, outcome)
	return order
}

func (f *fixture) confirm(ids ...seckill.ID) {
	f.t.Helper()
	n, err := f.ConfirmStock(f.t.Context(), ids)
	require.NoError(f.t, err)
	require.Equal(f.t, len(ids), n)
}
