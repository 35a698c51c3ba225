package gate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

// survivors are the entries that a load finds in the outbox.
type survivors struct {
	orders []seckill.Order
	units  map[string]int64 // in flight, by SKU
	// unreadable is the part of units whose orders nobody can read or settle.
	unreadable map[string]int64
	newest     string
	since      time.Time
}

// readOutbox reads all of an outbox, page by page.
func (g *Gate) readOutbox(ctx context.Context, sale seckill.ID) (survivors, error) {
	box := survivors{units: make(map[string]int64), unreadable: make(map[string]int64)}
	err := g.eachEntry(ctx, sale, "+", func(m redis.XMessage) error { g.surviving(&box, sale, m); return nil })
	return box, err
}

// eachEntry goes through the outbox up to an entry. It reads page by page, so
// Redis is never held up.
func (g *Gate) eachEntry(ctx context.Context, sale seckill.ID, to string, do func(redis.XMessage) error) error {
	from := "-"
	for {
		var page []redis.XMessage
		err := g.withTimeout(ctx, func(ctx context.Context) (err error) {
			page, err = g.cfg.Client.XRangeN(ctx, g.keys(sale).outbox(), from, to, outboxPage).Result()
			return err
		})
		if err != nil {
			return readFailed(err)
		}
		for _, m := range page {
			if err := do(m); err != nil {
				return err
			}
			if from, err = entryAfter(m.ID); err != nil {
				return fmt.Errorf("gate: outbox of sale %s: %w", sale, err)
			}
		}
		if len(page) < outboxPage {
			return nil
		}
	}
}

func (g *Gate) surviving(box *survivors, sale seckill.ID, m redis.XMessage) {
	fields := textFields(m.Values)
	// One entry that nobody can read must not keep the sale closed: its units do not
	// count as in flight then, and the audit refuses to judge.
	units, unitsErr := readUnits(fields["units"])
	for sku, n := range units {
		box.units[sku] += n
	}
	box.newest = m.ID
	e, err := readEntry(sale, m.ID, fields)
	if err != nil || len(e.Orders) == 0 {
		g.cfg.Logger.Error("an outbox entry cannot be read", "sale_id", sale.String(), "entry_id", m.ID,
			"error", errors.Join(err, unitsErr))
		for sku, n := range units {
			box.unreadable[sku] += n
		}
		return
	}
	if at := e.Orders[0].CreatedAt; box.since.IsZero() || at.Before(box.since) {
		box.since = at
	}
	box.orders = append(box.orders, e.Orders...)
}

// readUnits reads "<sku>:<units>,...".
func readUnits(text string) (map[string]int64, error) {
	units := make(map[string]int64)
	for part := range strings.SplitSeq(text, ",") {
		sku, number, found := strings.Cut(part, ":")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || !found {
			return nil, errors.New("its units cannot be read")
		}
		units[sku] += n
	}
	return units, nil
}

// counters is what the hash inflight has to be for these entries.
func (b survivors) counters() []string {
	pairs := []string{"#orders", strconv.Itoa(len(b.orders))}
	for sku, n := range b.units {
		pairs = append(pairs, sku, strconv.FormatInt(n, 10))
	}
	if b.newest != "" {
		pairs = append(pairs, "#newest", b.newest)
	}
	if !b.since.IsZero() {
		pairs = append(pairs, "#since", strconv.FormatInt(b.since.UnixMilli(), 10))
	}
	return pairs
}
