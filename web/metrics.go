package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests    *prometheus.CounterVec
	latency     *prometheus.HistogramVec
	rateLimited *prometheus.CounterVec
	tokens      *prometheus.CounterVec
	streams     *prometheus.GaugeVec
	streaming   map[string]bool // routes of event streams
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		streaming: map[string]bool{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seckill_http_requests_total", Help: "Answered requests by route, method and status.",
		}, []string{"route", "method", "code"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "seckill_http_request_seconds", Help: "Time to answer by route, without event streams.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		rateLimited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seckill_rate_limited_total", Help: "Requests over a limit, by what the limit counts: ip, buyer, failure or streams.",
		}, []string{"by"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seckill_tokens_refused_total",
			Help: "Buyers' calls that were answered 401, by why: missing, twice, malformed, signature, key, claim," +
				" expired, early, lifetime, issuer, audience or buyer.",
		}, []string{"why"}),
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seckill_sse_streams", Help: "Open event streams, by what they tell of: order, sale or dashboard.",
		}, []string{"of"}),
	}
	r.MustRegister(m.requests, m.latency, m.rateLimited, m.tokens, m.streams)
	return m
}

func (m *metrics) request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, knownMethod(method), strconv.Itoa(status)).Inc()
	if !m.streaming[route] {
		m.latency.WithLabelValues(route).Observe(took.Seconds())
	}
}

// knownMethod keeps a client from making a new time series with every request.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead, http.MethodOptions,
		http.MethodDelete, http.MethodPatch:
		return m
	default:
		return "other"
	}
}
