package gate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// longestClaimWait caps how long an entry that keeps failing is left alone.
	longestClaimWait = 10 * time.Minute
	// claimsPerCall and settledPerCall keep one script call short.
	claimsPerCall  = 500
	settledPerCall = 200
)

// ReadOutbox gives entries that no reader had yet, oldest first, at most count.
// It waits up to block for the first; 0 does not wait. It does not see the end
// of ctx while it waits, so block should be about a second. A sale that is not
// loaded is CodeNotFound.
//
// A consumer is one reader; its name should be used again after a restart, since
// Redis remembers each. What it was given and did not settle comes back by
// ClaimOutbox, as does what an answer that got lost contained.
func (g *Gate) ReadOutbox(ctx context.Context, sale seckill.ID, consumer string, count int64, block time.Duration) ([]seckill.OutboxEntry, error) {
	if block < time.Millisecond {
		block = -1 // the client sends no BLOCK
	}
	ctx, cancel := context.WithTimeout(ctx, max(block, 0)+g.cfg.Timeout)
	defer cancel()
	streams, err := g.cfg.Waiting.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group:    relayGroup,
		Consumer: consumer,
		Streams:  []string{g.keys(sale).outbox(), ">"},
		Count:    count,
		Block:    block,
	}).Result()
	switch {
	case redis.HasErrorPrefix(err, "NOGROUP"), redis.HasErrorPrefix(err, "UNBLOCKED"):
		return nil, notLoaded(sale)
	case ignoreNil(err) != nil:
		return nil, readFailed(err)
	}
	var entries []seckill.OutboxEntry
	for _, s := range streams {
		for _, m := range s.Messages {
			entries = g.appendEntry(entries, sale, m.ID, textFields(m.Values))
		}
	}
	return entries, nil
}

func textFields(values map[string]any) map[string]string {
	fields := make(map[string]string, len(values))
	for name, v := range values {
		fields[name], _ = v.(string)
	}
	return fields
}

// ClaimOutbox takes over entries that were given to a reader and not settled
// since: after idle the first time, then after twice as long each time, up to 10
// minutes. At most count entries, and 500.
func (g *Gate) ClaimOutbox(ctx context.Context, sale seckill.ID, consumer string, idle time.Duration, count int64) ([]seckill.OutboxEntry, error) {
	word, rest, err := g.callWord(ctx, claimScript, sale, relayGroup, consumer,
		idle.Milliseconds(), longestClaimWait.Milliseconds(), min(count, claimsPerCall))
	if err != nil {
		return nil, err
	}
	if word != "ok" {
		return nil, notLoaded(sale)
	}
	rows, _ := rest[0].([]any)
	entries := make([]seckill.OutboxEntry, 0, len(rows))
	for _, row := range rows {
		id, fields, err := readRow(row)
		if err != nil {
			return nil, fmt.Errorf("gate: claimed entry of sale %s: %w", sale, err)
		}
		entries = g.appendEntry(entries, sale, id, fields)
	}
	return entries, nil
}

// readRow reads {id, {field, value, ...}}.
func readRow(row any) (id string, fields map[string]string, err error) {
	pair, _ := row.([]any)
	if len(pair) != 2 {
		return "", nil, errors.New("not an entry")
	}
	id, _ = pair[0].(string)
	flat, _ := pair[1].([]any)
	return id, pairs(flat), nil
}

// appendEntry leaves out an entry that cannot be read: the others must go on. It
// stays in the outbox and in the counters, where the audit shows it.
func (g *Gate) appendEntry(to []seckill.OutboxEntry, sale seckill.ID, id string, fields map[string]string) []seckill.OutboxEntry {
	e, err := readEntry(sale, id, fields)
	if err != nil {
		g.cfg.Logger.Error("an outbox entry cannot be read", "sale_id", sale.String(), "entry_id", id, "error", err)
		return to
	}
	return append(to, e)
}

func readEntry(sale seckill.ID, id string, fields map[string]string) (seckill.OutboxEntry, error) {
	e := seckill.OutboxEntry{SaleID: sale, ID: id}
	hold, err := strconv.ParseInt(fields["hold"], 10, 64)
	if err != nil {
		return e, fmt.Errorf("hold: %w", err)
	}
	at, err := strconv.ParseInt(fields["at"], 10, 64)
	if err != nil {
		return e, fmt.Errorf("time: %w", err)
	}
	if e.Epoch, err = strconv.ParseInt(fields["epoch"], 10, 64); err != nil {
		return e, fmt.Errorf("epoch: %w", err)
	}
	e.At, e.Hold = seckill.UnixMilli(at), time.Duration(hold)*time.Millisecond
	err = e.ReadOrders(fields["orders"])
	return e, err
}

// Settled takes entries out of the outbox, once SQL has committed all of their
// orders, and publishes the changes. An entry that is gone already changes
// nothing, so it can be repeated. While the sale is being loaded it is unavailable.
// The changes are hints; that they could not be published is no error.
func (g *Gate) Settled(ctx context.Context, sale seckill.ID, entries []seckill.OutboxEntry, changes []seckill.Change) error {
	for len(entries) > 0 {
		n := min(len(entries), settledPerCall)
		args := make([]any, 0, 2*n+1)
		args = append(args, relayGroup)
		for _, e := range entries[:n] {
			args = append(args, e.ID, e.Epoch)
		}
		reply, err := g.call(ctx, settledScript, sale, args...).Result()
		if err != nil {
			return writeFailed(err)
		}
		if reply == stateLoading {
			return loading(sale) // the loader is counting what is in the outbox
		}
		entries = entries[n:]
	}
	if err := g.Publish(ctx, changes...); err != nil {
		g.cfg.Logger.Warn("cannot announce settled orders", "sale_id", sale.String(), "error", err)
	}
	return nil
}
