package web

import (
	"errors"
	"log/slog"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"

	"github.com/seckill-go/seckill/seckill"
)

// Why a buyer is asked to sign in.
const (
	tokenMissing   = "missing"
	tokenTwice     = "twice"
	tokenMalformed = "malformed"
	tokenSignature = "signature" // of another secret or key, or by another algorithm
	tokenKey       = "key"       // none of the JWKS
	tokenClaim     = "claim"     // one that is required is not there
	tokenExpired   = "expired"
	tokenEarly     = "early"
	tokenLifetime  = "lifetime"
	tokenIssuer    = "issuer"
	tokenAudience  = "audience"
	tokenBuyer     = "buyer"
)

// tokenRefusals are all of them, each with the sampled line that tells operators of it;
// visitors without a token, and with an old one, are no news.
func tokenRefusals(cfg Config) map[string]*sampledLog {
	lines := map[string]*sampledLog{tokenMissing: nil, tokenExpired: nil}
	for _, why := range []string{tokenTwice, tokenMalformed, tokenSignature, tokenKey, tokenClaim,
		tokenEarly, tokenLifetime, tokenIssuer, tokenAudience, tokenBuyer} {
		lines[why] = newSampledLog(cfg.Logger, cfg.Clock)
	}
	return lines
}

// tokenErrors tells the parser's errors apart. A token may have several faults: the
// first of these counts.
var tokenErrors = []struct {
	err         error
	why, detail string
}{
	{jwt.ErrTokenSignatureInvalid, tokenSignature, "The token is not valid."},
	{errNoKey, tokenKey, "The token is not valid."},
	{jwt.ErrTokenInvalidIssuer, tokenIssuer, "The token is of another issuer."},
	{jwt.ErrTokenInvalidAudience, tokenAudience, "The token is for another audience."},
	{jwt.ErrTokenRequiredClaimMissing, tokenClaim, "The token lacks a claim that is required here."},
	{jwt.ErrTokenNotValidYet, tokenEarly, "The token is not valid yet."},
	{jwt.ErrTokenExpired, tokenExpired, "The token has expired."},
}

// tokenError is the refusal of a token that the parser did not take.
func tokenError(err error) error {
	for _, e := range tokenErrors {
		if errors.Is(err, e.err) {
			return refusedToken(e.why, err, e.detail)
		}
	}
	return refusedToken(tokenMalformed, err, "The token is not valid.")
}

// tokenRefusal is the cause of the answer to a buyer, with what operators are told.
type tokenRefusal struct {
	why   string
	cause error
}

func (r *tokenRefusal) Error() string {
	if r.cause == nil {
		return r.why
	}
	return r.why + ": " + r.cause.Error()
}

func (r *tokenRefusal) Unwrap() error { return r.cause }

func refusedToken(why string, cause error, detail string) error {
	return unauthorized(&tokenRefusal{why, cause}, detail)
}

// askToSignIn answers a buyer whose token was not taken, and counts why.
func (s *Server) askToSignIn(c *gin.Context, err error) {
	var refusal *tokenRefusal
	if errors.As(err, &refusal) {
		s.metrics.tokens.WithLabelValues(refusal.why).Inc()
		if line := s.strangers[refusal.why]; line != nil {
			line.warn(c.Request.Context(), "buyers' tokens are refused",
				slog.String("why", refusal.why), slog.String("ip", s.client(c.Request).String()))
		}
	}
	s.fail(c, err)
}

func unauthorized(cause error, detail string) *seckill.Error {
	return &seckill.Error{Code: seckill.CodeUnauthorized, Detail: detail, Cause: cause}
}
