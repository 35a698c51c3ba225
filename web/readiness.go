package web

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// checkTimeout bounds one readiness check.
	checkTimeout = 2 * time.Second
	// checkFresh is for how long its result stands, whoever asks: probers, scrapes and
	// pages share it, so that none of them is a burden to what is checked.
	checkFresh = time.Second
)

// theOnly is the key of the results, of which there is one set.
const theOnly seckill.ID = 0

// Checks tell what readiness needs, by name: nil is ready.
type Checks map[string]func(ctx context.Context) error

// Readiness is what a process knows of the things that it stands on. All who tell
// of them ask it, so that they never differ.
type Readiness struct {
	checks  Checks
	log     *slog.Logger
	results *Cache[map[string]error]

	mu      sync.Mutex
	failing map[string]bool // checks that failed when they were last asked
}

// NewReadiness makes a Readiness. Checks may be added until it is asked first.
func NewReadiness(checks Checks, clock seckill.Clock, log *slog.Logger) *Readiness {
	never := func(error) bool { return false }
	return &Readiness{checks: checks, log: log, failing: map[string]bool{},
		results: NewCache[map[string]error](1, checkFresh, never, clock)}
}

// Results gives what each check found, up to a second ago. Do not change them.
func (r *Readiness) Results(ctx context.Context) map[string]error {
	results, err := r.results.Get(ctx, theOnly, r.ask)
	if err == nil {
		return results
	}
	// Whoever asked has gone, or a check panicked: nothing is known to be ready.
	results = make(map[string]error, len(r.checks))
	for name := range r.checks {
		results[name] = err
	}
	return results
}

// ask runs all at once, so that the slowest alone sets the time.
func (r *Readiness) ask(ctx context.Context) (map[string]error, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	results := make(map[string]error, len(r.checks))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, check := range r.checks {
		wg.Go(func() {
			err := check(ctx)
			r.tell(name, err)
			mu.Lock()
			defer mu.Unlock()
			results[name] = err
		})
	}
	wg.Wait()
	return results, nil
}

// tell logs a check that turned, once: probers ask every few seconds.
func (r *Readiness) tell(name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch failed := err != nil; {
	case failed == r.failing[name]:
	case failed:
		r.log.Warn("not ready", "check", name, "error", err)
	default:
		r.log.Info("ready again", "check", name)
	}
	r.failing[name] = err != nil
}

var readyDesc = prometheus.NewDesc("seckill_ready",
	"Whether what the process needs is there and takes writes, by check: 1 or 0.", []string{"check"}, nil)

// Describe and Collect show the same to whoever scrapes.
func (r *Readiness) Describe(ch chan<- *prometheus.Desc) { ch <- readyDesc }

func (r *Readiness) Collect(ch chan<- prometheus.Metric) {
	for name, err := range r.Results(context.Background()) {
		value := 1.0
		if err != nil {
			value = 0
		}
		ch <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, value, name)
	}
}
