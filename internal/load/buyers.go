package load

import (
	"fmt"
	"runtime"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"github.com/seckill-go/seckill/seckill"
)

// Signing is how buyers' tokens are signed, as the service is set to check them.
type Signing struct {
	// Secret is auth.hs256_secret.
	Secret string
	// Issuer and Audience are those of the service; empty where it asks for none.
	Issuer, Audience string
	// Lasts is how long the tokens are valid.
	Lasts time.Duration
}

// Tokens signs the tokens of n buyers, named prefix-0 and so on.
func (s Signing) Tokens(prefix string, n int) ([]string, error) {
	tokens := make([]string, n)
	var g errgroup.Group
	parts := runtime.GOMAXPROCS(0)
	for part := range parts {
		g.Go(func() (err error) {
			for i := part; i < n && err == nil; i += parts {
				tokens[i], err = s.Token(BuyerName(prefix, i))
			}
			return err
		})
	}
	return tokens, g.Wait()
}

// Token signs the token of one buyer, which says so where it is one of a trial.
func (s Signing) Token(buyer string) (string, error) {
	claims := jwt.MapClaims{"sub": buyer, "exp": time.Now().Add(s.Lasts).Unix()}
	if seckill.TrialBuyer(buyer) {
		claims[seckill.TrialClaim] = true
	}
	if s.Issuer != "" {
		claims["iss"] = s.Issuer
	}
	if s.Audience != "" {
		claims["aud"] = s.Audience
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(s.Secret))
}

// BuyerName is the name of the i-th of the buyers that Tokens signs for.
func BuyerName(prefix string, i int) string { return fmt.Sprintf("%s-%d", prefix, i) }
