package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// What nothing was done for, or what a person has to stop, must not pass unseen.
func TestWhatAPersonHasToLookAtIsRaisedOnce(t *testing.T) {
	const same, other = "p1", "p2" // p1 is the payment that the order's way went over
	const (
		doNotShip = "the money of a paid order went back: do not ship it"
		neverCame = "the money that went back had never come here"
		unknown   = "no payment with this id is known here"
		ofNoUse   = "nothing is done for events of this type"
		oddTime   = "the money came more than a day before the order, or comes more than a day from now, as paid_at says"
	)
	cases := []struct {
		way       string
		kind      seckill.PaymentEventType
		payment   string
		note      string
		announced string // as the last of the order
		paidAt    time.Time
	}{
		{"paid", seckill.RefundSucceeded, same, doNotShip, "order.payment_returned", time.Time{}},
		{"taken again", seckill.RefundSucceeded, same, doNotShip, "order.payment_returned", time.Time{}},
		{"paid twice", seckill.RefundSucceeded, other, "", "order.paid", time.Time{}},
		{"refund due", seckill.RefundSucceeded, same, "", "order.refunded", time.Time{}},
		{"awaiting", seckill.RefundSucceeded, same, neverCame, "order.awaiting_payment", time.Time{}},
		{"attempt failed", seckill.RefundSucceeded, same, neverCame, "order.awaiting_payment", time.Time{}},
		{"awaiting", seckill.RefundSucceeded, other, unknown, "order.awaiting_payment", time.Time{}},
		{"awaiting", seckill.RefundFailed, other, unknown, "order.awaiting_payment", time.Time{}},
		{"awaiting", seckill.PaymentFailed, other, unknown, "order.awaiting_payment", time.Time{}},
		{"awaiting", seckill.PaymentFailed, same, "", "order.awaiting_payment", time.Time{}},
		{"awaiting", "payment.success", same, ofNoUse, "order.awaiting_payment", time.Time{}},
		{"awaiting", seckill.PaymentSucceeded, same, oddTime, "order.paid", start.Add(-25 * time.Hour)},
		{"awaiting", seckill.PaymentSucceeded, same, oddTime, "order.paid", start.Add(25 * time.Hour)},
		{"awaiting", seckill.PaymentSucceeded, same, oddTime, "order.paid", time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)},
		{"awaiting", seckill.PaymentSucceeded, same, oddTime, "order.paid", time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)},
		{"awaiting", seckill.PaymentSucceeded, same, "", "order.paid", start.Add(-23 * time.Hour)},
		{"awaiting", seckill.PaymentSucceeded, same, "", "order.paid", start.Add(23 * time.Hour)},
	}
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 100})
		raisedOf := func(o seckill.Order) (notes []string) {
			page, err := f.RaisedCallbacks(t.Context(), RaisedCursor{}, 0)
			require.NoError(t, err)
			for _, r := range page {
				if r.OrderID == o.ID {
					notes = append(notes, r.Note)
				}
			}
			return notes
		}
		for i, c := range cases {
			name := fmt.Sprintf("%s, %s of %s", c.way, c.kind, c.payment)
			way, payment := c.way, fmt.Sprintf("%s-%d", c.payment, i)
			if way == "paid twice" {
				way = "paid"
			}
			o := f.orderAt(sale, way, int64(i+1), fmt.Sprintf("%s-%d", same, i))
			if way != c.way {
				f.apply(event(o, seckill.PaymentSucceeded, payment), seckill.PaymentRefundDue)
			}
			log := f.logged()
			for range 2 {
				e := event(o, c.kind, payment)
				if !c.paidAt.IsZero() {
					e.PaidAt = c.paidAt
				}
				_, _, err := f.ApplyPayment(t.Context(), e)
				require.NoError(t, err)
			}
			if c.note == "" {
				require.Empty(t, raisedOf(o), name)
			} else {
				require.Equal(t, []string{c.note}, raisedOf(o), name)
			}
			require.Equal(t, c.note != "", log.Len() > 0, "%s: a line in the log that asks for a person: %s", name, log)
			announced := f.announced()[o.ID]
			require.Equal(t, c.announced, announced[len(announced)-1], name)
		}
	})
}

// An id that came with a type that is not ours is free for the event that was meant.
func TestAnEventOfATypeThatIsNotOursDoesNotUseItsIDUp(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		o := f.settle(f.orders(sale, 1)...)[0]
		meant := succeeded(o)
		wrong := seckill.PaymentEvent{Provider: meant.Provider, ID: meant.ID, Type: "payment.success", Body: []byte("all that was read")}
		f.apply(wrong, seckill.PaymentIgnored)
		f.apply(wrong, seckill.PaymentIgnored)
		f.apply(meant, seckill.PaymentApplied)
		f.apply(wrong, seckill.PaymentIgnored)
		require.Equal(t, int64(2), f.count("SELECT COUNT(*) FROM payment_events"))
	})
}
