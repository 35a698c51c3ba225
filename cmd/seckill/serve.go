package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/lifecycle"
)

func serveCommand(f *configFlags) *cobra.Command {
	return processCommand(f, config.RoleServe, "serve",
		"Run web and worker in one process; embedded by default",
		"Run web and worker in one process. By default it needs nothing else: Redis, SQL and\n"+
			"broker are inside, data_dir keeps everything, and an empty store gets an example sale.")
}

func webCommand(f *configFlags) *cobra.Command {
	return processCommand(f, config.RoleWeb, "web", "Run a web process, on Redis and MySQL", "")
}

func workerCommand(f *configFlags) *cobra.Command {
	return processCommand(f, config.RoleWorker, "worker", "Run a worker process, on Redis, RabbitMQ and MySQL", "")
}

func processCommand(f *configFlags, role config.Role, use, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, sources, err := f.load(cmd, role)
			if err != nil {
				return err
			}
			faults, err := readFaults()
			if err != nil {
				return err
			}
			if cfg.Mode == config.Embedded {
				if err := config.PrepareData(&cfg, sources); err != nil {
					return err
				}
			}
			tuneMemory()
			log := newLogger(cfg.Log, cmd.ErrOrStderr())
			armFaults(faults, log)
			ctx, release := lifecycle.Signals(cmd.Context(), log)
			defer release()
			return runProcess(ctx, cfg, sources, role, log, cmd.OutOrStdout())
		},
	}
}

// The stages of a process: a later one starts after, and stops before, an
// earlier one. So a stop takes the order
//
//	readiness off            nobody sends new requests
//	stop taking orders       the listener closes, requests drain
//	relay, consumers finish  what they have in hand is confirmed or given back
//	broker closes            with no confirm left to arrive
//	Redis, SQL close
//
// since each step needs what the later ones close.
const (
	stageBroker = iota
	stageGate
	stageAgents
	stagePublic
	stageReadiness
)

// runProcess runs a process until ctx ends.
func runProcess(ctx context.Context, cfg config.Config, sources config.Sources, role config.Role, log *slog.Logger, out io.Writer) (err error) {
	for _, w := range cfg.Warnings() {
		log.Warn(w)
	}
	p, err := newProcess(cfg, sources, role, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	group, err := lifecycle.New(lifecycle.Config{Logger: log, DrainTimeout: cfg.HTTP.DrainTimeout})
	if err != nil {
		return err
	}
	p.addStores(group)
	if role != config.RoleWeb {
		if err := p.addWorker(group); err != nil {
			return err
		}
	}
	if role != config.RoleWorker {
		if err := p.addWeb(group, out); err != nil {
			return err
		}
	}
	if err := p.addOps(group); err != nil {
		return err
	}
	p.announce()
	if err := group.Run(ctx); err != nil {
		return fmt.Errorf("stopped: %w", err)
	}
	log.Info("stopped")
	return nil
}
