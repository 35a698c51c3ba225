package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// driftMetric makes the gauge of missing and double units.
func driftMetric(r prometheus.Registerer) func(seckill.Audit) {
	drift := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "seckill_stock_drift_units",
		Help: "Units of an item that are missing (positive) or double (negative); 0 is what it must be.",
	}, []string{"sale", "sku"})
	r.MustRegister(drift)
	return func(a seckill.Audit) {
		for _, it := range a.Items {
			drift.WithLabelValues(a.SaleID.String(), it.SKU).Set(float64(it.Drift))
		}
	}
}

// queueDepths tells at each scrape how many messages wait in which queue. A
// broker that does not answer leaves the figures out: an old one would calm
// whoever looks at it.
type queueDepths struct{ broker broker.Broker }

// scrapeTimeout bounds what a scrape waits for a service.
const scrapeTimeout = 2 * time.Second

var queueDepthDesc = prometheus.NewDesc("seckill_queue_messages",
	"Messages that wait in a queue; those in orders.dead wait for a person.", []string{"queue"}, nil)

func (queueDepths) Describe(ch chan<- *prometheus.Desc) { ch <- queueDepthDesc }

func (q queueDepths) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	for _, queue := range broker.Queues() {
		n, err := q.broker.QueueDepth(ctx, queue.Name)
		if err != nil {
			return
		}
		ch <- prometheus.MustNewConstMetric(queueDepthDesc, prometheus.GaugeValue, float64(n), queue.Name)
	}
}

// refundsDue tells at each scrape how many payments have to go back. Like
// queueDepths it tells nothing rather than what was.
type refundsDue struct{ ledger *ledger.Ledger }

var refundsDueDesc = prometheus.NewDesc("seckill_refunds_due",
	"Payments whose money has to go back and has not yet.", nil, nil)

func (refundsDue) Describe(ch chan<- *prometheus.Desc) { ch <- refundsDueDesc }

func (r refundsDue) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	if n, err := r.ledger.CountRefundsDue(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(refundsDueDesc, prometheus.GaugeValue, float64(n))
	}
}

// backlogs tells at each scrape how the settling of each open sale goes. Every
// worker tells the same, as it stands in Redis; when Redis does not answer there
// are no figures.
type backlogs struct{ gate *gate.Gate }

var (
	inFlightDesc = prometheus.NewDesc("seckill_in_flight_orders",
		"Orders that are admitted and not in SQL yet.", []string{"sale"}, nil)
	inFlightLimitDesc = prometheus.NewDesc("seckill_in_flight_limit",
		"The most orders that may be admitted and not in SQL yet; beyond it nobody gets in.", []string{"sale"}, nil)
	settleRateDesc = prometheus.NewDesc("seckill_settle_rate",
		"Orders a second that get into SQL while there are some to come; the limit is derived from it.", []string{"sale"}, nil)
)

func (backlogs) Describe(ch chan<- *prometheus.Desc) {
	ch <- inFlightDesc
	ch <- inFlightLimitDesc
	ch <- settleRateDesc
}

func (b backlogs) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	open, err := b.gate.OpenSales(ctx)
	if err != nil {
		return
	}
	all, err := b.gate.Backlogs(ctx, open)
	if err != nil {
		return
	}
	for sale, backlog := range all {
		show := func(desc *prometheus.Desc, value float64) {
			ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, sale.String())
		}
		show(inFlightDesc, float64(backlog.Orders))
		show(inFlightLimitDesc, float64(backlog.Limit))
		if backlog.SettleRate > 0 {
			show(settleRateDesc, backlog.SettleRate)
		}
	}
}

// gateMetrics shows what the gate counts of itself.
func gateMetrics(r prometheus.Registerer, g *gate.Gate) {
	for name, m := range map[string]struct {
		help  string
		value func(gate.Stats) int64
	}{
		"seckill_gate_requests_total":      {"Requests for admission.", func(s gate.Stats) int64 { return s.Requests }},
		"seckill_gate_from_memory_total":   {"Requests answered as sold out without asking Redis.", func(s gate.Stats) int64 { return s.FromMemory }},
		"seckill_gate_batches_total":       {"Script calls that admitted or refused a batch.", func(s gate.Stats) int64 { return s.Batches }},
		"seckill_gate_resends_total":       {"Batches sent again because their answer got lost.", func(s gate.Stats) int64 { return s.Resends }},
		"seckill_orders_taken_again_total": {"Orders that Redis had lost and that were admitted once more.", func(s gate.Stats) int64 { return s.TakenAgain }},
		"seckill_orders_lost_total":        {"Orders that buyers were told of and that Redis lost for good; each is recorded as failed.", func(s gate.Stats) int64 { return s.Lost }},
		"seckill_gate_unknown_total":       {"Requests whose outcome stayed unknown.", func(s gate.Stats) int64 { return s.Unknown }},
	} {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: m.help},
			func() float64 { return float64(m.value(g.Stats())) }))
	}
}
