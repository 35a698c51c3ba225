package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

// payOrder opens a payment for an order, or gives the one that is open.
func (s *Server) payOrder(c *gin.Context, buyer string) {
	id, ok := s.pathID(c, "order")
	if !ok || !s.takesNoFields(c) {
		return
	}
	if len(s.cfg.Providers) == 0 {
		s.fail(c, seckill.Unavailable(nil, "Payments are not set up here."))
		return
	}
	ctx := c.Request.Context()
	provider := s.cfg.Providers[0]
	p, err := s.cfg.Ledger.CreatePayment(ctx, id, buyer, provider.Name(), payment.NewPaymentID())
	if err != nil {
		s.fail(c, s.orQueued(ctx, err, id, buyer))
		return
	}
	// An open payment may be another provider's, from before a change of settings.
	if own, found := s.providers[p.Provider]; found {
		provider = own
	}
	address, err := provider.Create(ctx, p)
	if err != nil {
		s.fail(c, seckill.Unavailable(err, "The payment provider cannot be reached. Please try again."))
		return
	}
	writeJSON(c, http.StatusOK, struct {
		PaymentID  string `json:"payment_id"`
		PaymentURL string `json:"payment_url"`
	}{p.ID, address})
}
