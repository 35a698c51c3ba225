package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/seckill/lock"
)

// openLocks makes the locks for goods that are sold under one: over Redis servers of
// their own, of which a majority has to agree, or else over the sale's Redis.
func (s *stores) openLocks(cfg config.Config, sale redis.UniversalClient, where gate.ClientOptions, log *slog.Logger) (stockLocks, error) {
	nodes := []redis.UniversalClient{sale}
	if len(cfg.Inventory.LockRedis) > 0 {
		nodes = nil
	}
	for _, addr := range cfg.Inventory.LockRedis {
		where.Addrs, where.MasterName = []string{addr}, ""
		client := gate.NewClient(where)
		s.closers = append(s.closers, client.Close)
		nodes = append(nodes, client)
	}
	c := lock.Config{Nodes: nodes, Prefix: cfg.Redis.Prefix, Logger: log}
	if cfg.Mode == config.Embedded {
		c.StayOut = -1 // its Redis ends with this process, and so does every holder
	}
	locks, err := lock.New(c)
	if err == nil {
		s.closers = append(s.closers, func() error { locks.Close(); return nil })
	}
	return stockLocks{locks}, err
}

// stockLocks are the locks as package inventory knows them.
type stockLocks struct{ locks *lock.Lock }

func (l stockLocks) Lock(ctx context.Context, name string, above int64) (inventory.Lock, error) {
	held, err := l.locks.Acquire(ctx, name, lock.Above(above))
	switch {
	case errors.Is(err, lock.ErrTaken):
		return nil, seckill.Unavailable(err, "others have the goods for too long; try again")
	case err != nil:
		return nil, err
	}
	return held, nil
}
