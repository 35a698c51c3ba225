package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/lifecycle"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/worker"
)

// addWorker adds every agent of a worker.
func (p *process) addWorker(g *lifecycle.Group) error {
	api, err := p.paymentAPI()
	if err != nil {
		return err
	}
	refunders, queriers := map[string]payment.Refunder{}, map[string]payment.Querier{}
	if api != nil {
		refunders[payment.StandardName] = api
	}
	if api != nil && p.cfg.Inquirer.Patience > 0 {
		queriers[payment.StandardName] = api
	}
	p.checks[p.service("rabbitmq")] = func(context.Context) error { return p.stores.broker.Ready() }
	p.registry.MustRegister(queueDepths{p.stores.broker}, refundsDue{p.stores.ledger}, backlogs{p.stores.gate})
	gate, sql, broker, cfg := p.stores.gate, p.stores.ledger, p.stores.broker, p.cfg
	ttl := cfg.Worker.LeaseTTL
	inquirer := &worker.Inquirer{Orders: sql, Providers: queriers, Patience: cfg.Inquirer.Patience, Clock: gate, Changes: gate,
		Leases: sql, Owner: p.name, LeaseTTL: ttl, Every: cfg.Inquirer.Every, Log: p.log}
	agents := map[string]interface{ Run(context.Context) error }{
		"relay": &worker.Relay{Outbox: gate, Broker: broker, Consumer: p.name, Batch: int64(cfg.Relay.Batch),
			RepublishAfter: cfg.Relay.RepublishAfter, Grace: graceOf(cfg, 5*time.Second), Log: p.log},
		"expirer": &worker.Expirer{Broker: broker, Orders: sql, Clock: gate, Changes: gate, Leases: sql, Owner: p.name,
			LeaseTTL: ttl, SweepEvery: cfg.Expirer.SweepEvery, SweepGrace: cfg.Expirer.SweepGrace, Sparing: inquirer.Sparing(), Log: p.log},
		"inquirer": inquirer,
		"releaser": &worker.Releaser{Orders: sql, Stock: gate, Leases: sql, Owner: p.name, LeaseTTL: ttl,
			Every: cfg.Releaser.Every, Log: p.log},
		"announcer": &worker.Announcer{Events: sql, Broker: broker, Wanted: wantedEvents(cfg.Webhooks), Leases: sql, Owner: p.name,
			LeaseTTL: ttl, Every: cfg.Announcer.Every, Log: p.log},
		"payment settler": &worker.PaymentSettler{Broker: broker, Orders: sql, Leases: sql, Owner: p.name, LeaseTTL: ttl,
			SweepEvery: cfg.Expirer.SweepEvery, Log: p.log},
		"retaker": &worker.Retaker{Orders: sql, Stock: gate, Changes: gate, Leases: sql, Owner: p.name, LeaseTTL: ttl,
			Every: cfg.Refunder.Every, Log: p.log},
		"refunder": &worker.Refunder{Orders: sql, Providers: refunders, Changes: gate, Leases: sql, Owner: p.name, LeaseTTL: ttl,
			Every: cfg.Refunder.Every, Backoff: cfg.Refunder.Backoff, MaxAttempts: cfg.Refunder.MaxAttempts, Log: p.log},
		"allotment settler": &worker.AllotmentSettler{Stock: p.stores.inventory, SQL: sql, Redis: gate, After: settleAfter(cfg),
			Leases: sql, Owner: p.name, LeaseTTL: ttl, Log: p.log},
		"stock expirer": &worker.StockExpirer{Stock: p.stores.inventory, Clock: seckill.SystemClock, Leases: sql, Owner: p.name, LeaseTTL: ttl,
			Every: cfg.Expirer.SweepEvery, Log: p.log},
		"offerer": &worker.Offerer{Waitlist: sql, Stock: gate, Hold: cfg.Waitlist.Hold, DrawHold: cfg.Draw.Hold, Leases: sql, Owner: p.name, LeaseTTL: ttl, Log: p.log},
		"drawer":  &worker.Drawer{SQL: sql, Clock: gate, Beacon: p.stores.beacon, Leases: sql, Owner: p.name, LeaseTTL: ttl, Log: p.log},
		"usher": &worker.Usher{Places: sql, Stock: gate, Rate: cfg.Queue.Rate, Factor: cfg.Queue.Factor, TTL: cfg.Queue.PassTTL, Grace: cfg.Queue.Grace,
			Leases: sql, Owner: p.name, LeaseTTL: ttl, Log: p.log},
		"governor": &worker.Governor{Redis: gate, Min: cfg.Admission.MinInFlight, Max: cfg.Admission.MaxInFlight,
			Leases: sql, Owner: p.name, LeaseTTL: ttl, Clock: seckill.SystemClock, Log: p.log},
		"unloader": &worker.Unloader{SQL: sql, Redis: gate, After: cfg.Worker.UnloadAfter,
			Leases: sql, Owner: p.name, LeaseTTL: ttl, Log: p.log},
		"trial remover": &worker.TrialRemover{SQL: sql, Redis: gate, Leases: sql, Owner: p.name, LeaseTTL: ttl, Log: p.log},
		"recoverer":     &worker.Recoverer{SQL: sql, Redis: gate, Leases: sql, Owner: p.name, LeaseTTL: ttl, BeginsEmpty: cfg.Mode == config.Embedded, Log: p.log},
	}
	if cfg.Webhooks.URL != "" {
		if agents["notifier"], err = p.notifier(); err != nil {
			return err
		}
	}
	for i := range cfg.Settler.Consumers {
		agents[fmt.Sprintf("settler %d", i+1)] = &worker.Settler{Broker: broker, Orders: sql, Outbox: gate,
			Batch: cfg.Settler.Batch, Log: p.log}
	}
	auditor := p.auditor()
	auditor.Report = driftMetric(p.registry)
	agents["auditor"] = auditor
	for name, agent := range agents {
		g.Add(lifecycle.Component{Name: name, Stage: stageAgents, Run: agent.Run})
	}
	return nil
}

// settleAfter is how long after its close a sale that Redis has lost is settled with the
// shop's stock. Redis and broker of an embedded server begin with it: nothing that they
// had can still come into SQL.
func settleAfter(cfg config.Config) time.Duration {
	if cfg.Mode == config.Embedded {
		return 0
	}
	return cfg.Worker.UnloadAfter
}

// auditPatience is how long an audit looks at drift again before it believes it.
const auditPatience = 3 * time.Second

// auditor makes what the audit of the operators' API and the worker's own
// rounds both use.
func (p *process) auditor() *worker.Auditor {
	auditor := &worker.Auditor{SQL: p.stores.ledger, Redis: p.stores.gate, Patience: auditPatience,
		Every: p.cfg.Auditor.Every, Leases: p.stores.ledger, Owner: p.name, LeaseTTL: p.cfg.Worker.LeaseTTL, Log: p.log}
	if p.stores.broker != nil {
		auditor.DeadLetters = &worker.DeadLetterCensus{Office: p.deadLetters(), Clock: seckill.SystemClock}
	}
	return auditor
}
