package main

import (
	"context"
	"io"
	"time"

	"github.com/seckill-go/seckill/internal/lifecycle"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
	"github.com/seckill-go/seckill/web/buyer"
	"github.com/seckill-go/seckill/web/callback"
	"github.com/seckill-go/seckill/web/operator"
	"github.com/seckill-go/seckill/web/rehearsal"
	"github.com/seckill-go/seckill/web/token"
	"github.com/seckill-go/seckill/web/ui"
)

// addWeb adds the public port and what it needs.
func (p *process) addWeb(g *lifecycle.Group, out io.Writer) error {
	ids := web.NewIDLease(p.stores.ledger, p.name, p.cfg.IDs.LeaseTTL, seckill.SystemClock, p.log)
	p.checks["ids"] = ids.Ready
	g.Add(lifecycle.Component{Name: "id lease", Stage: stageAgents, Run: ids.Run})

	gateMetrics(p.registry, p.stores.gate)
	limits, err := p.publicConnections()
	if err != nil {
		return err
	}
	conns, err := web.NewConnections(limits)
	if err != nil {
		return err
	}
	// A stream has its connection for minutes; a quarter is left to buy over.
	port, err := p.mountCalls(g, ids, limits.Most-limits.Most/4)
	if err != nil {
		return err
	}
	g.Add(lifecycle.Component{Name: "opening", Stage: stageAgents, Finite: true, Run: p.open(ids, out)})
	g.Add(serverComponent("public port", stagePublic, web.NewHTTPServer("", port.server.Handler(), p.log), p.public, conns))
	if err := p.addRPC(g); err != nil {
		return err
	}
	g.Add(lifecycle.Component{Name: "sale history", Stage: stageAgents, Run: port.operators.KeepHistory})
	g.Add(lifecycle.Component{Name: "event streams", Stage: stageReadiness, Run: func(ctx context.Context) error {
		<-ctx.Done()
		port.server.SetDraining(true)
		port.rehearsals.SetDraining(true)
		return nil
	}})
	if p.cfg.ExampleSale {
		g.Add(lifecycle.Component{Name: "example sale", Stage: stagePublic, Finite: true, Run: p.exampleSale(ids)})
	}
	return nil
}

// publicPort is the public port's server, and of the calls that are mounted there those
// that have something else to do.
type publicPort struct {
	server     *web.Server
	operators  *operator.API
	rehearsals *rehearsal.API
}

// mountCalls makes the server and mounts the calls: buyers', operators', rehearsals' and those of payment
// providers. The operators look at what buyers meet, and a rehearsal is theirs; no other
// knows of another.
func (p *process) mountCalls(g *lifecycle.Group, ids web.IDs, streams int) (port publicPort, err error) {
	cfg := p.cfg
	tokens, err := token.New(token.Config{
		HS256Secret: []byte(cfg.Auth.HS256Secret), JWKSURL: string(cfg.Auth.JWKSURL),
		Issuer: cfg.Auth.Issuer, Audience: cfg.Auth.Audience, MaxLife: cfg.Auth.MaxTokenLife, Logger: p.log,
	})
	if err != nil {
		return port, err
	}
	pay, err := p.addPayment(g)
	if err != nil {
		return port, err
	}
	if port.server, err = web.New(web.Config{
		Gate: p.stores.gate, Tokens: tokens, AdminToken: string(cfg.Admin.Token), Hosts: cfg.HTTP.Names(), Opened: p.opened,
		PerIPRPS: cfg.Limits.PerIPRPS, PerIPBurst: cfg.Limits.PerIPBurst,
		PerBuyerRPS: cfg.Limits.PerBuyerRPS, PerBuyerBurst: cfg.Limits.PerBuyerBurst,
		TrustedProxies: cfg.HTTP.TrustedProxies,
		UI:             ui.Handler(string(cfg.Auth.LoginURL)), MockPay: pay.gateway, Registry: p.registry, Logger: p.log,
	}); err != nil {
		return port, err
	}
	auditor := p.auditor()
	buyers, err := buyer.Mount(port.server, p.buyerConfig(tokens, ids, pay.provider, streams))
	if err != nil {
		return port, err
	}
	if port.operators, err = operator.Mount(port.server, p.operatorConfig(ids, buyers, auditor)); err != nil {
		return port, err
	}
	if port.rehearsals, err = rehearsal.Mount(port.server, rehearsal.Config{
		Enabled: cfg.Rehearsal.Enabled, Gate: p.stores.gate, Ledger: p.stores.ledger,
		Operators: port.operators, Shop: buyers, Tokens: tokens, Auditor: auditor, Logger: p.log,
	}); err != nil {
		return port, err
	}
	providers := []callback.Provider{pay.provider}
	if crowds := port.rehearsals.Provider(); crowds != nil {
		providers = append(providers, crowds)
	}
	return port, callback.Mount(port.server, callback.Config{
		Gate: p.stores.gate, Ledger: p.stores.ledger, Providers: providers, Registry: p.registry, Logger: p.log,
	})
}

func (p *process) buyerConfig(tokens *token.Tokens, ids web.IDs, provider buyer.Provider, streams int) buyer.Config {
	c := buyer.Config{
		Gate: p.stores.gate, Ledger: p.stores.ledger, IDs: ids, Providers: []buyer.Provider{provider},
		Ack: buyer.AckMode(p.cfg.Admission.Ack), SettledWait: p.cfg.Admission.SettledWait,
		DrawHold: p.cfg.Draw.Hold, TurnGrace: p.cfg.Queue.Grace, StreamsPerIP: p.cfg.Limits.StreamsPerIP, MaxAllStreams: streams, Registry: p.registry,
	}
	if p.cfg.Auth.DemoLogin {
		c.Demo = tokens
	}
	return c
}

func (p *process) operatorConfig(ids web.IDs, shop operator.Shop, auditor operator.Auditor) operator.Config {
	c := operator.Config{
		Gate: p.stores.gate, Ledger: p.stores.ledger, Shop: shop, IDs: ids,
		Auditor: auditor, Stock: p.stores.inventory, System: p.system(time.Now()), Logger: p.log,
	}
	if p.stores.broker != nil {
		c.DeadLetters = p.deadLetters()
	}
	return c
}
