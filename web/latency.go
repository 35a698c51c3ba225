package web

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Latency is how long this process took for a call, since it started: how many took at
// most so long. Whoever reads it twice knows how long it took in between.
type Latency struct {
	Count int64 `json:"count"`
	// Seconds are the upper ends, and Orders how many took at most so long.
	Seconds []float64 `json:"seconds"`
	Orders  []int64   `json:"orders"`
}

// LatencyOf tells how long the calls of a route took.
func (s *Server) LatencyOf(route string) Latency {
	b := Latency{Seconds: []float64{}, Orders: []int64{}}
	histogram, ok := s.metrics.latency.WithLabelValues(route).(prometheus.Metric)
	var read dto.Metric
	if !ok || histogram.Write(&read) != nil {
		return b
	}
	b.Count = int64(read.Histogram.GetSampleCount())
	for _, bucket := range read.Histogram.GetBucket() {
		b.Seconds = append(b.Seconds, bucket.GetUpperBound())
		b.Orders = append(b.Orders, int64(bucket.GetCumulativeCount()))
	}
	return b
}
