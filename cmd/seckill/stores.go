package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/database/schema"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/memory"
	"github.com/seckill-go/seckill/seckill/broker/rabbit"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// stores are the three things that everything stands on. Embedded or external,
// what runs on them is the same.
type stores struct {
	gate   *gate.Gate
	sql    *database.DB
	ledger *ledger.Ledger
	// inventory is the shop's stock, in the same database.
	inventory *inventory.Inventory
	beacon    fair.Beacon   // of draws
	broker    broker.Broker // nil in a web process that was given no RabbitMQ

	closers []func() error // in the order of their making
}

func openStores(cfg config.Config, log *slog.Logger) (_ *stores, err error) {
	s := &stores{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if cfg.Mode == config.Embedded {
		lock, err := lockData(cfg.DataDir)
		if err != nil {
			return s, err
		}
		s.closers = append(s.closers, lock.Close)
	}
	where, err := s.findRedis(cfg)
	if err != nil {
		return s, err
	}
	client := gate.NewClient(where)
	s.closers = append(s.closers, client.Close)
	where.PoolSize = maxOpenSales
	waiting := gate.NewClient(where)
	s.closers = append(s.closers, waiting.Close)
	if s.sql, err = openSQL(cfg, log); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.sql.Close)
	locks, err := s.openLocks(cfg, client, where, log)
	if err != nil {
		return s, err
	}
	if s.inventory, err = inventory.New(inventory.Config{DB: s.sql, Strategy: cfg.Inventory.Strategy, Locker: locks}); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.inventory.Close)
	if s.beacon, err = beaconOf(cfg.Draw); err != nil {
		return s, err
	}
	s.ledger = ledger.New(ledger.Config{DB: s.sql, Goods: s.inventory, Beacon: s.beacon.Chain(), DrawLead: cfg.Draw.Lead, Logger: log})
	s.closers = append(s.closers, s.ledger.Close)
	if s.broker, err = openBroker(cfg, log); err != nil {
		return s, err
	}
	soldOutTTL := cfg.Admission.SoldOutTTL
	if soldOutTTL == 0 {
		soldOutTTL = -1 // the gate's word for off
	}
	journal, lostFirst := 0, time.Duration(0)
	if cfg.Mode == config.External {
		// The embedded Redis ends with the process that would remember.
		journal, lostFirst = cfg.Admission.Journal, lostFirstFor
	}
	commitWait := time.Duration(0)
	if cfg.Mode == config.Embedded && cfg.Admission.Ack == config.AckSettled {
		commitWait = commitWaitFor
	}
	s.gate, err = gate.New(gate.Config{
		Client:     client,
		Waiting:    waiting,
		Prefix:     cfg.Redis.Prefix,
		BatchLimit: cfg.Admission.BatchLimit,
		Workers:    cfg.Admission.Workers,
		CommitWait: commitWait,
		QueueLimit: cfg.Admission.QueueLimit,
		SoldOutTTL: soldOutTTL,
		Timeout:    cfg.Redis.Timeout,
		MaxOutbox:  cfg.Admission.MaxInFlight,
		CoolDown:   gate.CoolDown{After: cfg.Limits.CoolDownAfter, For: cfg.Limits.CoolDown},
		Embedded:   cfg.Mode == config.Embedded,
		Journal:    journal,
		Lost:       s.ledger.RecordLost,
		LostFirst:  lostFirst,
		Logger:     log,
	})
	return s, err
}

// lostFirstFor is how long a sale that Redis lost takes back what web processes
// told buyers of, before it goes on selling. They hear of it at once.
const lostFirstFor = time.Second

// commitWaitFor is many times what SQLite needs for a batch. When it needs longer,
// admission goes on, and buyers wait for their own commits.
const commitWaitFor = 100 * time.Millisecond

