package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// demoLogin gives a token to whoever asks. It is there only where the config
// turned it on: to try the service out, or to test it.
func (s *Server) demoLogin(c *gin.Context) {
	var body struct {
		Buyer string `json:"buyer"`
	}
	if !s.readJSON(c, &body) {
		return
	}
	if seckill.ValidateBuyer(body.Buyer) != nil {
		s.fail(c, seckill.Invalid("buyer", "must be 1 to %d printable characters", seckill.MaxBuyerRunes))
		return
	}
	token, until, err := s.buyers.sign(body.Buyer, DefaultDemoTTL)
	if err != nil {
		s.fail(c, err)
		return
	}
	writeJSON(c, http.StatusOK, struct {
		Token     string `json:"token"`
		ExpiresAt string `json:"expires_at"`
	}{token, formatTime(until)})
}
