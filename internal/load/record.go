package load

import (
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Result is what a run measured.
type Result struct {
	// Began is when the first request was due, Elapsed how long it took from then
	// until the last answer.
	Began   time.Time
	Elapsed time.Duration
	// Accepted, Refused and Failed add up to all requests that were due.
	Accepted, Refused, Failed int64
	// RefusedBy counts refusals by code, FailedBy failures by what went wrong.
	RefusedBy, FailedBy map[string]int64
	// Latency has the answers, accepted or refused, in microseconds: counted from
	// when the request was due in an open loop, from when it was sent in a closed
	// one. Service counts from when it was sent.
	Latency, Service *hdrhistogram.Histogram
	// Seconds has the answers of each second of the run.
	Seconds []Second
}

// Second counts the answers of one second, and what failed in it.
type Second struct {
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	Failed   int64 `json:"failed"`
}

// PerSecond is how many of n there were a second.
func (r *Result) PerSecond(n int64) float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(n) / r.Elapsed.Seconds()
}

// Latencies are kept from 1 µs to 10 minutes, to three digits.
const (
	highest = int64(10 * time.Minute / time.Microsecond)
	digits  = 3
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, highest, digits) }

// recorder is shared by some of the connections; there are several, so that they
// rarely wait for each other.
type recorder struct {
	mu       sync.Mutex
	latency  *hdrhistogram.Histogram
	service  *hdrhistogram.Histogram // nil in a closed loop, where it is the same
	counts   [classes]int64
	refused  map[string]int64
	failed   map[string]int64
	seconds  []Second
	lastSeen time.Duration // when the last answer came
}

func newRecorder(open bool) *recorder {
	r := &recorder{latency: newHistogram(), refused: map[string]int64{}, failed: map[string]int64{}}
	if open {
		r.service = newHistogram()
	}
	return r
}

// times are the moments of a request, counted from the start of the run.
type times struct{ due, sent, answered time.Duration }

func (r *recorder) answer(t times, class Class, status int, code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count(class, t.answered)
	switch class {
	case Accepted:
	case Refused:
		if code == "" {
			code = statusWord(status)
		}
		r.refused[code]++
	case Failed:
		r.failed[statusWord(status)]++
		return
	}
	record(r.latency, t.answered-t.due)
	if r.service != nil {
		record(r.service, t.answered-t.sent)
	}
}

func (r *recorder) failure(at time.Duration, why string, n int64) {
	if n == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for range n {
		r.count(Failed, at)
	}
	r.failed[why] += n
}

// count needs the lock.
func (r *recorder) count(class Class, at time.Duration) {
	r.counts[class]++
	r.lastSeen = max(r.lastSeen, at)
	second := int(at / time.Second)
	for len(r.seconds) <= second {
		r.seconds = append(r.seconds, Second{})
	}
	s := &r.seconds[second]
	switch class {
	case Accepted:
		s.Accepted++
	case Refused:
		s.Refused++
	default:
		s.Failed++
	}
}

func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(d.Microseconds(), 1), highest)) // within its bounds: never an error
}

func statusWord(status int) string { return "status " + strconv.Itoa(status) }

func merge(began time.Time, recorders []*recorder) *Result {
	out := &Result{Began: began, RefusedBy: map[string]int64{}, FailedBy: map[string]int64{}, Latency: newHistogram()}
	for _, r := range recorders {
		r.mu.Lock()
		out.Accepted, out.Refused, out.Failed = out.Accepted+r.counts[Accepted], out.Refused+r.counts[Refused], out.Failed+r.counts[Failed]
		addTo(out.RefusedBy, r.refused)
		addTo(out.FailedBy, r.failed)
		out.Elapsed = max(out.Elapsed, r.lastSeen)
		out.Latency.Merge(r.latency)
		if r.service != nil {
			if out.Service == nil {
				out.Service = newHistogram()
			}
			out.Service.Merge(r.service)
		}
		for i, s := range r.seconds {
			if len(out.Seconds) <= i {
				out.Seconds = append(out.Seconds, Second{})
			}
			sum := &out.Seconds[i]
			sum.Accepted, sum.Refused, sum.Failed = sum.Accepted+s.Accepted, sum.Refused+s.Refused, sum.Failed+s.Failed
		}
		r.mu.Unlock()
	}
	if out.Service == nil {
		out.Service = out.Latency
	}
	return out
}

func addTo(sum, more map[string]int64) {
	for k, n := range more {
		sum[k] += n
	}
}