// close closes what was opened, the newest first.
func (s *stores) close() error {
	var all error
	if s.gate != nil {
		s.gate.Close()
	}
	for i := len(s.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, s.closers[i]())
	}
	s.closers = nil
	return all
}

// maxOpenSales bounds how many sales can be open at the same time: a worker has
// a connection that waits for each one's outbox.
const maxOpenSales = 1000

// findRedis tells where Redis is; the embedded one is started.
func (s *stores) findRedis(cfg config.Config) (gate.ClientOptions, error) {
	if cfg.Mode == config.Embedded {
		server, err := embedded.Start()
		if err != nil {
			return gate.ClientOptions{}, fmt.Errorf("start the embedded Redis: %w", err)
		}
		s.closers = append(s.closers, func() error { server.Close(); return nil })
		return gate.ClientOptions{Addrs: []string{"embedded"}, Dial: server.Dial}, nil
	}
	where := gate.ClientOptions{
		Addrs:            cfg.Redis.Addrs,
		MasterName:       cfg.Redis.MasterName,
		SentinelUsername: cfg.Redis.SentinelUsername,
		SentinelPassword: string(cfg.Redis.SentinelPassword),
		Username:         cfg.Redis.Username,
		Password:         string(cfg.Redis.Password),
		PoolSize:         cfg.Redis.PoolSize,
	}
	if cfg.Redis.TLS {
		where.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return where, nil
}

func openSQL(cfg config.Config, log *slog.Logger) (*database.DB, error) {
	c := database.Config{Driver: database.MySQL, DSN: string(cfg.MySQL.DSN), MaxOpen: cfg.MySQL.MaxOpen, Logger: log}
	if cfg.Mode == config.Embedded {
		c.Driver, c.DSN = database.SQLite, embeddedDatabase(cfg)
	}
	return database.Open(c)
}

func embeddedDatabase(cfg config.Config) string { return filepath.Join(cfg.DataDir, "seckill.db") }

func openBroker(cfg config.Config, log *slog.Logger) (broker.Broker, error) {
	if cfg.Mode == config.Embedded {
		return memory.New(memory.Config{Logger: log})
	}
	if cfg.RabbitMQ.URL == "" {
		return nil, nil
	}
	return rabbit.New(rabbit.Config{URL: string(cfg.RabbitMQ.URL), Prefix: cfg.RabbitMQ.Prefix,
		Grace: graceOf(cfg, 10*time.Second), CloseTimeout: cfg.HTTP.DrainTimeout / 20, Logger: log})
}

// graceOf is how long a stop waits for what is in hand, of which some belongs to a
// service that may not answer: no longer than leaves the rest of the stop its time.
func graceOf(cfg config.Config, most time.Duration) time.Duration {
	return min(most, cfg.HTTP.DrainTimeout/4)
}

// prepareSQL brings the schema up to date as soon as SQL answers, and buries the
// dead; what comes after it in the start waits.
func (p *process) prepareSQL(ctx context.Context) error {
	const every = time.Second
	for failing := false; ; failing = true {
		err := p.tryToPrepareSQL(ctx)
		if err == nil {
			return nil
		}
		if errors.Is(err, database.ErrDamaged) {
			path := embeddedDatabase(p.cfg)
			return fmt.Errorf("data_dir: %s is damaged, or is no database: put a backup in its place, or begin anew by moving it away, %s-wal and %s-shm with it: %w",
				path, path, path, err)
		}
		if !failing {
			p.log.Warn("the database cannot be prepared yet, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(every):
		}
	}
}

func (p *process) tryToPrepareSQL(ctx context.Context) error {
	if p.cfg.MySQL.AutoMigrate {
		if _, err := schema.Up(ctx, p.stores.sql); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if p.cfg.Mode != config.Embedded {
		return nil
	}
	// Who holds the lock of the data folder is alone with it: whatever lease is
	// there belongs to a process that was killed, and sales would wait for its end.
	return p.stores.ledger.EndLeases(ctx)
}
