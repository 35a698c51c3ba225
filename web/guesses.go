package web

import (
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// wrongTokenBurst wrong admin tokens of one source are compared at once, and one
	// more each second after that.
	wrongTokenBurst = 20
	wrongTokenRPS   = 1
)

// guesses slows down who tries out secrets. A source that was wrong too often is
// refused before its next guess is looked at, a right one too, or it would go on
// guessing at full speed. There is no limit for all sources together: the secret is
// too long to be found by many, who could only lock the operators out.
type guesses struct {
	clock seckill.Clock

	mu    sync.Mutex
	wrong *lru.Cache[netip.Addr, *rate.Limiter] // none for who was never wrong
}

func newGuesses(clock seckill.Clock) *guesses {
	wrong, _ := lru.New[netip.Addr, *rate.Limiter](maxLimited) // fails on a size below 1 alone
	return &guesses{clock: clock, wrong: wrong}
}

// try asks whether a guess is right, unless its source has to wait. What is right
// uses nothing up. One guess is looked at at a time, so that many that arrive
// together have no more than their share.
func (g *guesses) try(source netip.Addr, right func() bool) (ok bool, wait time.Duration) {
	now := g.clock()
	g.mu.Lock()
	defer g.mu.Unlock()
	left, found := g.wrong.Get(source)
	if found {
		if missing := 1 - left.TokensAt(now); missing > 0 {
			return false, time.Duration(missing / wrongTokenRPS * float64(time.Second))
		}
	}
	if right() {
		return true, 0
	}
	if !found {
		left = rate.NewLimiter(wrongTokenRPS, wrongTokenBurst)
		g.wrong.Add(source, left)
	}
	left.AllowN(now, 1)
	return false, 0
}
