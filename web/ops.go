package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// checkTimeout bounds one readiness check.
const checkTimeout = 2 * time.Second

// Checks tell what readiness needs, by name: nil is ready.
type Checks map[string]func(ctx context.Context) error

// healthz says that this process has opened and answers, and nothing of how what it
// needs is now.
func healthz(c *gin.Context) {
	writeJSON(c, http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

// OpsConfig is what an Ops needs.
type OpsConfig struct {
	// Checks tell what readiness needs, by name. Each has 2 s. Default: none.
	Checks Checks
	// Registry is what /metrics shows. Required.
	Registry *prometheus.Registry
	// Logger takes the log. Required.
	Logger *slog.Logger
}

// Ops is the operations port of a process, whatever its role: liveness,
// readiness, metrics and profiles. It must not be reachable by buyers.
type Ops struct {
	cfg      OpsConfig
	draining atomic.Bool

	mu      sync.Mutex
	failing map[string]bool // checks that failed when they were last asked
}

// NewOps makes an Ops.
func NewOps(cfg OpsConfig) *Ops { return &Ops{cfg: cfg, failing: map[string]bool{}} }

// SetDraining turns readiness off for good: the process is about to stop.
func (s *Ops) SetDraining() { s.draining.Store(true) }

// Handler serves the operations port.
func (s *Ops) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { writeOps(w, http.StatusOK, readiness{Status: "ok"}) })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.cfg.Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

type readiness struct {
	Status   string            `json:"status"` // ok, not_ready or draining
	NotReady []string          `json:"not_ready,omitempty"`
	Checks   map[string]string `json:"checks,omitempty"`
}

func (s *Ops) readyz(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		writeOps(w, http.StatusServiceUnavailable, readiness{Status: "draining", NotReady: []string{"draining"}})
		return
	}
	answer := readiness{Status: "ok", Checks: s.runChecks(r.Context())}
	for name, result := range answer.Checks {
		if result != "ok" {
			answer.NotReady = append(answer.NotReady, name)
		}
	}
	slices.Sort(answer.NotReady)
	status := http.StatusOK
	if len(answer.NotReady) > 0 {
		answer.Status, status = "not_ready", http.StatusServiceUnavailable
	}
	writeOps(w, status, answer)
}

// runChecks runs all at once, so that the slowest alone sets the time.
func (s *Ops) runChecks(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	results := make(map[string]string, len(s.cfg.Checks))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, check := range s.cfg.Checks {
		wg.Go(func() {
			result := "ok"
			err := check(ctx)
			if err != nil {
				result = "failed"
			}
			s.tell(name, err)
			mu.Lock()
			defer mu.Unlock()
			results[name] = result
		})
	}
	wg.Wait()
	return results
}

// tell logs a check that turned, once: probers ask every few seconds.
func (s *Ops) tell(name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch failed := err != nil; {
	case failed == s.failing[name]:
	case failed:
		s.cfg.Logger.Warn("not ready", "check", name, "error", err)
	default:
		s.cfg.Logger.Info("ready again", "check", name)
	}
	s.failing[name] = err != nil
}

func writeOps(w http.ResponseWriter, status int, v readiness) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the prober may be gone
}
