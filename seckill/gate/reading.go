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

// Reading is what Redis said of a sale's units at one moment, with marks by
// which it can be told later what moved since.
type Reading struct {
	State seckill.SaleState
	// Epoch is that of the load; readings of two loads have nothing in common.
	Epoch int64
	// Ticket is the highest one given: an order with a higher one was admitted
	// after the reading.
	Ticket int64
	// Releases counts the orders released since the load.
	Releases int64
	// Moves counts the orders whose units were taken in another way than by
	// admission.
	Moves int64
	// Newest is the id of the newest outbox entry ever; empty when there is none.
	Newest string
	Items  map[string]Counters
}

// Read takes a reading. A sale that is not loaded is CodeNotFound; one that is
// being loaded is unavailable.
func (g *Gate) Read(ctx context.Context, sale seckill.ID) (Reading, error) {
	k := g.keys(sale)
	var meta *redis.SliceCmd
	var ticket, newest *redis.StringCmd
	var totals, stock, inflight *redis.MapStringStringCmd
	err := g.withTimeout(ctx, func(ctx context.Context) error {
		_, err := g.cfg.Client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			meta = p.HMGet(ctx, k.meta(), "state", "epoch", "releases", "moves")
			totals = p.HGetAll(ctx, k.totals())
			stock = p.HGetAll(ctx, k.stock())
			inflight = p.HGetAll(ctx, k.inflight())
			newest = p.HGet(ctx, k.inflight(), "#newest")
			ticket = p.Get(ctx, k.ticket())
			return nil
		})
		return ignoreNil(err)
	})
	if err != nil {
		return Reading{}, readFailed(err)
	}
	var text [4]string
	for i, v := range meta.Val() {
		text[i], _ = v.(string)
	}
	if err := loaded(sale, text[0]); err != nil {
		return Reading{}, err
	}
	r := Reading{State: seckill.SaleState(text[0]), Newest: newest.Val()}
	for to, from := range map[*int64]string{&r.Ticket: ticket.Val(), &r.Epoch: text[1], &r.Releases: text[2], &r.Moves: text[3]} {
		if err == nil {
			*to, err = count(from)
		}
	}
	if err == nil {
		r.Items, err = readItems(totals.Val(), stock.Val(), inflight.Val())
	}
	if err != nil {
		return Reading{}, fmt.Errorf("gate: reading of sale %s: %w", sale, err)
	}
	return r, nil
}

// count reads a counter that begins with its first use.
func count(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseInt(text, 10, 64)
}

const (
	// MaxOutboxRead is the most orders in flight that OutboxAt lists.
	MaxOutboxRead = 50_000
	// outboxPage and knownPage keep one call short.
	outboxPage = 200
	knownPage  = 500
)

// Outbox is the entries of an outbox.
type Outbox struct {
	Orders []seckill.Order
	// Unreadable is the units, by SKU, of entries whose orders cannot be read.
	// Nobody can settle those, so they are in flight until a person helps.
	Unreadable map[string]int64
}

// OutboxAt lists the entries that were in the outbox at a reading, but for those
// that were settled since. It reads page by page, so Redis is never held up.
// More than MaxOutboxRead orders are CodeConflict.
func (g *Gate) OutboxAt(ctx context.Context, sale seckill.ID, r Reading) (Outbox, error) {
	box := Outbox{Unreadable: make(map[string]int64)}
	if r.Newest == "" {
		return box, nil
	}
	err := g.eachEntry(ctx, sale, r.Newest, func(m redis.XMessage) error {
		if err := addEntry(&box, sale, m); err != nil {
			return err
		}
		if len(box.Orders) > MaxOutboxRead {
			return moved("more than %d orders are in flight, too many to look at each", MaxOutboxRead)
		}
		return nil
	})
	if err != nil {
		return Outbox{}, err
	}
	return box, nil
}

// entryAfter is the least id that is greater.
func entryAfter(id string) (string, error) {
	ms, text, _ := strings.Cut(id, "-")
	sequence, err := strconv.ParseUint(text, 10, 64)
	return fmt.Sprintf("%s-%d", ms, sequence+1), err
}

