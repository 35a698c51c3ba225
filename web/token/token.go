// Package token tells buyers apart: it verifies the signed tokens (JWT) that the
// shop's login gives them, and signs those of a demo login and of a rehearsal.
//
// Invariants:
//
//   - a token comes in the Authorization header alone, never in an address, so that no
//     log and no history keeps one;
//   - it has one reading: names count as the standard writes them, each at most once;
//   - each key serves one algorithm, which its kind fixes;
//   - none is believed past its end, nor one that is good for longer than MaxLife;
//   - what a person is told of a refusal helps nobody to forge one; why it was refused
//     is for operators.
package token

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seckill-go/seckill/seckill"
)

// DefaultMaxLife is how long a token may be good at most, where nothing else is set.
const DefaultMaxLife = 24 * time.Hour

// MinSecretBytes is the least length of a secret.
const MinSecretBytes = 32

// Config is what New needs.
type Config struct {
	// HS256Secret verifies tokens and signs them. At least 32 bytes. This or JWKSURL is
	// required; with both, each serves its own algorithms.
	HS256Secret []byte
	// JWKSURL is where the public keys for RS256 and ES256 tokens are. https, or
	// http on loopback.
	JWKSURL string
	// JWKSClient fetches JWKSURL. Default: a client with a 5 s timeout that
	// follows no redirects.
	JWKSClient *http.Client
	// Issuer and Audience must be in a token when set. Default: not checked.
	Issuer, Audience string
	// MaxLife is the longest that a token may be good from now on; one that is good for
	// longer is refused, as it would be for as long whoever took it. Default: 24 hours.
	MaxLife time.Duration
	// Clock tells the time. Default: the system's.
	Clock seckill.Clock
	// Logger takes the log. Default: slog.Default().
	Logger *slog.Logger
}

func (c *Config) check() error {
	if c.MaxLife == 0 {
		c.MaxLife = DefaultMaxLife
	}
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	var bad []error
	if len(c.HS256Secret) == 0 && c.JWKSURL == "" {
		bad = append(bad, errors.New("token: HS256Secret or JWKSURL is required"))
	}
	if n := len(c.HS256Secret); n > 0 && n < MinSecretBytes {
		bad = append(bad, fmt.Errorf("token: HS256Secret must have at least %d bytes", MinSecretBytes))
	}
	if c.MaxLife < 0 {
		bad = append(bad, errors.New("token: MaxLife must not be negative"))
	}
	return errors.Join(bad...)
}

// Tokens verifies and signs buyers' tokens.
type Tokens struct {
	secret           []byte
	keys             *keySet // nil without a JWKS
	parser           *jwt.Parser
	issuer, audience string
	maxLife          time.Duration
	clock            seckill.Clock
	verified         *verifiedTokens
}

// New checks the config and makes Tokens.
func New(cfg Config) (*Tokens, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	t := &Tokens{secret: cfg.HS256Secret, issuer: cfg.Issuer, audience: cfg.Audience, maxLife: cfg.MaxLife, clock: cfg.Clock,
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

// Identity is what a good token says: who asks, and until when that is believed.
type Identity struct {
	Buyer string
	Until time.Time
}

// Identify verifies a token, or knows that it was verified a moment ago. An error is
// unauthorized, or unavailable when the keys to judge by could not be fetched.
func (t *Tokens) Identify(ctx context.Context, token string) (Identity, error) {
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

func (t *Tokens) verify(ctx context.Context, token string) (Identity, error) {
	var said claims
	_, err := t.parser.ParseWithClaims(token, &said, func(token *jwt.Token) (any, error) { return t.key(ctx, token) })
	var own *seckill.Error
	switch {
	case err == nil:
	case errors.As(err, &own):
		return Identity{}, own
	default:
		return Identity{}, parserError(err)
	}
	if err := seckill.ValidateBuyer(said.Subject); err != nil {
		return Identity{}, refused(whyBuyer, err, "The token names no valid buyer.")
	}
	if seckill.TrialBuyer(said.Subject) && !said.Trial {
		return Identity{}, refused(whyBuyer, nil, "The token names a buyer that no customer can be: "+seckill.TrialBuyerPrefix+" begins those of trials.")
	}
	id := Identity{Buyer: said.Subject, Until: said.ExpiresAt.Time}
	if id.Until.Sub(t.clock()) > t.maxLife+maxClockSkew {
		return Identity{}, refused(whyLifetime, nil, fmt.Sprintf("The token is good for longer than %v, which is the most that is accepted here.", t.maxLife))
	}
	return id, nil
}

// key picks the key by the token's algorithm, which the parser has checked to
// be an allowed one. The secret serves HS256 alone and public keys never do:
// else whoever knows a public key could sign with it.
func (t *Tokens) key(ctx context.Context, token *jwt.Token) (any, error) {
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

// Signs tells whether there is a secret to sign with.
func (t *Tokens) Signs() bool { return len(t.secret) > 0 }

// Sign makes a token for a buyer, for no longer than is accepted.
func (t *Tokens) Sign(buyer string, ttl time.Duration) (string, time.Time, error) {
	now := t.clock()
	until := now.Add(min(ttl, t.maxLife)).Truncate(time.Second)
	said := claims{Trial: seckill.TrialBuyer(buyer), RegisteredClaims: jwt.RegisteredClaims{
		Subject: buyer, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(until), Issuer: t.issuer}}
	if t.audience != "" {
		said.Audience = jwt.ClaimStrings{t.audience}
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, said).SignedString(t.secret)
	return token, until, err
}

// maxClockSkew is how far the clock of whoever signs tokens may be ahead, so that one
// which says that it is good from now on is good at once. The end of a token is exact: a
// stream ends with it, a page asks for the next one in time, and one that lives for an
// hour is not helped by seconds.
const maxClockSkew = time.Minute

// Shown is the token that a request's headers show; what says whose it should be.
func Shown(header http.Header, what string) (token string, err error) {
	const scheme = "Bearer "
	h := header["Authorization"]
	if len(h) > 1 {
		return "", refused(whyTwice, nil, "There is more than one Authorization header: which one counts cannot be told. Send one alone.")
	}
	if len(h) == 0 || len(h[0]) <= len(scheme) || !strings.EqualFold(h[0][:len(scheme)], scheme) {
		return "", refused(Missing, nil, what+" is required: Authorization: Bearer <token>.")
	}
	return h[0][len(scheme):], nil
}
