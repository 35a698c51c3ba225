package main

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/lifecycle"
	"github.com/seckill-go/seckill/web"
	"github.com/seckill-go/seckill/web/rpc"
)

// listenRPC opens the port for the shop's other services, if there is to be one. Where
// nobody has chosen its address, another server on this machine may have it: this one
// then does without.
func (p *process) listenRPC() error {
	if p.cfg.RPC.Addr == "" || p.cfg.RPC.Token == "" {
		return nil
	}
	l, err := listen("rpc.addr", p.cfg.RPC.Addr)
	if err != nil && p.sources["rpc.addr"] == config.SourceDefault {
		p.log.Warn("other services cannot call this process", "error", err)
		return nil
	}
	p.rpc = l
	return err
}

// rpcConnections is many for the few services of a shop, which share theirs.
const rpcConnections = 256

// addRPC adds that port.
func (p *process) addRPC(g *lifecycle.Group) error {
	if p.rpc == nil {
		return nil
	}
	conns, err := web.NewConnections(rpcLimits(p.registry, p.log))
	if err != nil {
		return err
	}
	handler := rpc.Handler(rpc.Config{Stock: p.stores.inventory, Token: string(p.cfg.RPC.Token), Ready: p.schemaReady, Registry: p.registry, Logger: p.log})
	g.Add(serverComponent("rpc port", stagePublic, rpc.NewServer(handler, p.log), p.rpc, conns))
	return nil
}

func rpcLimits(registry prometheus.Registerer, log *slog.Logger) web.ConnectionLimits {
	return web.ConnectionLimits{Port: "rpc", Most: rpcConnections, PerSource: rpcConnections, Registry: registry, Logger: log}
}
