package worker

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
)

type relayOutbox interface {
	Sales(ctx context.Context) ([]gate.ActiveSale, error)
	Now(ctx context.Context) (time.Time, error)
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	ReadOutbox(ctx context.Context, sale seckill.ID, consumer string, count int64, block time.Duration) ([]seckill.OutboxEntry, error)
	ClaimOutbox(ctx context.Context, sale seckill.ID, consumer string, idle time.Duration, count int64) ([]seckill.OutboxEntry, error)
}

type relayBroker interface {
	publisher
	EnsureHold(ctx context.Context, hold time.Duration) error
}

// Relay moves outbox entries to the broker. Each entry becomes one message,
// which reaches the settle queue and the hold queue alike. The entry stays in
// the outbox: whoever settles it removes it. What stays too long, because a
// process died or the broker lost it, is published again.
type Relay struct {
	Outbox relayOutbox
	Broker relayBroker
	// Consumer names this process in the outbox's consumer group.
	Consumer string
	// Batch is the most entries published in one window of confirms.
	Batch int64
	// RepublishAfter is how long an entry may stay unsettled before it is
	// published again; each further time takes twice as long.
	RepublishAfter time.Duration
	// Grace is how long a stop waits for the broker to confirm what is in hand.
	// Default 5 s.
	Grace time.Duration
	Log   *slog.Logger
}

const (
	// A reader starts this long before its sale opens, so that the first order
	// finds it there.
	relayAhead = 10 * time.Second
	// The relay looks for sales to read this often. The first order of a sale that was
	// just restored waits for it.
	relayScanEvery = 100 * time.Millisecond
	// A sale that has ended with nothing in flight is looked at again after this.
	relayLookAgain = 5 * time.Second
	// A read waits this long for a new entry.
	relayBlock = time.Second
	relayGrace = 5 * time.Second
)

// Run reads the outbox of every sale that is open or still has orders in
// flight, one goroutine a sale.
func (r *Relay) Run(ctx context.Context) error {
	var readers sync.WaitGroup
	defer readers.Wait()
	var mu sync.Mutex
	reading := make(map[seckill.ID]bool)
	finished := make(map[seckill.ID]time.Time)
	return repeat(ctx, r.Log, "relay: finding sales", relayScanEvery, func(ctx context.Context) (bool, error) {
		due, err := r.due(ctx, finished)
		if err != nil {
			return false, err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, sale := range due {
			if reading[sale.ID] {
				continue
			}
			reading[sale.ID] = true
			readers.Go(func() {
				r.read(ctx, sale)
				mu.Lock()
				defer mu.Unlock()
				delete(reading, sale.ID)
			})
		}
		return false, nil
	})
}

// due lists the sales whose outbox can have something in it. One that has ended
// and is empty is remembered as finished for a while: it admits nobody any more, but
// for orders that a Redis had lost.
func (r *Relay) due(ctx context.Context, finished map[seckill.ID]time.Time) ([]gate.ActiveSale, error) {
	sales, err := r.Outbox.Sales(ctx)
	if err != nil {
		return nil, err
	}
	now, err := r.Outbox.Now(ctx)
	if err != nil {
		return nil, err
	}
	var due []gate.ActiveSale
	for _, sale := range sales {
		if time.Since(finished[sale.ID]) < relayLookAgain || now.Before(sale.StartsAt.Add(-relayAhead)) {
			continue
		}
		over, err := r.over(ctx, sale, now)
		if err != nil {
			return nil, err
		}
		if over {
			finished[sale.ID] = time.Now()
			continue
		}
		due = append(due, sale)
	}
	return due, nil
}

// over tells whether the sale has ended with nothing in flight.
func (r *Relay) over(ctx context.Context, sale gate.ActiveSale, now time.Time) (bool, error) {
	if now.Before(sale.EndsAt) {
		return false, nil
	}
	counters, err := r.Outbox.Counters(ctx, sale.ID)
	if seckill.CodeOf(err) == seckill.CodeNotFound {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, c := range counters {
		if c.InFlight > 0 {
			return false, nil
		}
	}
	return true, nil
}

func (r *Relay) read(ctx context.Context, sale gate.ActiveSale) {
	log := r.Log.With("sale", sale.ID.String())
	var claimAt time.Time
	var done bool
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// Before the first order: a queue that is new costs time, and one that is newer
	// than a second does not survive the death of a RabbitMQ.
	err := persist(ctx, log, "relay: declaring the hold queue", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, publishTimeout)
		defer cancel()
		return r.Broker.EnsureHold(ctx, sale.Hold)
	})
	if err != nil {
		return
	}
	_ = repeat(ctx, log, "relay: reading the outbox", 0, func(ctx context.Context) (bool, error) {
		if time.Now().After(claimAt) {
			err := r.republish(ctx, sale.ID, log)
			if seckill.CodeOf(err) == seckill.CodeNotFound && err != nil {
				// It is on the list a moment before it is loaded, and gone before it is off.
				stop()
				return false, nil
			}
			if err != nil {
				return false, err
			}
			claimAt = time.Now().Add(r.RepublishAfter / 4)
		}
		entries, err := r.Outbox.ReadOutbox(ctx, sale.ID, r.Consumer, r.Batch, relayBlock)
		if err != nil {
			// The sale may be gone, closed or lost; Run starts a new reader if not.
			done = seckill.CodeOf(err) == seckill.CodeNotFound
		} else if len(entries) == 0 {
			now, nowErr := r.Outbox.Now(ctx)
			if nowErr != nil {
				return false, nowErr
			}
			done, err = r.over(ctx, sale, now)
		} else if err = fault.Point(ctx, fault.RelayRead); err == nil {
			err = r.publish(ctx, entries, log)
		}
		if done {
			stop()
			return false, nil
		}
		return true, err
	})
}

