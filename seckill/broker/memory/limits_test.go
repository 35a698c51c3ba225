package memory_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/memory"
)

const hold = time.Minute

func order(id string) broker.Message {
	return broker.Message{ID: id, Key: broker.AdmittedKey(hold), Body: []byte("{}")}
}

func depth(t *testing.T, b *memory.Broker, queue string) int {
	t.Helper()
	n, err := b.QueueDepth(t.Context(), queue)
	require.NoError(t, err)
	return n
}

// accept takes all that is in a queue.
func accept(t *testing.T, b *memory.Broker, queue string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- b.Consume(ctx, queue, broker.ConsumeOptions{}, func(context.Context, []broker.Delivery) []error { return nil })
	}()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

func TestAFullQueueRefusesAndTakesPartOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, memory.Config{MaxQueueLength: 2})
		require.NoError(t, b.Publish(t.Context(), broker.ExchangeOrders, order("1"), order("2")))
		require.NoError(t, b.EnsureHold(t.Context(), hold))

		err := b.Publish(t.Context(), broker.ExchangeOrders, order("3"))
		require.ErrorIs(t, err, broker.ErrRefused)
		require.Zero(t, depth(t, b, broker.HoldQueue(hold)), "the hold queue had room, but the settle queue had not")

		stop := accept(t, b, broker.QueueSettle)
		synctest.Wait()
		stop()
		require.NoError(t, b.Publish(t.Context(), broker.ExchangeOrders, order("3")))
	})
}

func TestAHoldEndsToTheMillisecondAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, memory.Config{})
		require.NoError(t, b.EnsureHold(t.Context(), hold))
		require.NoError(t, b.Publish(t.Context(), broker.ExchangeOrders, order("1")))
		time.Sleep(hold / 2)
		require.NoError(t, b.Publish(t.Context(), broker.ExchangeOrders, order("2")))
		time.Sleep(hold/2 - time.Millisecond)
		synctest.Wait()
		require.Zero(t, depth(t, b, broker.QueueExpire))
		time.Sleep(time.Millisecond)
		synctest.Wait()
		require.Equal(t, 1, depth(t, b, broker.QueueExpire))
		time.Sleep(hold / 2)
		synctest.Wait()
		require.Equal(t, 2, depth(t, b, broker.QueueExpire))
		require.Zero(t, depth(t, b, broker.HoldQueue(hold)))
	})
}

func TestAnEndedHoldWaitsWhileTheExpireQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, memory.Config{MaxQueueLength: 2})
		require.NoError(t, b.EnsureHold(t.Context(), hold))
		stop := accept(t, b, broker.QueueSettle)
		defer stop()
		for _, id := range []string{"1", "2"} {
			require.NoError(t, b.Publish(t.Context(), broker.ExchangeOrders, order(id)))
		}
		time.Sleep(hold + time.Second)
		for _, id := range []string{"3", "4"} {
			require.NoError(t, b.Publish(t.Context(), broker.ExchangeOrders, order(id)))
		}
		time.Sleep(hold + time.Second)
		require.Equal(t, 2, depth(t, b, broker.QueueExpire))
		require.Equal(t, 2, depth(t, b, broker.HoldQueue(hold)), "nothing is dropped")

		defer accept(t, b, broker.QueueExpire)()
		time.Sleep(time.Second)
		require.Zero(t, depth(t, b, broker.HoldQueue(hold)))
	})
}

func TestAMessageThatTakesEachConsumerDownBecomesADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, memory.Config{})
		require.NoError(t, b.Publish(t.Context(), broker.ExchangeOrders, order("deadly")))
		attempts := make(chan int, 100)
		consume := func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := b.Consume(ctx, broker.QueueSettle, broker.ConsumeOptions{}, func(_ context.Context, batch []broker.Delivery) []error {
				attempts <- batch[0].Attempt
				cancel()
				return []error{context.Canceled}
			})
			require.NoError(t, err)
		}
		for range broker.DeliveryLimit + 1 {
			consume()
		}
		letters, err := b.DeadLetters(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, letters, 1)
		require.Equal(t, "deadly", letters[0].ID)
		require.Equal(t, broker.QueueSettle, letters[0].Queue)
		require.Equal(t, broker.DeliveryLimit+1, letters[0].Attempts)
		for want := range broker.DeliveryLimit + 1 {
			require.Equal(t, want+1, <-attempts)
		}
	})
}

func TestNothingWorksBeforeRunOrAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := memory.New(memory.Config{PublishTimeout: time.Second, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		require.ErrorIs(t, b.Ready(), broker.ErrNoSession)
		require.ErrorIs(t, b.Publish(t.Context(), broker.ExchangeOrders, order("1")), broker.ErrNoSession)

		waiting := make(chan error, 1)
		go func() { waiting <- b.Publish(t.Context(), broker.ExchangeOrders, order("2")) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		require.NoError(t, <-waiting, "it was waiting for Run")
		require.NoError(t, b.Ready())

		consuming := make(chan error, 1)
		go func() { consuming <- b.Consume(t.Context(), broker.QueuePaid, broker.ConsumeOptions{}, nil) }()
		synctest.Wait()
		cancel()
		require.NoError(t, <-done)
		require.ErrorIs(t, <-consuming, broker.ErrClosed)
		require.ErrorIs(t, b.Ready(), broker.ErrClosed)
		require.ErrorIs(t, b.Publish(t.Context(), broker.ExchangeOrders, order("3")), broker.ErrClosed)
	})
}
