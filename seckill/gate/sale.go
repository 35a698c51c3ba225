package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// definition is the sale as meta keeps it. State, revision and totals in it are
// those of the load; the live ones stand beside it.
type definition struct {
	seckill.Sale
	HoldMS int64 `json:"hold_ms"`
}

func encodeDefinition(s seckill.Sale) (string, error) {
	b, err := json.Marshal(definition{Sale: s, HoldMS: s.Hold.Milliseconds()})
	return string(b), err
}

// digest names what of a sale may never differ between two loads: all but its
// state, revision and totals.
func digest(s seckill.Sale) (string, error) {
	s.State, s.Revision, s.CreatedAt = "", 0, time.Time{}
	s.StartsAt, s.EndsAt = seckill.UnixMilli(s.StartsAt.UnixMilli()), seckill.UnixMilli(s.EndsAt.UnixMilli())
	if !s.EntriesUntil.IsZero() {
		s.EntriesUntil = seckill.UnixMilli(s.EntriesUntil.UnixMilli())
	}
	items := make([]seckill.Item, len(s.Items))
	for i, it := range s.Items {
		it.Total = 0
		items[i] = it
	}
	s.Items = items
	text, err := encodeDefinition(s)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), nil
}

// Sale reads a loaded sale with its live state, revision and totals, and its epoch. One that is
// not loaded is CodeNotFound; one that is being loaded is unavailable.
func (g *Gate) Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error) {
	reply, err := g.call(ctx, saleScript, sale).Slice()
	if err != nil {
		return seckill.Sale{}, readFailed(err)
	}
	if len(reply) != 5 {
		return seckill.Sale{}, fmt.Errorf("gate: sale %s: the script replied %d values", sale, len(reply))
	}
	var text [4]string
	for i := range text {
		text[i], _ = reply[i].(string)
	}
	if err := loaded(sale, text[0]); err != nil {
		return seckill.Sale{}, err
	}
	totals, _ := reply[4].([]any)
	if len(totals) == 0 { // a sale always has items: the key is gone
		return seckill.Sale{}, fenced(sale)
	}
	s, err := readSale(text[0], text[1], text[2], pairs(totals))
	if err == nil {
		s.Epoch, err = strconv.ParseInt(text[3], 10, 64)
	}
	if err != nil {
		return seckill.Sale{}, fmt.Errorf("gate: sale %s: %w", sale, err)
	}
	return s, nil
}

// pairs reads {field, value, ...}, as a script replies it.
func pairs(reply []any) map[string]string {
	found := make(map[string]string, len(reply)/2)
	for i := 0; i+1 < len(reply); i += 2 {
		field, _ := reply[i].(string)
		found[field], _ = reply[i+1].(string)
	}
	return found
}

func readSale(state, text, revision string, totals map[string]string) (seckill.Sale, error) {
	var d definition
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return seckill.Sale{}, err
	}
	s := d.Sale
	s.Hold = time.Duration(d.HoldMS) * time.Millisecond
	s.State = seckill.SaleState(state)
	var err error
	if s.Revision, err = strconv.ParseInt(revision, 10, 64); err != nil {
		return s, err
	}
	for i := range s.Items {
		if s.Items[i].Total, err = strconv.ParseInt(totals[s.Items[i].SKU], 10, 64); err != nil {
			return s, err
		}
	}
	return s, nil
}

// ActiveSale is an entry of the index of loaded sales.
type ActiveSale struct {
	ID               seckill.ID
	StartsAt, EndsAt time.Time
	Hold             time.Duration
}

// Sales lists the sales that are loaded or being loaded, in no order. One may be gone
// by the time that it is asked for.
func (g *Gate) Sales(ctx context.Context) ([]ActiveSale, error) {
	var index map[string]string
	err := g.withTimeout(ctx, func(ctx context.Context) (err error) {
		index, err = g.cfg.Client.HGetAll(ctx, g.salesKey()).Result()
		return err
	})
	if err != nil {
		return nil, readFailed(err)
	}
	sales := make([]ActiveSale, 0, len(index))
	for id, window := range index {
		s, err := readActiveSale(id, window)
		if err != nil {
			return nil, fmt.Errorf("gate: index entry %q of sale %q: %w", window, id, err)
		}
		sales = append(sales, s)
	}
	return sales, nil
}

