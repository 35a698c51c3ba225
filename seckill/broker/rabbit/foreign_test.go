package rabbit_test

import (
	"context"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/brokertest"
	"github.com/seckill-go/seckill/seckill/broker/rabbit"
)

// channel is a plain line to RabbitMQ, as another program would have it.
func channel(t *testing.T, raw string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(raw)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	require.NoError(t, err)
	return ch
}

func letters(t *testing.T, b broker.Broker, n int) []broker.DeadLetter {
	t.Helper()
	var letters []broker.DeadLetter
	require.Eventually(t, func() bool {
		var err error
		letters, err = b.DeadLetters(soon(t, 5*time.Second), 10)
		return err == nil && len(letters) == n
	}, brokertest.Patience, brokertest.Tick)
	return letters
}

func TestAMessageThatTakesEachConsumerDownBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	cleanUp(t, raw, prefix)
	b := start(t, rabbit.Config{URL: raw, Prefix: prefix})
	published(t, b, order("deadly"))

	ch := channel(t, raw)
	for got := 0; got <= broker.DeliveryLimit; {
		d, ok, err := ch.Get(b.Names().Queue(broker.QueueSettle), false)
		require.NoError(t, err)
		if ok {
			require.NoError(t, d.Reject(true)) // what RabbitMQ does for one that has gone
			got++
		}
	}
	letter := letters(t, b, 1)[0]
	require.Equal(t, order("deadly"), letter.Message)
	require.Equal(t, broker.QueueSettle, letter.Queue)
	require.Contains(t, letter.Reason, "delivery_limit")
	require.WithinDuration(t, time.Now(), letter.At, time.Hour)
	require.Contains(t, letter.Headers["x-death"], `"reason":"delivery_limit"`)
	require.Contains(t, letter.Headers["x-first-death-queue"], broker.QueueSettle)

	n, err := b.Requeue(soon(t, brokertest.Patience), []string{"deadly"})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	got := consume(t, b, broker.QueueSettle)
	require.Eventually(t, func() bool { return got.has("deadly") }, brokertest.Patience, brokertest.Tick)
}

func TestANamelessMessageOfAnotherProgramGetsAName(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	cleanUp(t, raw, prefix)
	b := start(t, rabbit.Config{URL: raw, Prefix: prefix})
	foreign := amqp.Publishing{Body: []byte("not ours")}
	ch := channel(t, raw)
	require.NoError(t, ch.PublishWithContext(t.Context(), b.Names().Exchange(broker.ExchangeOrders), "admitted.1", false, false, foreign))
	// And one in the dead letters themselves, of which nobody knows whence it came.
	require.NoError(t, ch.PublishWithContext(t.Context(), "", b.Names().Queue(broker.QueueDead), false, false, foreign))

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ids := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- b.Consume(ctx, broker.QueueSettle, broker.ConsumeOptions{}, func(_ context.Context, batch []broker.Delivery) []error {
			ids <- batch[0].ID
			return nil
		})
	}()
	id := <-ids
	require.Regexp(t, "^sha256:[0-9a-f]{16}$", id)
	cancel()
	require.NoError(t, <-done)

	letter := letters(t, b, 1)[0]
	require.Equal(t, id, letter.ID, "the same content has the same name")
	require.Empty(t, letter.Queue)
	n, err := b.Requeue(soon(t, brokertest.Patience), nil)
	require.ErrorIs(t, err, broker.ErrInvalid)
	require.ErrorContains(t, err, id)
	require.Zero(t, n)
	letters(t, b, 1)
}

func TestAnExchangeThatWasDeletedIsMadeAnew(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	cleanUp(t, raw, prefix)
	b := start(t, rabbit.Config{URL: raw, Prefix: prefix})
	got := consume(t, b, broker.QueueSettle)
	published(t, b, order("before"))

	ch := channel(t, raw)
	require.NoError(t, ch.ExchangeDelete(b.Names().Exchange(broker.ExchangeOrders), false, false))
	published(t, b, order("after"))
	_, err := ch.QueueDelete(b.Names().Queue(broker.QueueSettle), false, false, false)
	require.NoError(t, err)
	published(t, b, order("at last"))
	require.Eventually(t, func() bool { return got.has("at last") }, brokertest.Patience, brokertest.Tick)
}

// RabbitMQ itself moves what ends a hold or takes its consumers down. It promises
// to lose nothing on that way only to a queue that asks for it, and it tells what a
// queue has asked for by refusing to declare it in another way.
func TestQueuesLoseNothingThatRabbitMQMovesItself(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	cleanUp(t, raw, prefix)
	b := start(t, rabbit.Config{URL: raw, Prefix: prefix})
	hold := brokertest.Holds[0]
	require.NoError(t, b.EnsureHold(soon(t, brokertest.Patience), hold))
	into := map[string]string{
		broker.HoldQueue(hold): broker.QueueExpire,
		broker.QueueSettle:     broker.QueueDead,
		broker.QueueExpire:     broker.QueueDead,
		broker.QueuePaid:       broker.QueueDead,
	}
	for queue, dead := range into {
		args := amqp.Table{
			amqp.QueueTypeArg: amqp.QueueTypeQuorum, amqp.QueueMaxLenArg: broker.MaxQueueLength,
			amqp.QueueOverflowArg:    amqp.QueueOverflowRejectPublish,
			"x-dead-letter-exchange": "", "x-dead-letter-routing-key": b.Names().Queue(dead),
			"x-delivery-limit": broker.DeliveryLimit,
		}
		if dead == broker.QueueExpire {
			args[amqp.QueueMessageTTLArg] = hold.Milliseconds()
			args["x-delivery-limit"] = 1_000_000_000
		}
		declare := func() error {
			_, err := channel(t, raw).QueueDeclare(b.Names().Queue(queue), true, false, false, false, args)
			return err
		}
		args["x-dead-letter-strategy"] = "at-most-once"
		require.ErrorContains(t, declare(), "x-dead-letter-strategy", queue)
		args["x-dead-letter-strategy"] = "at-least-once"
		require.NoError(t, declare(), "%s is as it was declared in all else", queue)
	}
}
