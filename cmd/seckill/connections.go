package main

import (
	"fmt"
	"log/slog"
	"runtime"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/web"
)

const (
	// mostConnections bounds what they cost: each has about 20 KB.
	mostConnections = 50_000
	// opsConnections are for whoever probes, scrapes and profiles.
	opsConnections = 64
	// ownFiles are a process's own: its log, its database, RabbitMQ, what it looks up.
	ownFiles = 128
	// fewFiles is where a sale's crowd feels the limit.
	fewFiles = 4_096
)

// openFiles is the limit of open files; Go has raised it at the start to what the
// process may have.
func openFiles() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	return int(min(limit.Cur, 1<<30)), nil
}

// connectionsWithin tells how many connections buyers may have of so many files. The
// rest is what makes the answers to them possible: Redis, SQL, the operations port.
func connectionsWithin(files int, cfg config.Config) int {
	pool := cfg.Redis.PoolSize
	if pool == 0 {
		pool = 10 * runtime.GOMAXPROCS(0) // the client's own default
	}
	needed := pool*max(1, len(cfg.Redis.Addrs)) + cfg.MySQL.MaxOpen + opsConnections + ownFiles
	return max(1, files-min(max(needed, files/4), files/2))
}

// publicConnections are the limits of the public port.
func (p *process) publicConnections() (web.ConnectionLimits, error) {
	files, err := openFiles()
	if err != nil {
		return web.ConnectionLimits{}, err
	}
	most := connectionsWithin(files, p.cfg)
	switch wanted := p.cfg.HTTP.MaxConnections; {
	case wanted > most:
		p.log.Warn("http.max_connections is more than the limit of open files leaves; raise it (ulimit -n)",
			"wanted", wanted, "taken", most, "open_files", files)
	case wanted > 0:
		most = wanted
	case files < fewFiles:
		p.log.Warn("few files may be open, and each buyer's connection is one; raise the limit (ulimit -n)",
			"open_files", files, "connections", most)
	}
	if p.cfg.HTTP.MaxConnections == 0 {
		most = min(most, mostConnections)
	}
	return web.ConnectionLimits{
		Port: "public", Most: most, PerSource: min(p.cfg.Limits.ConnectionsPerIP, max(1, most/2)),
		Exempt: p.cfg.HTTP.TrustedProxies, Registry: p.registry, Logger: p.log,
	}, nil
}

func opsLimits(registry prometheus.Registerer, log *slog.Logger) web.ConnectionLimits {
	// One address, of whoever came in, leaves the others their places.
	return web.ConnectionLimits{Port: "ops", Most: opsConnections, PerSource: opsConnections / 4, Registry: registry, Logger: log}
}
