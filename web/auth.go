package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"

	"github.com/seckill-go/seckill/seckill"
)

// buyerTokens verifies and, for the demo, signs buyers' tokens.
type buyerTokens struct {
	secret           []byte
	keys             *keySet // nil without a JWKS
	parser           *jwt.Parser
	issuer, audience string
	maxLife          time.Duration
	clock            seckill.Clock
	verified         *verifiedTokens
}

func newBuyerTokens(cfg Config) (*buyerTokens, error) {
	t := &buyerTokens{secret: cfg.HS256Secret, issuer: cfg.Issuer, audience: cfg.Audience, maxLife: cfg.MaxTokenLife, clock: cfg.Clock,
		verified: newVerifiedTokens(cfg.Clock)}
	var algorithms []string
	if len(t.secret) > 0 {
		algorithms = append(algorithms, "HS256")
	}
	if cfg.JWKSURL != "" {
		var err error
		if t.keys, err = newKeySet(cfg.JWKSURL, cfg.JWKSClient, cfg.Clock, cfg.Logger); err != nil {
			return nil, err
		}
		algorithms = append(algorithms, "RS256", "ES256")
	}
	opts := []jwt.ParserOption{jwt.WithValidMethods(algorithms), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithTimeFunc(cfg.Clock)}
	if cfg.Issuer != "" {
		opts = append(opts, jwt.WithIssuer(cfg.Issuer))
	}
	if cfg.Audience != "" {
		opts = append(opts, jwt.WithAudience(cfg.Audience))
	}
	t.parser = jwt.NewParser(opts...)
	return t, nil
}

// identity is what a good token says: who asks, and until when that is believed.
type identity struct {
	buyer string
	until time.Time
}

// identify verifies a token, or knows that it was verified a moment ago. An error is
// unauthorized, or unavailable when the keys to judge by could not be fetched.
func (t *buyerTokens) identify(ctx context.Context, token string) (identity, error) {
	sum, keys := sha256.Sum256([]byte(token)), t.keys.version()
	if id, ok := t.verified.find(sum, keys); ok {
		return id, nil
	}
	id, err := t.verify(ctx, token)
	if err == nil {
		t.verified.add(sum, keys, id)
	}
	return id, err
}

func (t *buyerTokens) verify(ctx context.Context, token string) (identity, error) {
	var claims tokenClaims
	_, err := t.parser.ParseWithClaims(token, &claims, func(token *jwt.Token) (any, error) { return t.key(ctx, token) })
	var own *seckill.Error
	switch {
	case err == nil:
	case errors.As(err, &own):
		return identity{}, own
	default:
		return identity{}, tokenError(err)
	}
	if err := seckill.ValidateBuyer(claims.Subject); err != nil {
		return identity{}, refusedToken(tokenBuyer, err, "The token names no valid buyer.")
	}
	if seckill.TrialBuyer(claims.Subject) && !claims.Trial {
		return identity{}, refusedToken(tokenBuyer, nil, "The token names a buyer that no customer can be: "+seckill.TrialBuyerPrefix+" begins those of trials.")
	}
	id := identity{buyer: claims.Subject, until: claims.ExpiresAt.Time}
	if id.until.Sub(t.clock()) > t.maxLife+maxClockSkew {
		return identity{}, refusedToken(tokenLifetime, nil, fmt.Sprintf("The token is good for longer than %v, which is the most that is accepted here.", t.maxLife))
	}
	return id, nil
}

// key picks the key by the token's algorithm, which the parser has checked to
// be an allowed one. The secret serves HS256 alone and public keys never do:
// else whoever knows a public key could sign with it.
func (t *buyerTokens) key(ctx context.Context, token *jwt.Token) (any, error) {
	header, _, _ := strings.Cut(token.Raw, ".")
	text, err := t.parser.DecodeSegment(header)
	if err != nil {
		return nil, err
	}
	kid, err := keyID(text)
	if err != nil {
		return nil, err
	}
	alg := token.Method.Alg()
	if alg == "HS256" {
		return t.secret, nil
	}
	return t.keys.find(ctx, kid, alg)
}

// sign makes a token for a buyer, for no longer than is accepted.
func (t *buyerTokens) sign(buyer string, ttl time.Duration) (string, time.Time, error) {
	now := t.clock()
	until := now.Add(min(ttl, t.maxLife)).Truncate(time.Second)
	claims := tokenClaims{Trial: seckill.TrialBuyer(buyer), RegisteredClaims: jwt.RegisteredClaims{
		Subject: buyer, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(until), Issuer: t.issuer}}
	if t.audience != "" {
		claims.Audience = jwt.ClaimStrings{t.audience}
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(t.secret)
	return token, until, err
}

// maxClockSkew is how far the clock of whoever signs tokens may be ahead, so that one
// which says that it is good from now on is good at once. The end of a token is exact: a
// stream ends with it, a page asks for the next one in time, and one that lives for an
// hour is not helped by seconds.
const maxClockSkew = time.Minute

// forBuyer runs a handler for the buyer that the request's token names, within
// that buyer's limit.
func (s *Server) forBuyer(handle func(c *gin.Context, buyer string)) gin.HandlerFunc {
	return s.forIdentity(func(c *gin.Context, id identity) { handle(c, id.buyer) })
}

// forIdentity is forBuyer where it matters how long the token is good.
func (s *Server) forIdentity(handle func(c *gin.Context, id identity)) gin.HandlerFunc {
	return func(c *gin.Context) {
		token, err := bearer(c, "A buyer's token")
		if err != nil {
			s.askToSignIn(c, err)
			return
		}
		id, err := s.buyers.identify(c.Request.Context(), token)
		if err != nil {
			s.askToSignIn(c, err)
			return
		}
		if wait, ok := s.perBuyer.take(id.buyer); !ok {
			s.tooMany(c, "buyer", wait)
			return
		}
		handle(c, id)
	}
}

// bearer is the token that a request shows; what says whose it should be.
func bearer(c *gin.Context, what string) (token string, err error) {
	const scheme = "Bearer "
	h := c.Request.Header["Authorization"]
	if len(h) > 1 {
		return "", refusedToken(tokenTwice, nil, "There is more than one Authorization header: which one counts cannot be told. Send one alone.")
	}
	if len(h) == 0 || len(h[0]) <= len(scheme) || !strings.EqualFold(h[0][:len(scheme)], scheme) {
		return "", refusedToken(tokenMissing, nil, what+" is required: Authorization: Bearer <token>.")
	}
	return h[0][len(scheme):], nil
}
