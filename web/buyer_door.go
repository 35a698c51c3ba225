package web

import (
	"errors"
	"log/slog"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/web/token"
)

// ForBuyer runs a handler for the buyer that the request's token names, within
// that buyer's limit.
func (s *Server) ForBuyer(handle func(c *gin.Context, buyer string)) gin.HandlerFunc {
	return s.ForIdentity(func(c *gin.Context, id token.Identity) { handle(c, id.Buyer) })
}

// ForIdentity is ForBuyer where it matters how long the token is good.
func (s *Server) ForIdentity(handle func(c *gin.Context, id token.Identity)) gin.HandlerFunc {
	return func(c *gin.Context) {
		shown, err := token.Shown(c.Request.Header, "A buyer's token")
		if err != nil {
			s.askToSignIn(c, err)
			return
		}
		id, err := s.cfg.Tokens.Identify(c.Request.Context(), shown)
		if err != nil {
			s.askToSignIn(c, err)
			return
		}
		if wait, ok := s.perBuyer.take(id.Buyer); !ok {
			s.tooMany(c, "buyer", wait)
			return
		}
		handle(c, id)
	}
}

// askToSignIn answers a buyer whose token was not taken, and counts why.
func (s *Server) askToSignIn(c *gin.Context, err error) {
	var refusal *token.Refusal
	if errors.As(err, &refusal) {
		s.metrics.tokens.WithLabelValues(refusal.Why).Inc()
		if line := s.strangers[refusal.Why]; line != nil {
			line.Warn(c.Request.Context(), "buyers' tokens are refused",
				slog.String("why", refusal.Why), slog.String("ip", s.Client(c.Request).String()))
		}
	}
	s.Fail(c, err)
}

// newStrangers makes the sampled lines that tell operators why tokens are refused;
// visitors without one, and with an old one, are no news.
func newStrangers(cfg Config) map[string]*SampledLog {
	lines := make(map[string]*SampledLog, len(token.Reasons))
	for _, why := range token.Reasons {
		if why != token.Missing && why != token.Expired {
			lines[why] = NewSampledLog(cfg.Logger, cfg.Clock)
		}
	}
	return lines
}
