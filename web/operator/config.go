package operator

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

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
	// System tells of the program and what it stands on. Default: nil; then that is
	// unavailable.
	System func(context.Context) System

	// Clock tells the time. Default: the system's.
	Clock seckill.Clock
	// Logger takes the log. Default: slog.Default().
	Logger *slog.Logger
}

func (c *Config) check() error {
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Gate == nil || c.Ledger == nil || c.Shop == nil || c.IDs == nil {
		return errors.New("operator: Gate, Ledger, Shop and IDs are required")
	}
	return nil
}
