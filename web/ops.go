package web

import (
	"encoding/json"
	"net/http"
	"net/http/pprof"
	"slices"
	"sync/atomic"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seckill-go/seckill/seckill"
)

// healthz says that this process has opened and answers, and nothing of how what it
// needs is now.
func healthz(c *gin.Context) {
	writeJSON(c, http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

// OpsConfig is what an Ops needs.
type OpsConfig struct {
	// Readiness tells what the process needs. Required.
	Readiness *Readiness
	// MayRefuse lets the process be ready while a store answers and refuses writes.
	MayRefuse bool
	// Registry is what /metrics shows. Required.
	Registry *prometheus.Registry
}

// Ops is the operations port of a process, whatever its role: liveness,
// readiness, metrics and profiles. It must not be reachable by buyers.
type Ops struct {
	cfg      OpsConfig
	draining atomic.Bool
}

// NewOps makes an Ops.
func NewOps(cfg OpsConfig) *Ops { return &Ops{cfg: cfg} }

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
	Status   string   `json:"status"` // ok, refusing, not_ready or draining
	NotReady []string `json:"not_ready,omitempty"`
	// Refusing are those that answer and take no writes.
	Refusing []string          `json:"refusing,omitempty"`
	Checks   map[string]string `json:"checks,omitempty"`
}

func (s *Ops) readyz(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		writeOps(w, http.StatusServiceUnavailable, readiness{Status: "draining", NotReady: []string{"draining"}})
		return
	}
	answer, status := readiness{Status: "ok", Checks: map[string]string{}}, http.StatusOK
	for name, err := range s.cfg.Readiness.Results(r.Context()) {
		answer.add(name, err, s.cfg.MayRefuse)
	}
	slices.Sort(answer.NotReady)
	slices.Sort(answer.Refusing)
	switch {
	case len(answer.NotReady) > 0:
		answer.Status, status = "not_ready", http.StatusServiceUnavailable
	case len(answer.Refusing) > 0:
		answer.Status = "refusing"
	}
	writeOps(w, status, answer)
}

// add tells of one check. What an error says beyond a refusal is for the log alone.
func (a *readiness) add(name string, err error, mayRefuse bool) {
	refusal, refuses := seckill.RefusesWrites(err)
	switch {
	case err == nil:
		a.Checks[name] = "ok"
		return
	case refuses:
		a.Checks[name] = refusal.Error()
		a.Refusing = append(a.Refusing, name)
	default:
		a.Checks[name] = "failed"
	}
	if !refuses || !mayRefuse {
		a.NotReady = append(a.NotReady, name)
	}
}

func writeOps(w http.ResponseWriter, status int, v readiness) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the prober may be gone
}