func (r *Relay) republish(ctx context.Context, sale seckill.ID, log *slog.Logger) error {
	for {
		entries, err := r.Outbox.ClaimOutbox(ctx, sale, r.Consumer, r.RepublishAfter, r.Batch)
		if err != nil || len(entries) == 0 {
			return err
		}
		if err := fault.Point(ctx, fault.RelayClaimed); err != nil {
			return err
		}
		log.Info("relay: publishing again what was not settled in time", "entries", len(entries))
		if err := r.publish(ctx, entries, log); err != nil || int64(len(entries)) < r.Batch {
			return err
		}
	}
}

// publish tries until the broker has confirmed every entry. When the process
// is told to stop, it gets a bounded time more; what is not published then is
// claimed by another relay.
func (r *Relay) publish(ctx context.Context, entries []seckill.OutboxEntry, log *slog.Logger) error {
	msgs := make([]broker.Message, len(entries))
	for i, e := range entries {
		body, err := e.MarshalText()
		if err != nil {
			return fmt.Errorf("encode outbox entry %s: %w", e.ID, err)
		}
		msgs[i] = broker.Message{ID: e.SaleID.String() + "/" + e.ID, Key: broker.AdmittedKey(e.Hold), Body: body}
	}
	grace, cancel := graceful(ctx, cmp.Or(r.Grace, relayGrace))
	defer cancel()
	err := persist(grace, log, "relay: publishing", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, publishTimeout)
		defer cancel()
		for _, hold := range holds(entries) {
			if err := r.Broker.EnsureHold(ctx, hold); err != nil {
				return err
			}
		}
		return r.Broker.Publish(ctx, broker.ExchangeOrders, msgs...)
	})
	if err != nil {
		log.Warn("relay: the stop cut publishing short; what the broker has not confirmed stays in the outbox, and is published again",
			"entries", len(entries))
		return err
	}
	return fault.Point(ctx, fault.RelayPublished)
}

// publishTimeout bounds one try; the broker's alarm can hold a write for ever.
const publishTimeout = 10 * time.Second

func holds(entries []seckill.OutboxEntry) []time.Duration {
	var holds []time.Duration
	seen := make(map[time.Duration]bool)
	for _, e := range entries {
		if !seen[e.Hold] {
			seen[e.Hold] = true
			holds = append(holds, e.Hold)
		}
	}
	return holds
}
