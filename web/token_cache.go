package web

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// maxVerified bounds the remembered tokens, about 250 bytes each; the one not
	// seen for the longest time is forgotten first.
	maxVerified = 50_000
	// verifiedFor is how long a token is believed without another look at its
	// signature. That look also finds that the keys are old and have to be fetched.
	verifiedFor = time.Minute
)

// verifiedTokens remembers whose tokens were verified: a buyer comes several times
// with the same one, and to verify it costs more than all else that is done with his
// request. It knows their sums alone, and believes none past its end.
type verifiedTokens struct {
	clock seckill.Clock
	seen  *lru.Cache[[sha256.Size]byte, verifiedToken]
}

type verifiedToken struct {
	buyer string
	until time.Time
	keys  int64 // version of the keys that it was verified with
}

func newVerifiedTokens(clock seckill.Clock) *verifiedTokens {
	seen, _ := lru.New[[sha256.Size]byte, verifiedToken](maxVerified) // fails on a size below 1 alone
	return &verifiedTokens{clock: clock, seen: seen}
}

// buyer gives the one whose token has a sum, if it was verified with these keys and
// is still good.
func (v *verifiedTokens) buyer(sum [sha256.Size]byte, keys int64) (buyer string, ok bool) {
	t, found := v.seen.Get(sum)
	if !found || t.keys != keys || !v.clock().Before(t.until) {
		return "", false
	}
	return t.buyer, true
}

// add remembers a token that ends at a time.
func (v *verifiedTokens) add(sum [sha256.Size]byte, keys int64, buyer string, ends time.Time) {
	until := v.clock().Add(verifiedFor)
	if ends.Before(until) {
		until = ends
	}
	v.seen.Add(sum, verifiedToken{buyer: buyer, until: until, keys: keys})
}
