package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/lifecycle"
	"github.com/seckill-go/seckill/web"
)

// process is one running seckill, whatever its role.
type process struct {
	cfg      config.Config
	sources  config.Sources
	role     config.Role
	log      *slog.Logger
	name     string // of this process, unlike any other's, for leases and consumers
	stores   *stores
	registry *prometheus.Registry
	checks   web.Checks

	public net.Listener // nil in a worker
	ops    net.Listener
}

// newProcess opens the ports first, so that an address in use is told before
// anything else happens, and then what the process stands on.
func newProcess(cfg config.Config, sources config.Sources, role config.Role, log *slog.Logger) (_ *process, err error) {
	p := &process{cfg: cfg, sources: sources, role: role, log: log, name: processName(),
		registry: prometheus.NewRegistry(), checks: web.Checks{}}
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.ops, err = listen("ops.addr", cfg.Ops.Addr); err != nil {
		return p, err
	}
	if role != config.RoleWorker {
		if p.public, err = listen("http.addr", cfg.HTTP.Addr); err != nil {
			return p, err
		}
	}
	p.stores, err = openStores(cfg, log)
	return p, err
}

func listen(key, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; choose another address with --%s", key, err, key)
	}
	return l, nil
}

func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%.40s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()[:8]))
}

func (p *process) close() error {
	var all error
	for _, l := range []net.Listener{p.public, p.ops} {
		if l == nil {
			continue
		}
		// A server that ran has closed its listener.
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			all = errors.Join(all, err)
		}
	}
	if p.stores != nil {
		all = errors.Join(all, p.stores.close())
	}
	return all
}

// addStores adds the loops of the stores, and what readiness asks of them.
func (p *process) addStores(g *lifecycle.Group) {
	p.checks[p.service("redis")] = p.stores.gate.Ping
	p.checks[p.service("mysql")] = func(ctx context.Context) error {
		pending, err := p.stores.ledger.Pending(ctx)
		if err == nil && pending {
			err = errors.New("the schema is older than this program; run: seckill migrate")
		}
		return err
	}
	if p.stores.broker != nil {
		g.Add(lifecycle.Component{Name: "broker", Stage: stageBroker, Run: p.stores.broker.Run})
	}
	g.Add(lifecycle.Component{Name: "gate", Stage: stageGate, Run: p.stores.gate.Run})
	if p.cfg.MySQL.AutoMigrate {
		g.Add(lifecycle.Component{Name: "migration", Stage: stageGate, Finite: true, Start: p.migrate,
			Run: func(context.Context) error { return nil }})
	}
}

// service names a store as its operator knows it.
func (p *process) service(name string) string {
	if p.cfg.Mode == config.Embedded {
		return "embedded " + name
	}
	return name
}

// addOps adds the operations port. It answers from the start to the very end,
// so that whoever probes sees how a start or a stop goes.
func (p *process) addOps(g *lifecycle.Group) error {
	ops := web.NewOps(web.OpsConfig{Checks: p.checks, Registry: p.registry, Logger: p.log})
	conns, err := web.NewConnections(opsLimits(p.registry, p.log))
	if err != nil {
		return err
	}
	g.Add(serverComponent("operations port", stageBroker, web.NewOpsServer("", ops.Handler(), p.log), p.ops, conns))
	g.Add(lifecycle.Component{Name: "readiness", Stage: stageReadiness, Run: func(ctx context.Context) error {
		<-ctx.Done()
		ops.SetDraining()
		return nil
	}})
	return nil
}

// serverComponent serves a listener within the limits of its connections; its stop
// lets requests under way finish.
func serverComponent(name string, stage int, srv *http.Server, l net.Listener, conns *web.Connections) lifecycle.Component {
	return lifecycle.Component{Name: name, Stage: stage, Run: func(ctx context.Context) error {
		ended := make(chan error, 1)
		go func() { ended <- conns.Serve(srv, l) }()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			if err := srv.Shutdown(lifecycle.Hard(ctx)); err != nil {
				return srv.Close()
			}
			return nil
		}
	}}
}

// announce tells where the process listens: in the log for everyone, and for a
// person at a terminal what to open.
func (p *process) announce(out io.Writer) {
	ops := "http://" + p.ops.Addr().String()
	if p.public == nil {
		p.log.Info("listening", "ops", ops)
		return
	}
	url := p.cfg.PublicURL(p.public.Addr().String())
	p.log.Info("listening", "public", url, "ops", ops)
	if p.cfg.Mode != config.Embedded {
		return
	}
	fmt.Fprintf(out, "\n  Buy here:     %s/\n  Admin page:   %s/admin\n  Admin token:  in %s, as admin.token\n\n",
		url, url, p.cfg.SecretsFile())
}
