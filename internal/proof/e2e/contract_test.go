package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// awaiting buys one unit for a buyer and waits until it can be paid.
func (s sale) awaiting(buyer string) (token, order string) {
	s.t.Helper()
	token = buyerToken(buyer)
	a := s.buy(0, token, "key", line{"phone-1", 1})
	require.Equal(s.t, 202, a.HTTP, "%s", a.Body)
	testkit.Eventually(s.t, func() bool {
		return s.order(token, a.OrderID).Status == "awaiting_payment"
	}, "the order awaits payment")
	return token, a.OrderID
}

func TestCancelAndPayAnswerAsTheContractSays(t *testing.T) {
	t.Parallel()
	for name, make := range bothModes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := make(t).openSale(longHold, item{"phone-1", 100, 1})

			t.Run("cancel gives the unit back, once", func(t *testing.T) {
				before := s.audit()["phone-1"].Available
				token, order := s.awaiting("canceller")
				a := must(t, "POST", s.url(0)+"/api/v1/orders/"+order+"/cancel", token, nil)
				require.Equal(t, 200, a.HTTP, "%s", a.Body)
				require.Equal(t, "cancelled", a.Status)
				a = must(t, "POST", s.url(0)+"/api/v1/orders/"+order+"/cancel", token, nil)
				require.Equal(t, 409, a.HTTP, "%s", a.Body)
				require.Equal(t, "conflict", a.Code)
				require.Equal(t, before, s.audit()["phone-1"].Available)
				a = must(t, "POST", s.url(0)+"/api/v1/orders/"+order+"/pay", token, nil)
				require.Equal(t, 409, a.HTTP, "a cancelled order cannot be paid")
			})

			t.Run("a second payment is to be refunded", func(t *testing.T) {
				token, order := s.awaiting("payer")
				a := s.pay(token, order)
				require.Equal(t, "applied", a.Result, "%s", a.Body)
				require.Equal(t, "paid", s.order(token, order).Status)
				a = s.callback("evt-second", time.Now(), succeeded("pay_another", order, price))
				require.Equal(t, 200, a.HTTP, "%s", a.Body)
				require.Equal(t, "refund_due", a.Result)
				require.Equal(t, "paid", s.order(token, order).Status)
				a = must(t, "POST", s.url(0)+"/api/v1/orders/"+order+"/cancel", token, nil)
				require.Equal(t, 409, a.HTTP, "a paid order cannot be cancelled")
			})

			t.Run("a replayed callback changes nothing", func(t *testing.T) {
				token, order := s.awaiting("replayed")
				body := succeeded("pay_replayed", order, price)
				require.Equal(t, "applied", s.callback("evt-replayed", time.Now(), body).Result)
				require.Equal(t, "duplicate", s.callback("evt-replayed", time.Now(), body).Result)
				require.Equal(t, "duplicate", s.callback("evt-replayed-2", time.Now(), body).Result, "the same payment, told again")
				require.Equal(t, "paid", s.order(token, order).Status)
			})

			t.Run("what does not fit is refused and changes nothing", func(t *testing.T) {
				token, order := s.awaiting("careful")
				_, others := s.awaiting("other")
				p := must(t, "POST", s.url(0)+"/api/v1/orders/"+order+"/pay", token, nil)
				require.Equal(t, 200, p.HTTP, "%s", p.Body)

				a := s.callback("evt-amount", time.Now(), succeeded(p.PaymentID, order, 1))
				require.Equal(t, 422, a.HTTP, "%s", a.Body)
				require.Equal(t, "payment_mismatch", a.Code)
				a = s.callback("evt-other", time.Now(), succeeded(p.PaymentID, others, price))
				require.Equal(t, 422, a.HTTP, "another's order id: %s", a.Body)
				a = s.callback("evt-unknown", time.Now(), succeeded("pay_x", "123456789", price))
				require.Equal(t, 422, a.HTTP, "an order that is not there: %s", a.Body)
				a = s.callback("evt-old", time.Now().Add(-6*time.Minute), succeeded(p.PaymentID, order, price))
				require.Equal(t, 401, a.HTTP, "an old callback: %s", a.Body)
				forged, err := call("POST", s.url(0)+"/webhooks/payments/standard", "", map[string]string{
					"webhook-id": "evt-forged", "webhook-timestamp": fmt.Sprint(time.Now().Unix()),
					"webhook-signature": "v1,Zm9yZ2VkIGZvcmdlZCBmb3JnZWQgZm9yZ2VkIGZvcmc=",
				}, succeeded(p.PaymentID, order, price))
				require.NoError(t, err)
				require.Equal(t, 401, forged.HTTP, "%s", forged.Body)
				require.Equal(t, "unauthorized", forged.Code)

				require.Equal(t, "awaiting_payment", s.order(token, order).Status)
				require.Equal(t, "awaiting_payment", s.order(buyerToken("other"), others).Status)
			})

			t.Run("another's order is not there", func(t *testing.T) {
				_, order := s.awaiting("owner")
				stranger := buyerToken("stranger")
				for _, call := range []struct{ method, path string }{
					{"GET", ""}, {"GET", "/events"}, {"POST", "/cancel"}, {"POST", "/pay"},
				} {
					a := must(t, call.method, s.url(0)+"/api/v1/orders/"+order+call.path, stranger, nil)
					require.Equal(t, 404, a.HTTP, "%s %s: %s", call.method, call.path, a.Body)
				}
			})

			t.Run("the same key again is the same order", func(t *testing.T) {
				token, order := s.awaiting("twice")
				a := s.buy(0, token, "key", line{"phone-1", 1})
				require.Equal(t, 200, a.HTTP, "%s", a.Body)
				require.Equal(t, order, a.OrderID)
				a = s.buy(0, token, "another-key", line{"phone-1", 1})
				require.Equal(t, 409, a.HTTP)
				require.Equal(t, "limit_exceeded", a.Code)
				require.Equal(t, order, a.OrderID, "leads to the buyer's own order")
			})
			s.audit()
		})
	}
}
