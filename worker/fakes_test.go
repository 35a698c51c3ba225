package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

var (
	errAway  = seckill.Unavailable(errors.New("connection refused"), "away")
	errOther = errors.New("something else")

	quiet = slog.New(slog.DiscardHandler)
)

// entryOf makes an outbox entry of orders with the given ids.
func entryOf(entry string, ids ...seckill.ID) seckill.OutboxEntry {
	now := time.Now().UTC().Truncate(time.Millisecond)
	e := seckill.OutboxEntry{SaleID: 7, ID: entry, At: now, Hold: time.Minute}
	for i, id := range ids {
		e.Orders = append(e.Orders, seckill.Order{ID: id, SaleID: 7, Buyer: "alice", Ticket: int64(i + 1),
			Lines: []seckill.Line{{SKU: "a", Quantity: 1, Price: 5}}, Amount: 5, Currency: "CNY",
			Status: seckill.OrderQueued, CreatedAt: now, HoldUntil: now.Add(time.Minute)})
	}
	return e
}

func deliveryOf(t *testing.T, v any) broker.Delivery {
	var body []byte
	var err error
	switch v := v.(type) {
	case []byte:
		body = v
	case seckill.OutboxEntry:
		body, err = v.MarshalText()
	default:
		body, err = json.Marshal(v)
	}
	require.NoError(t, err)
	return broker.Delivery{Message: broker.Message{ID: "m", Body: body}, Attempt: 1}
}

// calls records what happened in which order, over several fakes.
type calls struct {
	mu   sync.Mutex
	list []string
}

func (c *calls) add(what string) { c.mu.Lock(); defer c.mu.Unlock(); c.list = append(c.list, what) }
func (c *calls) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.list...)
}

// faults hands out one error after another, then none.
type faults struct {
	mu   sync.Mutex
	list []error
}

func (f *faults) next() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) == 0 {
		return nil
	}
	err := f.list[0]
	f.list = f.list[1:]
	return err
}

// freeLease gives every lease to everybody.
type freeLease struct{}

func (freeLease) Lease(_ context.Context, _, _ string, ttl time.Duration) (time.Time, bool, error) {
	return time.Now().Add(ttl), true, nil
}
func (freeLease) Unlease(context.Context, string, string) error { return nil }
