package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/worker"
)

// wantedEvents tells which events the shop's endpoint gets; nil: there is none.
func wantedEvents(cfg config.Webhooks) func(eventType string) bool {
	if cfg.URL == "" {
		return nil
	}
	return func(eventType string) bool { return len(cfg.Events) == 0 || slices.Contains(cfg.Events, eventType) }
}

// notifier makes the agent that delivers events to the shop, and its metrics.
func (p *process) notifier() (*worker.Notifier, error) {
	cfg := p.cfg.Webhooks
	endpoint, err := worker.NewEndpoint(worker.EndpointConfig{URL: string(cfg.URL), Secrets: cfg.Secrets(), Timeout: cfg.Timeout,
		Concurrency: cfg.Concurrency})
	if err != nil {
		return nil, fmt.Errorf("webhooks.secret: %w", err)
	}
	tries := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seckill_webhooks_total",
		Help: "Tries to deliver an event to the shop, by what came of them.",
	}, []string{"outcome"})
	p.registry.MustRegister(tries, deliveries{p.stores.ledger})
	n := &worker.Notifier{Deliveries: p.stores.ledger, Endpoint: endpoint, Leases: p.stores.ledger, Owner: p.name,
		LeaseTTL: p.cfg.Worker.LeaseTTL, Every: p.cfg.Announcer.Every, Concurrency: cfg.Concurrency, Timeout: cfg.Timeout,
		Backoff: cfg.Backoff, MaxAttempts: cfg.MaxAttempts, Clock: seckill.SystemClock,
		Report: func(outcome string) { tries.WithLabelValues(outcome).Inc() }, Log: p.log}
	p.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "seckill_webhooks_pause_seconds",
		Help: "For how long nothing is sent to the shop's endpoint, since it failed or asked for time; 0 while it is tried.",
	}, func() float64 { return n.Pause().Seconds() }))
	return n, nil
}

// deadLetters has all that waits for a person.
func (p *process) deadLetters() worker.DeadLetterOffice {
	return worker.DeadLetterOffice{Broker: p.stores.broker, Deliveries: p.stores.ledger}
}

// deliveries tells at each scrape what the shop's endpoint does not have yet. Like
// queueDepths it tells nothing rather than what was.
type deliveries struct{ ledger *ledger.Ledger }

var (
	pendingWebhooksDesc = prometheus.NewDesc("seckill_webhooks_pending",
		"Events that the shop's endpoint does not have yet; they are tried again.", nil, nil)
	oldestWebhookDesc = prometheus.NewDesc("seckill_webhooks_oldest_seconds",
		"How long the first of the pending events waits; 0 without any.", nil, nil)
	deadWebhooksDesc = prometheus.NewDesc("seckill_webhooks_dead",
		"Events that the shop's endpoint did not take in any try; they wait for a person.", nil, nil)
)

func (deliveries) Describe(ch chan<- *prometheus.Desc) {
	ch <- pendingWebhooksDesc
	ch <- oldestWebhookDesc
	ch <- deadWebhooksDesc
}

func (d deliveries) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	backlog, err := d.ledger.DeliveryBacklog(ctx)
	if err != nil {
		return
	}
	age := 0.0
	if backlog.Pending > 0 {
		age = max(0, time.Since(backlog.Oldest).Seconds())
	}
	for desc, value := range map[*prometheus.Desc]float64{
		pendingWebhooksDesc: float64(backlog.Pending), oldestWebhookDesc: age, deadWebhooksDesc: float64(backlog.Dead),
	} {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
}
