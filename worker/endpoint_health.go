package worker

import (
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// An endpoint that fails is left alone for minEndpointPause, then for twice that,
	// and so on. Then one try finds out.
	minEndpointPause = 500 * time.Millisecond
	maxEndpointPause = 30 * time.Second
	// maxLongPause is the longest that the endpoint itself can bring about: by 410s in
	// a row, of which the first may be a moment's, while a new version comes up; or by
	// a Retry-After.
	maxLongPause = 5 * time.Minute
)

// endpointHealth says how much may go to the shop's endpoint at once: everything,
// one try that finds out whether it works again, or nothing. So an endpoint that is
// away uses up the attempts of few events, and gets the rest within seconds of its
// coming back.
type endpointHealth struct {
	log *slog.Logger

	mu       sync.Mutex
	failures int       // in a row
	gones    int       // 410s in a row
	saidGone bool      // the log has told of a 410 of this outage
	until    time.Time // nothing is sent before
	asked    time.Time // what of until the endpoint has asked for
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

// pause is for how long nothing will be sent.
func (h *endpointHealth) pause(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(0, h.until.Sub(now))
}

// note takes an answer into account, and returns how long the event has to wait for the
// endpoint. It is 0 where the failure counts as the event's own: the endpoint refused
// it, or took other events just before. Nothing else tells an event that always fails
// from an endpoint that is away.
func (h *endpointHealth) note(now time.Time, a Answer) (wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.outage.log, h.outage.what = h.log, "notifier: delivering events to the shop"
	if a.Failure == "" || a.aboutEvent() {
		if !now.Before(h.asked) { // else it was under way when the endpoint asked for time
			h.outage.worked()
			h.failures, h.gones, h.saidGone, h.until = 0, 0, false, time.Time{}
		}
		return 0
	}
	h.outage.failed(errors.New(a.Failure))
	takesOthers := h.failures == 0
	// A failure while the endpoint is left alone already is no new one.
	if !now.Before(h.until) {
		h.fail(now, a.Status == http.StatusGone)
	}
	h.askedFor(now, a.RetryAfter)
	if a.Status == http.StatusGone && !h.saidGone {
		h.saidGone = true
		h.log.Error("notifier: the shop's endpoint says that it is gone for good (410)", "next_try", h.until,
			"mend", "set webhooks.url to its new address, or take it out, and restart the workers")
	}
	if takesOthers {
		return 0
	}
	return min(h.until.Sub(now), maxEndpointPause)
}

// fail makes the pause longer.
func (h *endpointHealth) fail(now time.Time, gone bool) {
	pause := doubled(minEndpointPause, h.failures, maxEndpointPause)
	h.failures++
	if gone {
		pause = max(pause, doubled(minEndpointPause, h.gones, maxLongPause))
		h.gones++
	} else {
		h.gones = 0
	}
	h.until = now.Add(jittered(pause))
}

// askedFor makes the pause as long as the endpoint asks for, where that is longer. It is
// logged once, since it may be far longer than our own pauses.
func (h *endpointHealth) askedFor(now time.Time, wait time.Duration) {
	asked := now.Add(wait)
	if !asked.After(h.until) {
		return
	}
	if wait > maxEndpointPause && !now.Before(h.asked) {
		h.log.Warn("notifier: the shop's endpoint asks to be left alone (Retry-After)", "next_try", asked)
	}
	h.until, h.asked = asked, asked
}
