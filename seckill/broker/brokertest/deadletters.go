package brokertest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/broker"
)

// kill makes dead letters of n orders.
func kill(t *testing.T, s Subject, n int) {
	t.Helper()
	killAll(t, s, orders(n)...)
}

func killAll(t *testing.T, s Subject, msgs ...broker.Message) {
	t.Helper()
	publish(t, s.Broker, msgs...)
	c := consume(t, s.Broker, broker.QueueSettle, quick(), verdicts(func(broker.Delivery) error {
		return broker.Reject(errors.New("malformed"))
	}))
	dead(t, s.Broker, len(msgs))
	c.stop()
}

func deadLettersStay(t *testing.T, s Subject) {
	kill(t, s, 5)
	for range 30 { // more often than a delivery limit of RabbitMQ's own would bear
		letters, err := s.Broker.DeadLetters(within(t), 100)
		require.NoError(t, err)
		require.Len(t, letters, 5)
	}
	letters, err := s.Broker.DeadLetters(within(t), 2)
	require.NoError(t, err)
	require.Len(t, letters, 2)
	require.Equal(t, "m0000", letters[0].ID, "oldest first")
	require.Equal(t, "m0001", letters[1].ID)
}

func findsByID(t *testing.T, s Subject) {
	killAll(t, s, append(orders(5), orders(4)...)...) // the first four twice
	for _, want := range []struct {
		id string
		n  int
	}{{"m0003", 2}, {"m0004", 1}, {"unknown", 0}} {
		letters, err := s.Broker.DeadLettersByID(within(t), want.id)
		require.NoError(t, err)
		require.Len(t, letters, want.n, want.id)
		for _, l := range letters {
			require.Equal(t, order(want.id), l.Message)
			require.Equal(t, broker.QueueSettle, l.Queue)
			require.Equal(t, "malformed", l.Reason)
			require.Equal(t, 1, l.Attempts)
			require.WithinDuration(t, time.Now(), l.At, time.Hour)
		}
	}
	dead(t, s.Broker, 9)
}

func requeuesByID(t *testing.T, s Subject) {
	kill(t, s, 5)
	n, err := s.Broker.Requeue(within(t), []string{"m0001", "m0003", "unknown"})
	require.NoError(t, err)
	require.Equal(t, 2, n)
	dead(t, s.Broker, 3)

	c := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	c.seesAll(t, 2)
	c.stop()
	require.Equal(t, map[string]int{"m0001": 1, "m0003": 1}, c.seen.ids())
	for _, d := range c.seen.all() {
		require.Equal(t, order(d.ID), d.Message, "as it was published first")
		require.Equal(t, 1, d.Attempt, "as new")
		require.Equal(t, broker.QueueSettle, d.Queue)
	}
}

func requeuesAll(t *testing.T, s Subject) {
	const n = 250 // more than one chunk
	publish(t, s.Broker, orders(n)...)
	c := consume(t, s.Broker, broker.QueueSettle, quick(), verdicts(func(broker.Delivery) error {
		return broker.Reject(errors.New("malformed"))
	}))
	// More than that where a confirmation came too late: the letter is published again.
	eventually(t, func() bool {
		depth, err := s.Broker.QueueDepth(within(t), broker.QueueDead)
		return err == nil && depth >= n
	}, "there were never %d dead letters", n)
	c.stop()

	got, err := s.Broker.Requeue(within(t), nil)
	require.NoError(t, err)
	require.GreaterOrEqual(t, got, n)
	empties(t, s.Broker, broker.QueueDead)
	again := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	again.seesAll(t, n)

	got, err = s.Broker.Requeue(within(t), nil)
	require.NoError(t, err)
	require.Zero(t, got, "there was nothing left")
}
