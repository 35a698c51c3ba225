package worker

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

const (
	// An endpoint that fails is left alone for minEndpointPause, then for twice that,
	// and so on. Then one try finds out.
	minEndpointPause = 500 * time.Millisecond
	maxEndpointPause = 30 * time.Second
	// A 410 says that the shop wants nothing more. Some say so for a moment only, while
	// a new version comes up, so the pauses begin as short and grow longer.
	maxGonePause = 5 * time.Minute
)

// endpointHealth says how much may go to the shop's endpoint at once: everything,
// one try that finds out whether it works again, or nothing. So an endpoint that is
// away uses up the attempts of few events, and gets the rest within seconds of its
// coming back.
type endpointHealth struct {
	log *slog.Logger

	mu       sync.Mutex
	failures int // in a row
	until    time.Time
	gone     bool // the last answer was a 410
	outage   outage
}

// limit is how many tries may be under way, of most.
func (h *endpointHealth) limit(now time.Time, most int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case now.Before(h.until):
		return 0
	case h.failures > 0:
		return 1
	}
	return most
}

// note takes an answer into account, and tells how long nothing will be sent.
func (h *endpointHealth) note(now time.Time, a Answer) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.outage.log, h.outage.what = h.log, "notifier: delivering events to the shop"
	if a.Failure == "" || a.aboutEvent() {
		h.outage.worked()
		h.failures, h.until, h.gone = 0, time.Time{}, false
		return 0
	}
	h.outage.failed(errors.New(a.Failure))
	pause, most, wasGone := a.RetryAfter, maxEndpointPause, h.gone
	if h.gone = a.Status == http.StatusGone; h.gone {
		most = maxGonePause
	}
	if h.gone && !wasGone {
		h.log.Error("notifier: the shop's endpoint says that it is gone for good (410); it is asked ever more rarely, down to once in five minutes",
			"mend", "set webhooks.url to its new address, or take it out, and restart the workers")
	}
	// What failed while others did is the same failure, not another one.
	if !now.Before(h.until) {
		pause = max(pause, jittered(doubled(minEndpointPause, h.failures, most)))
		h.failures++
	}
	if until := now.Add(pause); until.After(h.until) {
		h.until = until
	}
	return h.until.Sub(now)
}

// doubled is a wait after a number of failures and one more.
func doubled(wait time.Duration, failed int, most time.Duration) time.Duration {
	for ; failed > 0 && wait < most; failed-- {
		wait *= 2
	}
	return min(wait, most)
}

// jittered is a wait that is a fifth longer or shorter, so that what failed together
// does not come together again.
func jittered(wait time.Duration) time.Duration {
	return wait - wait/5 + rand.N(2*wait/5+1)
}
