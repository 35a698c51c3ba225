package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web/operator"
)

// system tells operators of this process, of what it stands on, and of what that is
// worth.
func (p *process) system(started time.Time) func(context.Context) operator.System {
	program := p.program(started)
	settings := []operator.Setting{}
	for _, s := range config.Describe(p.cfg, p.sources) {
		settings = append(settings, operator.Setting{Name: s.Key, Value: s.Value, Source: string(s.Source)})
	}
	warnings := p.cfg.Warnings()
	if warnings == nil {
		warnings = []string{}
	}
	return func(ctx context.Context) operator.System {
		ready := p.ready.Results(ctx)
		return operator.System{
			Program: program, Settings: settings, Warnings: warnings,
			Parts: []operator.Part{
				writing(p.redisPart(ctx), ready[p.service("redis")]),
				writing(p.sqlPart(ctx), ready[p.service("mysql")]),
				p.brokerPart(),
			},
			Promise: []operator.Promise{promise("ack." + p.cfg.Admission.Ack)},
		}
	}
}

var roleNames = map[config.Role]string{config.RoleServe: "serve", config.RoleWeb: "web", config.RoleWorker: "worker"}

func (p *process) program(started time.Time) operator.Program {
	b := thisBuild()
	return operator.Program{Version: cmp.Or(b.Version, "unknown"), Revision: b.Revision, GoVersion: b.Go, Role: roleNames[p.role],
		Mode: string(p.cfg.Mode), Process: p.name, StartedAt: started.UTC().Format(time.RFC3339)}
}

func (p *process) redisPart(ctx context.Context) operator.Part {
	part := operator.Part{Name: "redis", Product: "Redis", Settings: []operator.Setting{}, Promises: []operator.Promise{}}
	if p.cfg.Mode == config.Embedded {
		part.Product, part.Promises = "embedded", []operator.Promise{promise("redis.embedded")}
		return connected(part, p.stores.gate.Ping(ctx))
	}
	server, err := p.stores.gate.Describe(ctx)
	if part = connected(part, err); !part.Connected {
		return part
	}
	part.Version, part.Settings = server.Version, listed(server.Settings)
	part.Settings = append(part.Settings, operator.Setting{Name: "mode", Value: server.Mode})
	part.Promises = redisPromises(server.Settings)
	return part
}

// redisPromises tells what the settings are worth. One that could not be read
// promises nothing.
func redisPromises(s map[string]string) []operator.Promise {
	var list []operator.Promise
	switch {
	case s["appendonly"] == "":
		list = append(list, promise("redis.unknown"))
	case s["appendonly"] != "yes":
		list = append(list, promise("redis.none"))
	case s["appendfsync"] == "always":
		list = append(list, promise("redis.always"))
	case s["appendfsync"] == "everysec":
		list = append(list, promise("redis.everysec"))
	default:
		list = append(list, promise("redis.none"))
	}
	if policy := s["maxmemory-policy"]; policy != "" && policy != "noeviction" {
		list = append(list, promise("redis.evicts"))
	}
	return list
}

func (p *process) sqlPart(ctx context.Context) operator.Part {
	part := operator.Part{Name: "sql", Product: "MySQL", Settings: []operator.Setting{}, Promises: []operator.Promise{}}
	server, err := p.stores.sql.Describe(ctx)
	if part = connected(part, err); !part.Connected {
		return part
	}
	part.Product, part.Version, part.Settings = server.Product, server.Version, listed(server.Settings)
	part.Promises = []operator.Promise{promise(sqlPromise(server.Product, server.Settings))}
	return part
}

func sqlPromise(product string, s map[string]string) string {
	binlog := s["log_bin"] == "1" || s["log_bin"] == "ON"
	switch {
	case product == "SQLite" && s["journal_mode"] == "wal" && (s["synchronous"] == "full" || s["synchronous"] == "extra"):
		return "sql.durable"
	case product != "SQLite" && s["innodb_flush_log_at_trx_commit"] == "1" && (!binlog || s["sync_binlog"] == "1"):
		return "sql.durable"
	default:
		return "sql.lossy"
	}
}

func (p *process) brokerPart() operator.Part {
	part := operator.Part{Name: "broker", Product: "RabbitMQ", Settings: []operator.Setting{}, Promises: []operator.Promise{}}
	switch {
	case p.stores.broker == nil:
		part.Promises = []operator.Promise{promise("broker.none")}
		return part
	case p.cfg.Mode == config.Embedded:
		part.Product, part.Promises = "embedded", []operator.Promise{promise("broker.embedded")}
		return connected(part, p.stores.broker.Ready())
	}
	part = connected(part, p.stores.broker.Ready())
	if b, ok := p.stores.broker.(interface{ Describe() (string, error) }); ok && part.Connected {
		var err error
		if part.Version, err = b.Describe(); err != nil {
			part = connected(part, err)
		}
	}
	part.Settings = []operator.Setting{{Name: "queues", Value: "quorum"}, {Name: "publisher confirms", Value: "on"},
		{Name: "dead-letter strategy", Value: "at-least-once"}}
	part.Promises = []operator.Promise{promise("broker.quorum")}
	return part
}

func connected(part operator.Part, err error) operator.Part {
	part.Connected = err == nil
	if err != nil {
		part.Problem = err.Error()
	}
	return part
}

// writing adds that a part which answers takes no writes.
func writing(part operator.Part, err error) operator.Part {
	if refusal, refuses := seckill.RefusesWrites(err); refuses && part.Connected {
		part.Refuses, part.Problem = true, refusal.Error()
	}
	return part
}

// listed sorts settings by name.
func listed(settings map[string]string) []operator.Setting {
	list := make([]operator.Setting, 0, len(settings))
	for name, value := range settings {
		list = append(list, operator.Setting{Name: name, Value: value})
	}
	slices.SortFunc(list, func(a, b operator.Setting) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return list
}
