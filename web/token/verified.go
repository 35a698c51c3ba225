package token

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
	Identity
	believed time.Time // until when without another look
	keys     int64     // version of the keys that it was verified with
}

func newVerifiedTokens(clock seckill.Clock) *verifiedTokens {
	seen, _ := lru.New[[sha256.Size]byte, verifiedToken](maxVerified) // fails on a size below 1 alone
	return &verifiedTokens{clock: clock, seen: seen}
}

// find tells what the token of a sum says, if it was verified with these keys and is
// still good.
func (v *verifiedTokens) find(sum [sha256.Size]byte, keys int64) (id Identity, ok bool) {
	t, found := v.seen.Get(sum)
	if !found || t.keys != keys || !v.clock().Before(t.believed) {
		return Identity{}, false
	}
	return t.Identity, true
}

// add remembers a token.
func (v *verifiedTokens) add(sum [sha256.Size]byte, keys int64, id Identity) {
	believed := v.clock().Add(verifiedFor)
	if id.Until.Before(believed) {
		believed = id.Until
	}
	v.seen.Add(sum, verifiedToken{Identity: id, believed: believed, keys: keys})
}
