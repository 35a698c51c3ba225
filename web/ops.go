package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/pprof"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seckill-go/seckill/seckill"
)

// healthz says that this process has opened and answers, and nothing of how what it
// needs is now.
func healthz(c *gin.Context) {
	WriteJSON(c, http.StatusOK, struct {
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
	// Hosts are the names under which metrics and profiles are given, beside addresses,
	// localhost and names without a dot. A page elsewhere could else make its own name
	// mean this machine (DNS rebinding), and read them with the browser of somebody who
	// reaches the port. Default: none.
	Hosts []string
}

// Ops is the operations port of a process, whatever its role: liveness,
// readiness, metrics and profiles. It must not be reachable by buyers.
type Ops struct {
	cfg       OpsConfig
	draining  atomic.Bool
	profiling atomic.Bool
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
	mux.Handle("GET /metrics", s.byOwnName(promhttp.HandlerFor(s.cfg.Registry, promhttp.HandlerOpts{})))
	profiles := http.NewServeMux()
	profiles.HandleFunc("/debug/pprof/", pprof.Index)
	profiles.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	profiles.HandleFunc("/debug/pprof/profile", pprof.Profile)
	profiles.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	profiles.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.Handle("GET /debug/pprof/", s.byOwnName(s.oneAtATime(profiles)))
	return answeredWithin(opsTimeout, mux)
}

const (
	// opsTimeout bounds an answer, so that a slow reader holds a connection only so long.
	opsTimeout = 30 * time.Second
	// longestProfile bounds how long a profile may be taken for.
	longestProfile = 5 * time.Minute
)

// byOwnName refuses who calls the port by a name that could be anybody's. Probes ask
// without it: balancers call them by what names they like, and they tell next to nothing.
// A name without a dot is the network's own, as that of a container: none on the
// internet is.
func (s *Ops) byOwnName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := nameOf(r.Host); strings.Contains(host, ".") && !isKnownHost(host, s.cfg.Hosts) {
			http.Error(w, "The operations port is not known under the name in Host: ask by address, or name it in http.hosts of the configuration.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// oneAtATime takes one profile, and refuses the others meanwhile: they would have the
// places of probes and scrapes, and disturb each other.
func (s *Ops) oneAtATime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		took, err := profileTime(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if !s.profiling.CompareAndSwap(false, true) {
			w.Header().Set("Retry-After", "5")
			http.Error(w, "Another profile is being taken; there is one at a time.", http.StatusTooManyRequests)
			return
		}
		defer s.profiling.Store(false)
		answeredWithin(took+opsTimeout, next).ServeHTTP(w, r)
	})
}

// profileTime is for how long a profile is to be taken: pprof's own default is 30 s.
func profileTime(r *http.Request) (time.Duration, error) {
	text := r.URL.Query().Get("seconds")
	if text == "" {
		return 30 * time.Second, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds <= longestProfile.Seconds()) {
		return 0, fmt.Errorf("seconds must be 0 to %v", longestProfile.Seconds())
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// answeredWithin cuts an answer off that is not read in its time.
func answeredWithin(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit)) // a recorder of a test has none
		next.ServeHTTP(w, r)
	})
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
