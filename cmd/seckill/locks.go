package main

import (
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/stocklock"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/lock"
)

// openLocks makes the locks for goods that are sold under one.
func (s *stores) openLocks(cfg config.Config, sale redis.UniversalClient, where gate.ClientOptions, log *slog.Logger) (stocklock.Locker, error) {
	locks, err := newLocks(cfg, s.lockNodes(cfg, sale, where), log)
	if err == nil {
		s.closers = append(s.closers, func() error { locks.Close(); return nil })
	}
	return stocklock.Locker{Locks: locks}, err
}

func newLocks(cfg config.Config, nodes []redis.UniversalClient, log *slog.Logger) (*lock.Lock, error) {
	c := lock.Config{Nodes: nodes, Prefix: cfg.Redis.Prefix, Logger: log}
	if cfg.Mode == config.Embedded {
		c.StayOut = -1 // its Redis ends with this process, and so does every holder
	}
	return lock.New(c)
}

// lockNodes are the servers that vote on locks: Redis servers of their own, of which a
// majority has to agree, or else the sale's Redis.
func (s *stores) lockNodes(cfg config.Config, sale redis.UniversalClient, where gate.ClientOptions) []redis.UniversalClient {
	if len(cfg.Inventory.LockRedis) == 0 {
		return []redis.UniversalClient{sale}
	}
	var nodes []redis.UniversalClient
	for _, addr := range cfg.Inventory.LockRedis {
		where.Addrs, where.MasterName = []string{addr}, ""
		client := gate.NewClient(where)
		s.closers = append(s.closers, client.Close)
		nodes = append(nodes, client)
	}
	return nodes
}
