package brokertest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/broker"
)

func routesToSettleAndHold(t *testing.T, s Subject) {
	require.NoError(t, s.Broker.EnsureHold(within(t), hold))
	require.NoError(t, s.Broker.EnsureHold(within(t), hold), "a second time changes nothing")
	publish(t, s.Broker, order("one"))
	hasDepth(t, s.Broker, broker.QueueSettle, 1)
	hasDepth(t, s.Broker, broker.HoldQueue(hold), 1)
	empties(t, s.Broker, broker.QueueExpire)
}

func deliversUnchanged(t *testing.T, s Subject) {
	msg := order("one")
	publish(t, s.Broker, msg)
	c := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	c.seesAll(t, 1)
	c.stop()
	require.Equal(t, []broker.Delivery{{Message: msg, Attempt: 1, Queue: broker.QueueSettle}}, c.seen.all())
	empties(t, s.Broker, broker.QueueSettle)
}

func publishesManyAtOnce(t *testing.T, s Subject) {
	const n = 1_203 // more than two windows of confirms
	publish(t, s.Broker, orders(n)...)
	c := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	c.seesAll(t, n)
	c.stop()
	require.Len(t, c.seen.all(), n, "each once")
}

func publishesNothing(t *testing.T, s Subject) {
	require.NoError(t, s.Broker.Publish(within(t), broker.ExchangeOrders))
}

func unroutableOrderIsAnError(t *testing.T, s Subject) {
	lost := broker.Message{ID: "lost", Key: "no.queue.has.this"}
	err := s.Broker.Publish(within(t), broker.ExchangeOrders, order("good"), lost)
	require.ErrorIs(t, err, broker.ErrUnroutable)
	require.ErrorContains(t, err, "lost")

	publish(t, s.Broker, order("next")) // and the next call does not hear of it
	c := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	eventually(t, func() bool { return c.seen.ids()["next"] == 1 }, "the next message never came")
}

func unheardEventIsFine(t *testing.T, s Subject) {
	events := []broker.Message{
		{ID: "1:awaiting_payment", Key: "order.awaiting_payment", Body: []byte("{}")},
		{ID: "1:paid", Key: broker.KeyPaid, Body: []byte("{}")},
		{ID: "2:expired", Key: "order.expired", Body: []byte("{}")},
	}
	require.NoError(t, s.Broker.Publish(within(t), broker.ExchangeEvents, events...))
	c := consume(t, s.Broker, broker.QueuePaid, quick(), nil)
	c.seesAll(t, 1)
	c.stop()
	require.Equal(t, map[string]int{"1:paid": 1}, c.seen.ids())
}

func refusesInvalid(t *testing.T, s Subject) {
	ctx := within(t)
	fine := broker.ConsumeOptions{}
	handle := func(context.Context, []broker.Delivery) []error { return nil }
	tests := map[string]error{
		"exchange":        s.Broker.Publish(ctx, "nowhere", order("one")),
		"no id":           s.Broker.Publish(ctx, broker.ExchangeOrders, broker.Message{Key: "admitted.1"}),
		"no key":          s.Broker.Publish(ctx, broker.ExchangeOrders, broker.Message{ID: "one"}),
		"large body":      s.Broker.Publish(ctx, broker.ExchangeOrders, broker.Message{ID: "one", Key: "admitted.1", Body: make([]byte, broker.MaxBodyBytes+1)}),
		"hold too short":  s.Broker.EnsureHold(ctx, time.Microsecond),
		"hold too long":   s.Broker.EnsureHold(ctx, broker.MaxHold+time.Millisecond),
		"hold not whole":  s.Broker.EnsureHold(ctx, time.Second+time.Microsecond),
		"queue":           s.Broker.Consume(ctx, "nowhere", fine, handle),
		"hold queue":      s.Broker.Consume(ctx, broker.HoldQueue(hold), fine, handle),
		"dead queue":      s.Broker.Consume(ctx, broker.QueueDead, fine, handle),
		"small prefetch":  s.Broker.Consume(ctx, broker.QueueSettle, broker.ConsumeOptions{BatchSize: 10, Prefetch: 9}, handle),
		"batch size":      s.Broker.Consume(ctx, broker.QueueSettle, broker.ConsumeOptions{BatchSize: -1}, handle),
		"run a 2nd time":  s.Broker.Run(ctx),
		"no limit":        second(s.Broker.DeadLetters(ctx, 0)),
		"depth elsewhere": second(s.Broker.QueueDepth(ctx, "nowhere")),
	}
	for name, err := range tests {
		require.ErrorIs(t, err, broker.ErrInvalid, name)
	}
	empties(t, s.Broker, broker.QueueSettle)
}

func second[T any](_ T, err error) error { return err }

func confirmedOutlivesSession(t *testing.T, s Subject) {
	publish(t, s.Broker, orders(20)...)
	s.Cut()
	c := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	c.seesAll(t, 20)
}

// survivesCuts publishes as the relay does, again until confirmed, while the
// session is cut under it and under the consumer.
func survivesCuts(t *testing.T, s Subject) {
	const n, cuts = 300, 5
	c := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	ctx := within(t)
	for i, msg := range orders(n) {
		if i%(n/cuts) == n/cuts/2 {
			s.Cut()
		}
		eventually(t, func() bool { return s.Broker.Publish(ctx, broker.ExchangeOrders, msg) == nil },
			"message %s was never confirmed", msg.ID)
	}
	c.seesAll(t, n)
	eventually(t, func() bool { return s.Broker.Ready() == nil }, "no session came back")
}

func depthCounts(t *testing.T, s Subject) {
	publish(t, s.Broker, orders(7)...)
	hasDepth(t, s.Broker, broker.QueueSettle, 7)
	c := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	c.seesAll(t, 7)
	hasDepth(t, s.Broker, broker.QueueSettle, 0)
}
