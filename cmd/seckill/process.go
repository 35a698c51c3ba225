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
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/database/schema"
	"github.com/seckill-go/seckill/internal/lifecycle"
	"github.com/seckill-go/seckill/seckill"
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
	ready    *web.Readiness // of the checks

	public net.Listener // nil in a worker
	rpc    net.Listener // nil where other services do not call
	ops    net.Listener
	opened chan struct{} // closed once the public port serves
}

// newProcess opens the ports first, so that an address in use is told before
// anything else happens, and then what the process stands on.
func newProcess(cfg config.Config, sources config.Sources, role config.Role, log *slog.Logger) (_ *process, err error) {
	p := &process{cfg: cfg, sources: sources, role: role, log: log, name: processName(),
		registry: prometheus.NewRegistry(), checks: web.Checks{}, opened: make(chan struct{})}
	p.ready = web.NewReadiness(p.checks, seckill.SystemClock, log)
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), p.ready)
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
		if err := p.listenRPC(); err != nil {
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
	for _, l := range []net.Listener{p.public, p.rpc, p.ops} {
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
	p.checks[p.service("redis")] = p.stores.gate.Writable
	p.checks[p.service("mysql")] = func(ctx context.Context) error {
		if err := p.schemaReady(ctx); err != nil {
			return err
		}
		return p.stores.ledger.Writable(ctx)
	}
	if p.stores.broker != nil {
		g.Add(lifecycle.Component{Name: "broker", Stage: stageBroker, Run: p.stores.broker.Run})
	}
	g.Add(lifecycle.Component{Name: "gate", Stage: stageGate, Run: p.stores.gate.Run})
	g.Add(lifecycle.Component{Name: "database", Stage: stageGate, Finite: true, Start: p.prepareSQL,
		Run: func(context.Context) error { return nil }})
}

func (p *process) schemaReady(ctx context.Context) error {
	pending, err := schema.Pending(ctx, p.stores.sql)
	if err == nil && pending {
		err = errors.New("the schema is older than this program; run: seckill migrate")
	}
	return err
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
	ops := web.NewOps(web.OpsConfig{Readiness: p.ready, MayRefuse: !p.cfg.Ops.ReadyNeedsWrites, Registry: p.registry, Hosts: p.cfg.HTTP.Names()})
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

// announce tells in the log where the process listens.
func (p *process) announce() {
	ops := "http://" + p.ops.Addr().String()
	if p.public == nil {
		p.log.Info("listening", "ops", ops)
		return
	}
	where := []any{"public", p.url(), "ops", ops}
	if p.rpc != nil {
		where = append(where, "rpc", "http://"+p.rpc.Addr().String())
	}
	p.log.Info("listening", where...)
}

// url is where buyers reach the public port.
func (p *process) url() string { return p.cfg.PublicURL(p.public.Addr().String()) }

// openingEvery is how often a process that starts looks whether it may open.
const openingEvery = 50 * time.Millisecond

// open opens the public port once ids can be made and the schema is there, which
// takes a moment beside a database that answers. It does not wait for Redis or
// RabbitMQ: without them callbacks are taken and orders can be read.
func (p *process) open(ids *web.IDLease, out io.Writer) func(context.Context) error {
	return func(ctx context.Context) error {
		for ids.Ready(ctx) != nil || p.schemaReady(ctx) != nil {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(openingEvery):
			}
		}
		close(p.opened)
		p.log.Info("open", "public", p.url())
		p.welcome(out)
		return nil
	}
}

// welcome tells a person at a terminal what to open.
func (p *process) welcome(out io.Writer) {
	if p.cfg.Mode != config.Embedded {
		return
	}
	url := p.url()
	token := "in " + p.cfg.SecretsFile() + ", as admin.token"
	if from := p.sources["admin.token"]; from != config.Source("file "+p.cfg.SecretsFile()) {
		token = "as set by " + string(from)
	}
	fmt.Fprintf(out, "\n  Buy here:     %s/\n  Admin page:   %s/admin\n  Admin token:  %s\n\n", url, url, token)
}
