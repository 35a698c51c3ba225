package rehearsal

import (
	"slices"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Where a rehearsal stands.
const (
	stateRunning = "running"
	stateDone    = "done"
	stateStopped = "stopped" // by an operator, or with the process
)

// report is a rehearsal as an operator sees it.
type report struct {
	// SaleID is the copy, SourceID the sale that it is of.
	SaleID   seckill.ID `json:"sale_id"`
	SourceID seckill.ID `json:"source_id"`
	State    string     `json:"state"`
	StartsAt string     `json:"starts_at"`
	EndsAt   string     `json:"ends_at"`
	Plan     crowdPlan  `json:"plan"`
	// Arrived buyers; Calls that they made for an order, and what came of them.
	Arrived  int64                  `json:"arrived"`
	Calls    int64                  `json:"calls"`
	Accepted int64                  `json:"accepted"`
	Repeated int64                  `json:"repeated"`
	Refused  map[seckill.Code]int64 `json:"refused"`
	Paid     int64                  `json:"paid"`
	// Latency of the calls for an order, in milliseconds, without the network.
	Latency *latency `json:"latency_ms,omitempty"`
	// Conserved is the verdict of the audit at the end; left out where there is none.
	Conserved *bool `json:"conserved,omitempty"`
}

type latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// tally counts what the crowd meets.
type tally struct {
	mu                                           sync.Mutex
	arrived, calls, accepted, repeated, payments int64
	refused                                      map[seckill.Code]int64
	took                                         []time.Duration
}

func (t *tally) arrive() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.arrived++
}

func (t *tally) called(took time.Duration, status int, code seckill.Code) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	t.took = append(t.took, took)
	switch {
	case status == 202:
		t.accepted++
	case status == 200:
		t.repeated++
	default:
		t.refused[code]++
	}
}

func (t *tally) paid() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.payments++
}

// into fills a status in. The times are sorted, so this is for once in a while.
func (t *tally) into(s *report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Arrived, s.Calls, s.Accepted, s.Repeated, s.Paid = t.arrived, t.calls, t.accepted, t.repeated, t.payments
	s.Refused = make(map[seckill.Code]int64, len(t.refused))
	for code, n := range t.refused {
		s.Refused[code] = n
	}
	if len(t.took) == 0 {
		return
	}
	slices.Sort(t.took)
	at := func(share float64) float64 {
		return float64(t.took[int(share*float64(len(t.took)-1))].Microseconds()) / 1000
	}
	s.Latency = &latency{P50: at(.5), P95: at(.95), P99: at(.99), Max: at(1)}
}
