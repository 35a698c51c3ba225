package gate

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/seckill-go/seckill/seckill"
)

// buyerSet holds the buyers who had an order of an item at the time when the item's
// newest order was the one in last. It keeps 64-bit hashes: a collision costs one
// needless call of Redis and does no harm.
type buyerSet struct {
	epoch  string
	last   map[string]string // sku → ticket of its newest order
	hashes []uint64          // sorted
}

// buyerSeed keeps anyone from choosing buyer ids whose hashes collide.
var buyerSeed = maphash.MakeSeed()

func hashBuyer(sku, buyer string) uint64 {
	var h maphash.Hash
	h.SetSeed(buyerSeed)
	h.WriteString(sku)
	h.WriteByte(' ')
	h.WriteString(buyer)
	return h.Sum64()
}

// current tells whether the set has everyone who has an order of the item, given
// its newest order.
func (b *buyerSet) current(epoch, sku, last string) bool {
	if b == nil || b.epoch != epoch {
		return false
	}
	seen, ok := b.last[sku]
	return ok && seen == last
}

func (b *buyerSet) has(sku, buyer string) bool {
	_, found := slices.BinarySearch(b.hashes, hashBuyer(sku, buyer))
	return found
}

// startReadingBuyers is the sold-out memory's readBuyers.
func (g *Gate) startReadingBuyers(sale seckill.ID, skus []string, done func(*buyerSet)) {
	g.stats.buyerReads.Add(1)
	g.loadings.Go(func() {
		b, err := g.readBuyers(g.loads, sale, skus)
		if err != nil && g.loads.Err() == nil {
			g.cfg.Logger.Warn("cannot read who has orders; everyone asks Redis", "sale_id", sale.String(), "error", err)
		}
		done(b)
	})
}

// readBuyers scans the sale's buyers. What is newest is read first: no field is
// ever removed, so the scan finds at least everyone up to that order.
func (g *Gate) readBuyers(ctx context.Context, sale seckill.ID, skus []string) (*buyerSet, error) {
	k := g.keys(sale)
	fields := []string{"epoch"}
	for _, sku := range skus {
		fields = append(fields, "last:"+sku)
	}
	var meta []any
	var count int64
	err := g.withTimeout(ctx, func(ctx context.Context) (err error) {
		if meta, err = g.cfg.Client.HMGet(ctx, k.meta(), fields...).Result(); err != nil {
			return err
		}
		count, err = g.cfg.Client.HLen(ctx, k.buyers()).Result()
		return err
	})
	if err != nil {
		return nil, err
	}
	if count > maxBuyersKept {
		return nil, fmt.Errorf("%d buyers are more than the %d to remember", count, maxBuyersKept)
	}
	b := &buyerSet{last: map[string]string{}, hashes: make([]uint64, 0, count)}
	b.epoch, _ = meta[0].(string)
	for i, sku := range skus {
		b.last[sku] = "0" // what admit.lua says when there is none
		if last, ok := meta[i+1].(string); ok {
			b.last[sku] = last
		}
	}
	if err := g.scanBuyers(ctx, k.buyers(), b); err != nil {
		return nil, err
	}
	slices.Sort(b.hashes)
	return b, nil
}

func (g *Gate) scanBuyers(ctx context.Context, key string, b *buyerSet) error {
	var cursor uint64
	for {
		var page []string
		err := g.withTimeout(ctx, func(ctx context.Context) (err error) {
			page, cursor, err = g.cfg.Client.HScan(ctx, key, cursor, "", 1000).Result()
			return err
		})
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(page); i += 2 {
			if sku, buyer, ok := strings.Cut(page[i], " "); ok {
				b.hashes = append(b.hashes, hashBuyer(sku, buyer))
			}
		}
		if cursor == 0 {
			return nil
		}
		if len(b.hashes) > 2*maxBuyersKept {
			return fmt.Errorf("more than %d buyers to remember", maxBuyersKept)
		}
	}
}
