package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web/token"
)

// requireAdmin lets operators through. Every call is a guess at the token, whatever
// it is that it asks for.
func (s *Server) requireAdmin(c *gin.Context) {
	shown, err := token.Shown(c.Request.Header, "The admin token")
	if err != nil {
		s.Fail(c, err)
		return
	}
	// Sums of one length, compared in constant time: the time tells nothing of
	// the token, not even how long it is.
	sum := sha256.Sum256([]byte(shown))
	ok, wait := s.guesses.try(s.source(c.Request), func() bool {
		return subtle.ConstantTimeCompare(sum[:], s.adminSum[:]) == 1
	})
	if ok {
		return
	}
	s.refusedOperators.Warn(c.Request.Context(), "an operator's call was refused: the admin token is wrong, or was so too often from this address",
		slog.String("ip", s.Client(c.Request).String()), slog.String("route", c.FullPath()),
		slog.Bool("too_often", wait > 0), slog.String("request_id", RequestID(c)))
	if wait > 0 {
		s.metrics.rateLimited.WithLabelValues("failure").Inc()
		s.Fail(c, &seckill.Error{Code: seckill.CodeRateLimited, RetryAfter: wait,
			Detail: "Too many wrong admin tokens came from this address. Please wait a moment."})
		return
	}
	s.Fail(c, seckill.Errorf(seckill.CodeUnauthorized, "This is not the admin token."))
}
