package main

import (
	"context"
	"io"
	"time"

	"github.com/seckill-go/seckill/internal/lifecycle"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
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
	server, err := p.webServer(g, ids, limits.Most-limits.Most/4)
	if err != nil {
		return err
	}
	g.Add(lifecycle.Component{Name: "opening", Stage: stageAgents, Finite: true, Run: p.open(ids, out)})
	g.Add(serverComponent("public port", stagePublic, web.NewHTTPServer("", server.Handler(), p.log), p.public, conns))
	g.Add(lifecycle.Component{Name: "sale history", Stage: stageAgents, Run: server.KeepHistory})
	g.Add(lifecycle.Component{Name: "event streams", Stage: stageReadiness, Run: func(ctx context.Context) error {
		<-ctx.Done()
		server.SetDraining(true)
		return nil
	}})
	if p.cfg.ExampleSale {
		g.Add(lifecycle.Component{Name: "example sale", Stage: stagePublic, Finite: true, Run: p.exampleSale(ids)})
	}
	return nil
}

func (p *process) webServer(g *lifecycle.Group, ids web.IDs, streams int) (*web.Server, error) {
	cfg := p.cfg
	c := web.Config{
		Gate: p.stores.gate, Ledger: p.stores.ledger, IDs: ids, Auditor: p.auditor(),
		HS256Secret: []byte(cfg.Auth.HS256Secret), JWKSURL: string(cfg.Auth.JWKSURL),
		Issuer: cfg.Auth.Issuer, Audience: cfg.Auth.Audience, MaxTokenLife: cfg.Auth.MaxTokenLife,
		DemoLogin: cfg.Auth.DemoLogin, Hosts: cfg.HTTP.Names(), Rehearsals: cfg.Rehearsal.Enabled,
		AdminToken: string(cfg.Admin.Token),
		Ack:        web.AckMode(cfg.Admission.Ack), SettledWait: cfg.Admission.SettledWait,
		PerIPRPS: cfg.Limits.PerIPRPS, PerIPBurst: cfg.Limits.PerIPBurst,
		PerBuyerRPS: cfg.Limits.PerBuyerRPS, PerBuyerBurst: cfg.Limits.PerBuyerBurst,
		StreamsPerIP: cfg.Limits.StreamsPerIP, MaxAllStreams: streams,
		TrustedProxies: cfg.HTTP.TrustedProxies, Opened: p.opened,
		System: p.system(time.Now()),
		UI:     ui.Handler(string(cfg.Auth.LoginURL)), Registry: p.registry, Logger: p.log,
	}
	if p.stores.broker != nil {
		c.DeadLetters = p.deadLetters()
	}
	if err := p.addPayment(g, &c); err != nil {
		return nil, err
	}
	return web.New(c)
}
