package web

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// maxLimited bounds how many addresses or buyers a limiter remembers; the one
	// not seen for the longest time is forgotten first.
	maxLimited = 100_000

	// Wrong webhook signatures from one address. A right one always passes, so that
	// nobody can lock a payment provider out from behind a shared address.
	failureRPS   = 10
	failureBurst = 100
)

// limiter is a token bucket for each key. The zero rate limits nothing.
type limiter[K comparable] struct {
	rate  rate.Limit
	burst int
	clock seckill.Clock

	mu   sync.Mutex
	seen *lru.Cache[K, *rate.Limiter]
}

func newLimiter[K comparable](rps float64, burst int, clock seckill.Clock) *limiter[K] {
	l := &limiter[K]{rate: rate.Limit(rps), burst: burst, clock: clock}
	if rps > 0 {
		l.seen, _ = lru.New[K, *rate.Limiter](maxLimited) // fails on a size below 1 alone
	}
	return l
}

// take uses one token of the key. Where there is none it says after how long
// there will be one.
func (l *limiter[K]) take(key K) (wait time.Duration, ok bool) {
	if l.seen == nil {
		return 0, true
	}
	now := l.clock()
	r := l.bucket(key).ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait == 0 {
		return 0, true
	}
	r.CancelAt(now)
	return wait, false
}

// bucket finds or makes a key's bucket; under one lock, or two requests at once
// would each make a full one.
func (l *limiter[K]) bucket(key K) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, found := l.seen.Get(key)
	if !found {
		b = rate.NewLimiter(l.rate, l.burst)
		l.seen.Add(key, b)
	}
	return b
}

func (s *Server) limitByIP(c *gin.Context) {
	if s.perIP.seen == nil {
		return
	}
	if wait, ok := s.perIP.take(s.source(c.Request)); !ok {
		s.tooMany(c, "ip", wait)
	}
}

// limitPresses limits the buttons of the stand-in gateway: each one is a callback or
// several, which are recorded. What the shop's own worker asks there is signed.
func (s *Server) limitPresses(c *gin.Context) {
	if c.Request.Method == http.MethodPost && !strings.HasPrefix(c.Param("path"), "/api/") {
		s.limitByIP(c)
	}
}

func (s *Server) tooMany(c *gin.Context, by string, wait time.Duration) {
	s.metrics.rateLimited.WithLabelValues(by).Inc()
	s.Fail(c, &seckill.Error{Code: seckill.CodeRateLimited, RetryAfter: wait,
		Detail: "Too many requests. Please wait a moment."})
}

// FailSignature answers wrong signatures; to an address that sends many of them with 429,
// so that a guesser learns nothing more.
func (s *Server) FailSignature(c *gin.Context, err error) {
	if wait, ok := s.failures.take(s.source(c.Request)); !ok {
		s.tooMany(c, "failure", wait)
		return
	}
	s.Fail(c, err)
}
