package buyer

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
)

// payOrder opens a payment for an order, or gives the one that is open.
func (s *API) payOrder(c *gin.Context, buyer string) {
	id, ok := s.PathID(c, "order")
	if !ok || !s.TakesNoFields(c) {
		return
	}
	if len(s.cfg.Providers) == 0 {
		s.Fail(c, seckill.Unavailable(nil, "Payments are not set up here."))
		return
	}
	ctx := c.Request.Context()
	provider := s.cfg.Providers[0]
	p, err := s.cfg.Ledger.CreatePayment(ctx, id, buyer, provider.Name(), payment.NewPaymentID())
	if err != nil {
		s.Fail(c, s.orQueued(ctx, err, id, buyer))
		return
	}
	// An open payment may be another provider's, from before a change of settings.
	if own, found := s.cfg.byName[p.Provider]; found {
		provider = own
	}
	address, err := provider.Create(ctx, p)
	if err != nil {
		s.Fail(c, seckill.Unavailable(err, "The payment provider cannot be reached. Please try again."))
		return
	}
	web.WriteJSON(c, http.StatusOK, struct {
		PaymentID  string `json:"payment_id"`
		PaymentURL string `json:"payment_url"`
	}{p.ID, address})
}
