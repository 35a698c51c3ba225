package rpc

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what callers were answered. Procedures and codes are of our own lists, so
// nobody makes time series by asking for what there is not.
type metrics struct {
	calls   *prometheus.CounterVec
	latency *prometheus.HistogramVec
	refused prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seckill_rpc_calls_total", Help: "Answered calls of other services by procedure and status: ok, or the code of gRPC.",
		}, []string{"procedure", "code"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "seckill_rpc_call_seconds", Help: "Time to answer calls of other services by procedure.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"procedure"}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "seckill_rpc_tokens_refused_total", Help: "Calls of other services without the service token, or with another.",
		}),
	}
	if r != nil {
		r.MustRegister(m.calls, m.latency, m.refused)
	}
	return m
}

// counted counts calls, by what their caller is told.
func (m *metrics) counted() connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			began := time.Now()
			resp, err := next(ctx, req)
			code := "ok"
			if err != nil {
				code = connect.CodeOf(err).String()
			}
			m.calls.WithLabelValues(req.Spec().Procedure, code).Inc()
			m.latency.WithLabelValues(req.Spec().Procedure).Observe(time.Since(began).Seconds())
			return resp, err
		}
	}
}
