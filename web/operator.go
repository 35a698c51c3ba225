package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

const (
	// operatorHeader says who of those that know the admin token is asking. It is
	// their word, for the records: the token alone decides what they may. A name in
	// other letters comes percent-encoded, as a header is ASCII.
	operatorHeader   = "X-Operator"
	maxOperatorRunes = 40
)

// requireAdmin lets operators through. Every call is a guess at the token, whatever
// it is that it asks for.
func (s *Server) requireAdmin(c *gin.Context) {
	token, err := bearer(c, "The admin token")
	if err != nil {
		s.fail(c, err)
		return
	}
	// Sums of one length, compared in constant time: the time tells nothing of
	// the token, not even how long it is.
	sum := sha256.Sum256([]byte(token))
	ok, wait := s.guesses.try(s.source(c.Request), func() bool {
		return subtle.ConstantTimeCompare(sum[:], s.adminSum[:]) == 1
	})
	if ok {
		return
	}
	s.refusedOperators.warn(c.Request.Context(), "an operator's call was refused: the admin token is wrong, or was so too often from this address",
		slog.String("ip", s.client(c.Request).String()), slog.String("route", c.FullPath()),
		slog.Bool("too_often", wait > 0), slog.String("request_id", requestID(c)))
	if wait > 0 {
		s.metrics.rateLimited.WithLabelValues("failure").Inc()
		s.fail(c, &seckill.Error{Code: seckill.CodeRateLimited, RetryAfter: wait,
			Detail: "Too many wrong admin tokens came from this address. Please wait a moment."})
		return
	}
	s.fail(c, unauthorized(nil, "This is not the admin token."))
}

// actorOf is who the records name: "admin", and a name where one was given.
func actorOf(c *gin.Context) string {
	name, err := url.PathUnescape(c.Request.Header.Get(operatorHeader))
	name = strings.TrimSpace(name)
	if err != nil || seckill.WrongText(name, 1, maxOperatorRunes) != "" {
		return actor
	}
	return actor + ":" + name
}

// acting is the request's context with who is asking.
func acting(c *gin.Context) context.Context {
	return ledger.ActingAs(c.Request.Context(), actorOf(c))
}
