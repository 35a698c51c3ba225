package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/database/schema"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/inventory"
)

// stockPlace is where a measurement sells: a database and a prefix of Redis that nothing
// else uses.
type stockPlace struct {
	cfg    config.Config
	stores *stores
	nodes  []redis.UniversalClient
	drop   func(context.Context) error
}

func openStockPlace(ctx context.Context, cfg config.Config) (p *stockPlace, err error) {
	name := "seckill_bench_" + strings.ToLower(rand.Text()[:10])
	p = &stockPlace{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if err := p.makeOwn(ctx, name); err != nil {
		return p, err
	}
	p.stores, p.nodes, err = openStock(p.cfg)
	if err != nil {
		return p, err
	}
	if _, err = schema.Up(ctx, p.stores.sql); err != nil {
		return p, err
	}
	p.stores.inventory, err = inventory.New(inventory.Config{DB: p.stores.sql})
	return p, err
}

func (p *stockPlace) makeOwn(ctx context.Context, name string) error {
	if p.cfg.Mode == config.Embedded {
		folder, err := os.MkdirTemp("", name)
		p.cfg.DataDir = folder
		p.drop = func(context.Context) error { return os.RemoveAll(folder) }
		return err
	}
	dsn, drop, err := database.Scratch(ctx, string(p.cfg.MySQL.DSN), name)
	p.cfg.MySQL.DSN, p.cfg.Redis.Prefix, p.drop = config.Address(dsn), name, drop
	return err
}

// openStock opens what goods are sold with, and no more.
func openStock(cfg config.Config) (s *stores, nodes []redis.UniversalClient, err error) {
	s = &stores{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	where, err := s.findRedis(cfg)
	if err != nil {
		return s, nil, err
	}
	client := gate.NewClient(where)
	s.closers = append(s.closers, client.Close)
	nodes = s.lockNodes(cfg, client, where)
	// What is slow there is what is measured.
	if s.sql, err = openSQL(cfg, slog.New(slog.DiscardHandler)); err != nil {
		return s, nil, err
	}
	s.closers = append(s.closers, s.sql.Close)
	return s, nodes, nil
}

// callers make the command of a process that sells here.
func (p *stockPlace) callers(file string, stderr io.Writer) func() *exec.Cmd {
	return func() *exec.Cmd {
		self, err := os.Executable()
		if err != nil {
			self = os.Args[0]
		}
		cmd := exec.Command(self, "bench", "stock-callers")
		if file != "" {
			cmd.Args = append(cmd.Args, "--config", file)
		}
		cmd.Env = append(os.Environ(), "SECKILL_MODE="+string(p.cfg.Mode), "SECKILL_DATA_DIR="+p.cfg.DataDir,
			"SECKILL_MYSQL_DSN="+string(p.cfg.MySQL.DSN), "SECKILL_REDIS_PREFIX="+p.cfg.Redis.Prefix)
		cmd.Stderr = stderr
		return cmd
	}
}

// close deletes what was made, also after an interrupt.
func (p *stockPlace) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var all error
	for _, n := range p.nodes {
		all = errors.Join(all, forgetLocks(ctx, n, p.cfg.Redis.Prefix))
	}
	if p.stores != nil {
		all = errors.Join(all, p.stores.close())
	}
	if p.drop != nil {
		if err := p.drop(ctx); err != nil {
			all = errors.Join(all, fmt.Errorf("delete what was made for the measurement: %w", err))
		}
	}
	return all
}

// forgetLocks deletes all keys of a prefix.
func forgetLocks(ctx context.Context, node redis.UniversalClient, prefix string) error {
	if cluster, ok := node.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, one *redis.Client) error { return forgetLocks(ctx, one, prefix) })
	}
	keys := node.Scan(ctx, 0, prefix+":*", 1000).Iterator()
	for keys.Next(ctx) {
		if err := node.Unlink(ctx, keys.Val()).Err(); err != nil {
			return err
		}
	}
	return keys.Err()
}
