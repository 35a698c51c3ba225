package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/stockload"
	"github.com/seckill-go/seckill/internal/stocklock"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/seckill/lock"
)

// benchStockCallersCommand is a process that `seckill bench stock` starts.
func benchStockCallersCommand(f *configFlags) *cobra.Command {
	return &cobra.Command{
		Use: "stock-callers", Short: "Sell as `seckill bench stock` tells on standard input", Args: cobra.NoArgs, Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, _, err := f.load(cmd, config.RoleStock)
			if err != nil {
				return err
			}
			s, nodes, err := openStock(cfg)
			if err != nil {
				return err
			}
			defer s.close()
			locks, err := newLocks(cfg, nodes, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			defer locks.Close()
			return stockload.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), func(way string) (stockload.Seller, error) {
				i, err := inventory.New(inventory.Config{DB: s.sql, Strategy: way, Locker: stocklock.Locker{Locks: locks}})
				if err == nil && way == inventory.RedisLock {
					err = awaitLocks(cmd.Context(), locks)
				}
				return stockload.OfInventory(i, s.sql), err
			})
		},
	}
}

// locksVoteWithin is longer than a server of Redis stays out that is new to the locks.
const locksVoteWithin = 30 * time.Second

// awaitLocks waits until a lock can be had at all.
func awaitLocks(ctx context.Context, locks *lock.Lock) error {
	ctx, cancel := context.WithTimeout(ctx, locksVoteWithin)
	defer cancel()
	for {
		held, err := locks.Acquire(ctx, "measuring")
		if err == nil {
			return held.Release(ctx)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("no lock can be had of Redis: %w", err)
		}
	}
}
