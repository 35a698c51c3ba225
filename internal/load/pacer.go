package load

import (
	"runtime"
	"sync/atomic"
	"time"
)

// pacer hands out requests when they are due. It alone looks at the clock: a
// timer for each request would cost more, and wake up to a millisecond late.
type pacer struct {
	cfg     *Config
	began   time.Time
	stopped *atomic.Bool
	ready   chan struct{} // one for each request that is due; closed at the end
	owed    atomic.Int64  // how many requests were due in all
	giveUp  chan struct{} // closed when nothing more is sent, whatever is due
}

const (
	// paceEvery is how often it looks at most, since looking costs. Requests that
	// are due within one such step are sent together.
	paceEvery = 200 * time.Microsecond
	idleEvery = 10 * time.Millisecond
	// maxReady is how many requests that are due can wait for a connection here;
	// more wait in the pacer's arithmetic.
	maxReady = 1 << 16
)

func newPacer(cfg *Config, began time.Time, stopped *atomic.Bool) *pacer {
	return &pacer{cfg: cfg, began: began, stopped: stopped, ready: make(chan struct{}, maxReady), giveUp: make(chan struct{})}
}

// due is when the n-th request is to be sent.
func (p *pacer) due(n int64) time.Duration {
	return time.Duration(float64(n) / p.cfg.Rate * float64(time.Second))
}

// take waits for a request that is due; false when there are no more.
func (p *pacer) take() bool {
	select {
	case <-p.giveUp:
		return false
	default:
	}
	_, more := <-p.ready
	return more
}

// run hands out until the end. What was due by then has one timeout to be sent.
func (p *pacer) run() {
	// A thread of its own: it sleeps in the kernel, whose timers are exact.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.ready)
	handed := int64(0)
	for {
		now := time.Since(p.began)
		owed, last := p.owedAt(now)
		p.owed.Store(owed)
		for handed < owed && p.hand() {
			handed++
		}
		if last {
			p.finish(handed, owed)
			return
		}
		// The next one is due later than that where the rate is low. Looking at least
		// a hundred times a second notices the end.
		sleep(min(max(p.due(owed)-time.Since(p.began), paceEvery), idleEvery))
	}
}

// owedAt tells how many requests were due by now, and whether that is all.
func (p *pacer) owedAt(now time.Duration) (owed int64, last bool) {
	last = p.stopped.Load()
	if p.cfg.Duration > 0 && now >= p.cfg.Duration {
		now, last = p.cfg.Duration, true
	}
	owed = int64(now.Seconds()*p.cfg.Rate) + 1 // the first one is due at 0
	if p.cfg.Count > 0 && owed >= p.cfg.Count {
		owed, last = p.cfg.Count, true
	}
	return max(owed, p.owed.Load()), last
}

// hand makes one request ready, unless too many are.
func (p *pacer) hand() bool {
	select {
	case p.ready <- struct{}{}:
		return true
	default:
		return false
	}
}

func (p *pacer) finish(handed, owed int64) {
	until := time.Now().Add(p.cfg.Timeout)
	for handed < owed || len(p.ready) > 0 {
		if time.Now().After(until) {
			close(p.giveUp)
			return
		}
		if handed < owed && p.hand() {
			handed++
			continue
		}
		sleep(time.Millisecond)
	}
}
