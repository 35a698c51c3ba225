package worker

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type announcerEvents interface {
	Events(ctx context.Context, limit int) ([]ledger.EventBatch, error)
	DeleteEvents(ctx context.Context, ids []int64) error
}

// Announcer publishes the events that each transition wrote beside itself in
// SQL, in the order in which an order went through them, at least once.
type Announcer struct {
	Events announcerEvents
	Broker publisher
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Every is the pause between two looks.
	Every time.Duration
	Log   *slog.Logger
}

const announcerBatch = 50 // transactions a look; one can carry some hundred events

// Run publishes until ctx ends.
func (a *Announcer) Run(ctx context.Context) error {
	loop := sole{leases: a.Leases, name: "announcer", owner: a.Owner, ttl: a.LeaseTTL, pause: a.Every, log: a.Log}
	return loop.run(ctx, "announcer: publishing events", a.step)
}

func (a *Announcer) step(ctx context.Context) (more bool, err error) {
	batches, err := a.Events.Events(ctx, announcerBatch)
	if err != nil || len(batches) == 0 {
		return false, err
	}
	var msgs []broker.Message
	ids := make([]int64, len(batches))
	for i, b := range batches {
		ids[i] = b.ID
		for _, e := range b.Events {
			body, err := json.Marshal(e)
			if err != nil {
				return false, err
			}
			msgs = append(msgs, broker.Message{ID: e.ID, Key: e.Type, Body: body})
		}
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := a.Broker.Publish(ctx, broker.ExchangeEvents, msgs...); err != nil {
		return false, err
	}
	return len(batches) == announcerBatch, a.Events.DeleteEvents(ctx, ids)
}
