package gate

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

// Counters are what Redis knows of an item, in units.
type Counters struct {
	Total     int64
	Available int64
	// InFlight units are admitted, and SQL is not known to have them.
	InFlight int64
}

// Counters reads the counters of all items of a sale at one moment. A sale that
// is not loaded is CodeNotFound.
func (g *Gate) Counters(ctx context.Context, sale seckill.ID) (map[string]Counters, error) {
	k := g.keys(sale)
	var state *redis.StringCmd
	var totals, stock, inflight *redis.MapStringStringCmd
	err := g.withTimeout(ctx, func(ctx context.Context) error {
		_, err := g.cfg.Client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			state = p.HGet(ctx, k.meta(), "state")
			totals = p.HGetAll(ctx, k.totals())
			stock = p.HGetAll(ctx, k.stock())
			inflight = p.HGetAll(ctx, k.inflight())
			return nil
		})
		return ignoreNil(err)
	})
	if err != nil {
		return nil, readFailed(err)
	}
	if err := loaded(sale, state.Val()); err != nil {
		return nil, err
	}
	if len(totals.Val()) == 0 || len(stock.Val()) == 0 { // a sale always has items: a key is gone
		return nil, fenced(sale)
	}
	all, err := readItems(totals.Val(), stock.Val(), inflight.Val())
	if err != nil {
		return nil, fmt.Errorf("gate: counters of sale %s: %w", sale, err)
	}
	return all, nil
}

func readItems(totals, stock, inflight map[string]string) (map[string]Counters, error) {
	all := make(map[string]Counters, len(totals))
	for sku, total := range totals {
		c, err := readCounters(total, stock[sku], inflight[sku])
		if err != nil {
			return nil, fmt.Errorf("item %s: %w", sku, err)
		}
		all[sku] = c
	}
	return all, nil
}

func readCounters(total, available, inflight string) (c Counters, err error) {
	if c.Total, err = strconv.ParseInt(total, 10, 64); err != nil {
		return c, err
	}
	if c.Available, err = strconv.ParseInt(available, 10, 64); err != nil {
		return c, err
	}
	if inflight != "" {
		c.InFlight, err = strconv.ParseInt(inflight, 10, 64)
	}
	return c, err
}
