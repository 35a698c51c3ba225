package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type announcerEvents interface {
	Events(ctx context.Context, limit int) ([]ledger.EventBatch, error)
	EventsPublished(ctx context.Context, batches []ledger.EventBatch, wanted func(eventType string) bool) error
}

// Announcer publishes the events in SQL's event outbox to the broker, at least once. The
// events of one order are published in the order in which they happened.
type Announcer struct {
	Events announcerEvents
	Broker publisher
	// Wanted tells which types of events the shop's endpoint gets from the Notifier as
	// well; nil: none.
	Wanted func(eventType string) bool
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Every is the pause between two looks.
	Every time.Duration
	Log   *slog.Logger
}

const (
	announcerBatch = 50 // transactions a look
	// announcerWindow is about how many events are published before their rows are
	// deleted. With more at a time, a slow broker might not confirm any call in time.
	announcerWindow = 2_000
)

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
	if err := fault.Point(ctx, fault.AnnouncerRead); err != nil {
		return false, err
	}
	var msgs []broker.Message
	done := 0
	for i, b := range batches {
		for _, e := range b.Events {
			msgs = append(msgs, broker.Message{ID: e.ID, Key: e.Type, Body: e.Body})
		}
		if len(msgs) < announcerWindow && i < len(batches)-1 {
			continue
		}
		if err := a.publish(ctx, msgs, batches[done:i+1]); err != nil {
			return false, err
		}
		msgs, done = msgs[:0], i+1
	}
	return len(batches) == announcerBatch, nil
}

// publish publishes the events of batches, and only then deletes their rows.
func (a *Announcer) publish(ctx context.Context, msgs []broker.Message, batches []ledger.EventBatch) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := a.Broker.Publish(ctx, broker.ExchangeEvents, msgs...); err != nil {
		return err
	}
	if err := fault.Point(ctx, fault.AnnouncerPublished); err != nil {
		return err
	}
	return a.Events.EventsPublished(ctx, batches, a.Wanted)
}