func addEntry(box *Outbox, sale seckill.ID, m redis.XMessage) error {
	fields := textFields(m.Values)
	e, err := readEntry(sale, m.ID, fields)
	if err == nil {
		box.Orders = append(box.Orders, e.Orders...)
		return nil
	}
	units, bad := readUnits(fields["units"])
	if bad != nil {
		return fmt.Errorf("gate: outbox entry %s of sale %s: %w", m.ID, sale, errors.Join(err, bad))
	}
	for sku, n := range units {
		box.Unreadable[sku] += n
	}
	return nil
}

// Held tells of each of the orders that Redis knows whether it holds its units,
// or has them back. An order that Redis does not know is not in the map.
func (g *Gate) Held(ctx context.Context, sale seckill.ID, orders []seckill.ID) (map[seckill.ID]bool, error) {
	known := make(map[seckill.ID]bool, len(orders))
	for len(orders) > 0 {
		page := orders[:min(len(orders), knownPage)]
		fields := make([]string, len(page))
		for i, id := range page {
			fields[i] = id.Short()
		}
		var values []any
		err := g.withTimeout(ctx, func(ctx context.Context) (err error) {
			values, err = g.cfg.Client.HMGet(ctx, g.keys(sale).orders(), fields...).Result()
			return err
		})
		if err != nil {
			return nil, readFailed(err)
		}
		for i, v := range values {
			if value, ok := v.(string); ok {
				known[page[i]] = holds(value)
			}
		}
		orders = orders[len(page):]
	}
	return known, nil
}

// ReleasedSince lists the orders that were released after a reading. It is
// CodeConflict when that cannot be told any more: the sale was loaded anew, or
// more than 10,000 were.
func (g *Gate) ReleasedSince(ctx context.Context, sale seckill.ID, r Reading) ([]seckill.ID, error) {
	word, rest, err := g.callWord(ctx, releasedScript, sale, r.Epoch, r.Releases, r.Moves)
	if err != nil {
		return nil, err
	}
	switch word {
	case "ok":
	case "other":
		return nil, moved("the sale was loaded anew, or orders changed hands meanwhile")
	case "short":
		return nil, moved("too many orders were released meanwhile")
	default:
		return nil, loaded(sale, word)
	}
	ids := make([]seckill.ID, len(rest))
	for i, v := range rest {
		text, _ := v.(string)
		if ids[i], err = seckill.ParseShortID(text); err != nil {
			return nil, fmt.Errorf("gate: released order of sale %s: %w", sale, err)
		}
	}
	return ids, nil
}

// Repair sets what is available of items, all of them or none, if since the
// reading no unit moved in Redis and the sale is paused or has nothing in
// flight; else it is CodeConflict and changes nothing.
func (g *Gate) Repair(ctx context.Context, sale seckill.ID, r Reading, available map[string]int64) error {
	if len(available) == 0 {
		return nil
	}
	args := []any{r.Epoch, r.Ticket, r.Releases, r.Moves}
	for sku, to := range available {
		args = append(args, sku, r.Items[sku].Total, r.Items[sku].Available, to)
	}
	word, rest, err := g.callWord(ctx, repairScript, sale, args...)
	if err != nil {
		return err
	}
	switch word {
	case "ok":
		g.stockMoved(ctx, sale)
		return nil
	case "moved":
		return moved("units moved while they were counted; ask again")
	case "busy":
		return &seckill.Error{Code: seckill.CodeConflict, State: fmt.Sprint(rest...),
			Detail: "orders are in flight; pause the sale, or wait until they are settled"}
	case "beyond":
		return &seckill.Error{Code: seckill.CodeConflict, State: string(r.State),
			Detail: fmt.Sprintf("less than nothing, or more than its total, would be available of %s", fmt.Sprint(rest...))}
	}
	return loaded(sale, word)
}

// moved is the error of a reading that cannot be judged, or not any more.
func moved(format string, args ...any) *seckill.Error {
	e := seckill.Errorf(seckill.CodeConflict, format, args...)
	e.State, e.RetryAfter = "moving", time.Second
	return e
}
