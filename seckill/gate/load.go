package gate

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// loaderLease is how long a loader may be silent before another takes over.
	loaderLease = 10 * time.Second
	// loadPairs bounds one part, so that Redis never stalls over a snapshot and
	// Lua's stack is enough.
	loadPairs = 400
	// loaderPoll is how often one waits for another loader to be done.
	loaderPoll = 50 * time.Millisecond
)

// Load writes a sale into Redis, if it is not there: a fresh one, or one that
// Redis has lost, from what SQL has. loaded is false when it was there already;
// with another definition it is CodeConflict. Two loaders don't mix: the second
// waits a while for the first, and is then unavailable, as is one whose sale
// still has orders in an outbox that Redis kept.
//
// The sale admits nobody until all is written. A load that died half way is
// started over by the next, 10 s after its last sign of life at the latest.
func (g *Gate) Load(ctx context.Context, s seckill.Snapshot) (loaded bool, err error) {
	if s.Sale.ID <= 0 || s.Sale.State == "" || s.Sale.Hold <= 0 {
		return false, seckill.Invalid("sale", "needs an id, a state and a hold")
	}
	begun, token, err := g.beginLoad(ctx, s.Sale)
	if err != nil {
		return false, err
	}
	if begun {
		if err := g.writeSnapshot(ctx, s, token); err != nil {
			return false, err
		}
	}
	// In every case: the loader before may have died right here.
	if err := g.indexSale(ctx, s.Sale); err != nil {
		return false, err
	}
	return begun, nil
}

// beginLoad returns with begun false when the sale is there.
func (g *Gate) beginLoad(ctx context.Context, s seckill.Sale) (begun bool, token string, err error) {
	sum, err := digest(s)
	if err != nil {
		return false, "", err
	}
	token = rand.Text()
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout+loaderLease)
	defer cancel()
	for {
		reply, err := g.call(ctx, loadBeginScript, g.keys(s.ID).all(), token, sum, loaderLease.Milliseconds()).Text()
		if err != nil {
			return false, "", writeFailed(err)
		}
		switch reply {
		case "begin":
			return true, token, nil
		case "same":
			return false, "", nil
		case "conflict":
			return false, "", seckill.Errorf(seckill.CodeConflict, "sale %s is loaded with another definition", s.ID)
		case "outbox":
			return false, "", seckill.Unavailable(nil, "orders of sale %s are still in flight", s.ID)
		}
		select {
		case <-ctx.Done():
			return false, "", loading(s.ID)
		case <-time.After(loaderPoll):
		}
	}
}

// writeSnapshot writes the keys one after the other; the state comes last.
func (g *Gate) writeSnapshot(ctx context.Context, s seckill.Snapshot, token string) error {
	k := g.keys(s.Sale.ID)
	meta, err := metaPairs(s, token)
	if err != nil {
		return err
	}
	totals, stock := stockPairs(s)
	orders, buyers, requests := orderPairs(s)
	for _, part := range []struct {
		key   string
		pairs []string
	}{
		{k.meta(), meta}, {k.totals(), totals}, {k.stock(), stock},
		{k.orders(), orders}, {k.buyers(), buyers}, {k.requests(), requests},
	} {
		if err := g.loadParts(ctx, s.Sale.ID, token, part.key, part.pairs); err != nil {
			return err
		}
	}
	done, err := g.call(ctx, loadEndScript, []string{k.meta(), k.ticket(), k.outbox()},
		token, string(s.Sale.State), s.Ticket, relayGroup).Int64()
	if err != nil {
		return writeFailed(err)
	}
	if done == 0 {
		return loading(s.Sale.ID)
	}
	return nil
}

func (g *Gate) loadParts(ctx context.Context, sale seckill.ID, token, key string, pairs []string) error {
	for len(pairs) > 0 {
		n := min(len(pairs), 2*loadPairs)
		args := make([]any, 0, n+2)
		args = append(args, token, loaderLease.Milliseconds())
		for _, v := range pairs[:n] {
			args = append(args, v)
		}
		written, err := g.call(ctx, loadPartScript, []string{g.keys(sale).meta(), key}, args...).Int64()
		if err != nil {
			return writeFailed(err)
		}
		if written == 0 {
			return loading(sale)
		}
		pairs = pairs[n:]
	}
	return nil
}

func metaPairs(s seckill.Snapshot, epoch string) ([]string, error) {
	text, err := encodeDefinition(s.Sale)
	if err != nil {
		return nil, err
	}
	sum, err := digest(s.Sale)
	if err != nil {
		return nil, err
	}
	revision := strconv.FormatInt(s.Sale.Revision, 10)
	pairs := []string{
		"definition", text,
		"digest", sum,
		"epoch", epoch,
		"starts_at", strconv.FormatInt(s.Sale.StartsAt.UnixMilli(), 10),
		"ends_at", strconv.FormatInt(s.Sale.EndsAt.UnixMilli(), 10),
		"hold", strconv.FormatInt(s.Sale.Hold.Milliseconds(), 10),
		"revision", revision,
		"loaded_revision", revision,
		"state_revision", revision,
	}
	for _, it := range s.Sale.Items {
		pairs = append(pairs, "limit:"+it.SKU, strconv.FormatInt(it.LimitPerBuyer, 10))
	}
	return pairs, nil
}

// stockPairs lets available fall below 0 where orders that SQL refused still have
// their release pending: those bring it back to what is really left.
func stockPairs(s seckill.Snapshot) (totals, stock []string) {
	for _, it := range s.Sale.Items {
		totals = append(totals, it.SKU, strconv.FormatInt(it.Total, 10))
		stock = append(stock, it.SKU, strconv.FormatInt(it.Total-s.Taken[it.SKU], 10))
	}
	return totals, stock
}

// orderPairs makes what Redis keeps of orders, of what each buyer has of each
// item, and of idempotency keys.
func orderPairs(s seckill.Snapshot) (orders, buyers, requests []string) {
	type has struct {
		units, ticket int64
		newest        seckill.ID
	}
	items := make(map[string]has)
	for _, o := range s.Orders {
		state := released
		if o.Status.HoldsStock() || s.Releasing[o.ID] {
			state = held
		}
		orders = append(orders, o.ID.String(), orderValue(state, o))
		if o.RequestKey != "" {
			requests = append(requests, o.RequestKey+" "+o.Buyer, o.ID.String())
		}
		for _, l := range o.Lines {
			field := l.SKU + " " + o.Buyer
			h := items[field]
			if state == held {
				h.units += l.Quantity
			}
			if o.Ticket >= h.ticket {
				h.ticket, h.newest = o.Ticket, o.ID
			}
			items[field] = h
		}
	}
	for field, h := range items {
		buyers = append(buyers, field, fmt.Sprintf("%d %s", h.units, h.newest))
	}
	return orders, buyers, requests
}
