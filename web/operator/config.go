package operator

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// DefaultSampleEvery is how often an open sale is sampled for the charts.
const DefaultSampleEvery = 2 * time.Second

// Config is what Mount needs.
type Config struct {
	// Gate is Redis. Required.
	Gate Gate
	// Ledger is SQL. Required.
	Ledger Ledger
	// Shop is the buyers' side of this process. Required.
	Shop Shop
	// IDs makes ids of sales. Required.
	IDs web.IDs
	// Auditor serves the audit. Default: none; then it answers unavailable.
	Auditor Auditor
	// DeadLetters serves dead letters. Default: none; then they are unavailable.
	DeadLetters DeadLetters
	// Stock is the shop's stock of goods. Default: none; then it is unavailable.
	Stock Stock
	// System tells of the program and what it stands on. Default: nil; then that is
	// unavailable.
	System func(context.Context) System

	// SampleEvery is how often KeepHistory samples an open sale. Default: 2 s.
	SampleEvery time.Duration

	// Clock tells the time. Default: the system's.
	Clock seckill.Clock
	// Logger takes the log. Default: slog.Default().
	Logger *slog.Logger
}

func (c *Config) check() error {
	c.SampleEvery = cmp.Or(c.SampleEvery, DefaultSampleEvery)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Gate == nil || c.Ledger == nil || c.Shop == nil || c.IDs == nil {
		return errors.New("operator: Gate, Ledger, Shop and IDs are required")
	}
	if c.SampleEvery < 0 {
		return errors.New("operator: SampleEvery must not be negative")
	}
	return nil
}
