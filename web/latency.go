package web

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// routeBuy is the route of the call that the latency on a dashboard is of.
const routeBuy = "/api/v1/sales/:sale/orders"

// buckets are how long this process took for an order, for all sales, since it
// started: how many took at most so long. Whoever reads them twice knows how long
// it took in between.
type buckets struct {
	Count int64 `json:"count"`
	// Seconds are the upper ends, and Orders how many took at most so long.
	Seconds []float64 `json:"seconds"`
	Orders  []int64   `json:"orders"`
}

func (m *metrics) buyLatency() buckets {
	b := buckets{Seconds: []float64{}, Orders: []int64{}}
	histogram, ok := m.latency.WithLabelValues(routeBuy).(prometheus.Metric)
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
