package token

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seckill-go/seckill/seckill"
)

// Why a buyer is asked to sign in. Who has no token, or an old one, is no news.
const (
	Missing      = "missing"
	whyTwice     = "twice"
	whyMalformed = "malformed"
	whySignature = "signature" // of another secret or key, or by another algorithm
	whyKey       = "key"       // none of the JWKS
	whyClaim     = "claim"     // one that is required is not there
	Expired      = "expired"
	whyEarly     = "early"
	whyLifetime  = "lifetime"
	whyIssuer    = "issuer"
	whyAudience  = "audience"
	whyBuyer     = "buyer"
)

// Reasons are all of them, as Refusal.Why has them.
var Reasons = []string{Missing, whyTwice, whyMalformed, whySignature, whyKey, whyClaim, Expired, whyEarly, whyLifetime, whyIssuer, whyAudience, whyBuyer}

// parserErrors tells the parser's errors apart. A token may have several faults: the
// first of these counts.
var parserErrors = []struct {
	err         error
	why, detail string
}{
	{jwt.ErrTokenSignatureInvalid, whySignature, "The token is not valid."},
	{errNoKey, whyKey, "The token is not valid."},
	{jwt.ErrTokenInvalidIssuer, whyIssuer, "The token is of another issuer."},
	{jwt.ErrTokenInvalidAudience, whyAudience, "The token is for another audience."},
	{jwt.ErrTokenRequiredClaimMissing, whyClaim, "The token lacks a claim that is required here."},
	{jwt.ErrTokenNotValidYet, whyEarly, "The token is not valid yet."},
	{jwt.ErrTokenExpired, Expired, "The token has expired."},
}

// parserError is the refusal of a token that the parser did not take.
func parserError(err error) error {
	for _, e := range parserErrors {
		if errors.Is(err, e.err) {
			return refused(e.why, err, e.detail)
		}
	}
	return refused(whyMalformed, err, "The token is not valid.")
}

// Refusal is the cause of the answer to a buyer, with what operators are told.
type Refusal struct {
	Why   string // one of Reasons
	cause error
}

func (r *Refusal) Error() string {
	if r.cause == nil {
		return r.Why
	}
	return r.Why + ": " + r.cause.Error()
}

func (r *Refusal) Unwrap() error { return r.cause }

func refused(why string, cause error, detail string) error {
	return &seckill.Error{Code: seckill.CodeUnauthorized, Detail: detail, Cause: &Refusal{why, cause}}
}
