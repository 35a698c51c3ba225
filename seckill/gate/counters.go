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
	// Waited is the mark of an item that somebody waits for; 0 is none. Nobody but those
	// who wait can have what is available of it.
	Waited int64
}

// ForBuyers are the units that anybody can buy.
func (c Counters) ForBuyers() int64 {
	if c.Waited != 0 {
		return 0
	}
	return max(c.Available, 0) // less while what SQL refused is on its way back
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
		c, err := readCounters(total, stock[sku], inflight[sku], stock[waitedField(sku)])
		if err != nil {
			return nil, fmt.Errorf("item %s: %w", sku, err)
		}
		all[sku] = c
	}
	return all, nil
}

func readCounters(total, available, inflight, waited string) (c Counters, err error) {
	if c.Total, err = strconv.ParseInt(total, 10, 64); err != nil {
		return c, err
	}
	if c.Available, err = strconv.ParseInt(available, 10, 64); err != nil {
		return c, err
	}
	if c.InFlight, err = count(inflight); err != nil {
		return c, err
	}
	c.Waited, err = count(waited)
	return c, err
}
