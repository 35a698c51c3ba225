package buyer

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// demoTTL is how long the token of a demo login is good.
const demoTTL = 12 * time.Hour

// demoLogin gives a token to whoever asks. It is there only where the config
// turned it on: to try the service out, or to test it.
func (s *API) demoLogin(c *gin.Context) {
	var body struct {
		Buyer string `json:"buyer"`
	}
	if !s.ReadJSON(c, &body) {
		return
	}
	if seckill.ValidateBuyer(body.Buyer) != nil {
		s.Fail(c, seckill.Invalid("buyer", "must be 1 to %d printable characters", seckill.MaxBuyerRunes))
		return
	}
	token, until, err := s.cfg.Demo.Sign(body.Buyer, demoTTL)
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Token     string `json:"token"`
		ExpiresAt string `json:"expires_at"`
	}{token, web.FormatTime(until)})
}