func readActiveSale(id, window string) (s ActiveSale, err error) {
	if s.ID, err = seckill.ParseID(id); err != nil {
		return s, err
	}
	var ms [3]int64
	parts := strings.Split(window, " ")
	if len(parts) != len(ms) {
		return s, errors.New("not three numbers")
	}
	for i, text := range parts {
		if ms[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return s, err
		}
	}
	s.StartsAt, s.EndsAt = seckill.UnixMilli(ms[0]), seckill.UnixMilli(ms[1])
	s.Hold = time.Duration(ms[2]) * time.Millisecond
	return s, nil
}

// announceLoad lists a sale that is about to be loaded, unless it is listed already. If
// the loader dies and the sale is closed, what is half loaded is still found by that
// list, and taken out of Redis: it would block all who settle and release.
func (g *Gate) announceLoad(ctx context.Context, s seckill.Sale) error {
	return writeFailed(g.withTimeout(ctx, func(ctx context.Context) error {
		return g.cfg.Client.HSetNX(ctx, g.salesKey(), s.ID.String(), windowOf(s)).Err()
	}))
}

func windowOf(s seckill.Sale) string {
	return fmt.Sprintf("%d %d %d", s.StartsAt.UnixMilli(), s.EndsAt.UnixMilli(), s.Hold.Milliseconds())
}

func (g *Gate) indexSale(ctx context.Context, s seckill.Sale) error {
	return writeFailed(g.withTimeout(ctx, func(ctx context.Context) error {
		return g.cfg.Client.HSet(ctx, g.salesKey(), s.ID.String(), windowOf(s)).Err()
	}))
}

// QueuedOrder reads an order whose units Redis holds: it was admitted, and SQL
// may not have it yet. CodeNotFound means that Redis does not hold it, or not any
// more; then SQL knows all about it, and is to be asked again. With ErrNotLoaded as
// its cause, Redis knows nothing of the sale. While the sale is
// being restored it is unavailable. RequestKey is left out.
func (g *Gate) QueuedOrder(ctx context.Context, sale, order seckill.ID) (seckill.Order, error) {
	word, rest, err := g.callWord(ctx, queuedScript, sale, order.Short())
	if err != nil {
		return seckill.Order{}, err
	}
	switch word {
	case "ok":
	case "unknown":
		return seckill.Order{}, seckill.Errorf(seckill.CodeNotFound, "there is no such order")
	case "reopening":
		return seckill.Order{}, fenced(sale)
	default:
		return seckill.Order{}, loaded(sale, word)
	}
	value := fmt.Sprint(rest[0])
	if !strings.HasPrefix(value, held+" ") {
		return seckill.Order{}, seckill.Errorf(seckill.CodeNotFound, "the order is not held any more")
	}
	o, err := readOrderValue(value)
	if err != nil {
		return seckill.Order{}, fmt.Errorf("gate: order %s: %w", order, err)
	}
	ms, err := strconv.ParseInt(fmt.Sprint(rest[1:]...), 10, 64)
	if err != nil {
		return seckill.Order{}, fmt.Errorf("gate: hold of sale %s: %w", sale, err)
	}
	o.ID, o.SaleID, o.Status = order, sale, seckill.OrderQueued
	o.HoldUntil = o.CreatedAt.Add(time.Duration(ms) * time.Millisecond)
	return o, nil
}

// Unload deletes what Redis has of a sale. It is CodeConflict unless the sale is
// closed and nothing of it is in flight; a sale that is not loaded is fine.
func (g *Gate) Unload(ctx context.Context, sale seckill.ID) error {
	reply, err := g.call(ctx, unloadScript, sale).Text()
	if err != nil {
		return writeFailed(err)
	}
	if reply != "gone" {
		e := seckill.Errorf(seckill.CodeConflict, "only a closed sale with nothing in flight can be unloaded")
		e.State = reply
		return e
	}
	g.soldOut.forget(sale)
	return writeFailed(g.withTimeout(ctx, func(ctx context.Context) error {
		return g.cfg.Client.HDel(ctx, g.salesKey(), sale.String()).Err()
	}))
}
