package rabbit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/brokertest"
	"github.com/seckill-go/seckill/seckill/broker/rabbit"
)

func order(id string) broker.Message {
	return broker.Message{ID: id, Key: broker.AdmittedKey(time.Minute), Body: []byte("{}")}
}

// seen collects what a consumer gets.
type seen struct {
	mu  sync.Mutex
	ids map[string]int
}

func (s *seen) handle(_ context.Context, batch []broker.Delivery) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range batch {
		if s.ids == nil {
			s.ids = make(map[string]int)
		}
		s.ids[d.ID]++
	}
	return nil
}

func (s *seen) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[id] > 0
}

func consume(t *testing.T, b broker.Broker, queue string) *seen {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, done := &seen{}, make(chan error, 1)
	go func() { done <- b.Consume(ctx, queue, broker.ConsumeOptions{}, s.handle) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	return s
}

func soon(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// published publishes again and again until it is confirmed.
func published(t *testing.T, b broker.Broker, msg broker.Message) {
	t.Helper()
	require.Eventually(t, func() bool {
		return b.Publish(soon(t, 5*time.Second), broker.ExchangeOrders, msg) == nil
	}, brokertest.Patience, brokertest.Tick, "never confirmed")
}

func TestPublishEndsAtItsDeadlineWhileTheNetworkHangs(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	through, proxy := proxied(t, raw)
	cleanUp(t, raw, prefix)
	b := start(t, rabbit.Config{URL: through, Prefix: prefix, PublishChannels: 2})
	got := consume(t, b, broker.QueueSettle)

	proxy.Pause()
	for range 5 { // more calls than there are channels: later ones wait in vain for one
		begin := time.Now()
		err := b.Publish(soon(t, 50*time.Millisecond), broker.ExchangeOrders, order("hung"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, time.Since(begin), brokertest.Patience/2)
	}
	proxy.Restore()
	published(t, b, order("after"))
	require.Eventually(t, func() bool { return got.has("after") }, brokertest.Patience, brokertest.Tick)
}

func TestAConfirmThatIsLostLeavesTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	through, proxy := proxied(t, raw)
	cleanUp(t, raw, prefix)
	b := start(t, rabbit.Config{URL: through, Prefix: prefix})
	published(t, b, order("first")) // so that a channel is open

	proxy.LoseAnswers()
	err := b.Publish(soon(t, 300*time.Millisecond), broker.ExchangeOrders, order("maybe"))
	require.ErrorIs(t, err, broker.ErrUnconfirmed)
	require.ErrorIs(t, err, seckill.ErrOutcomeUnknown)
	proxy.Restore()

	got := consume(t, b, broker.QueueSettle)
	require.Eventually(t, func() bool { return got.has("maybe") }, brokertest.Patience, brokertest.Tick,
		"here it was published in truth")
}

func TestASessionThatEndsBeforeTheConfirmLeavesTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	through, proxy := proxied(t, raw)
	cleanUp(t, raw, prefix)
	b := start(t, rabbit.Config{URL: through, Prefix: prefix})
	observer := start(t, rabbit.Config{URL: raw, Prefix: prefix})
	published(t, b, order("first")) // so that a channel is open

	proxy.LoseAnswers()
	outcome := make(chan error, 1)
	go func() { outcome <- b.Publish(context.Background(), broker.ExchangeOrders, order("maybe")) }()
	require.Eventually(t, func() bool {
		depth, err := observer.QueueDepth(soon(t, 5*time.Second), broker.QueueSettle)
		return err == nil && depth == 2
	}, brokertest.Patience, brokertest.Tick)
	proxy.Cut()
	err := <-outcome
	require.ErrorIs(t, err, broker.ErrUnconfirmed)
	require.NotErrorIs(t, err, broker.ErrRefused, "it was not refused, it is there")
	proxy.Restore()
}

func TestABlockedBrokerIsNotReadyAndPublishEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	cleanUp(t, raw, prefix)
	b := start(t, rabbit.Config{URL: raw, Prefix: prefix})

	b.Block("low on memory")
	require.ErrorContains(t, b.Ready(), "low on memory")
	err := b.Publish(soon(t, 50*time.Millisecond), broker.ExchangeOrders, order("one"))
	require.ErrorContains(t, err, "low on memory")
	require.ErrorIs(t, err, context.DeadlineExceeded)

	waiting := make(chan error, 1)
	go func() { waiting <- b.Publish(context.Background(), broker.ExchangeOrders, order("two")) }()
	b.Block("")
	require.NoError(t, <-waiting)
	require.NoError(t, b.Ready())
}

func TestConfirmedMessagesOutliveAKilledServer(t *testing.T) {
	testkit.OnlyInSoak(t, "that the queues are durable ones stands in TestQueuesLoseNothingThatRabbitMQMovesItself")
	services := testkit.ServiceSet(t, "rabbitmq")
	b := start(t, rabbit.Config{URL: services.RabbitMQ(), BackoffMax: 500 * time.Millisecond})
	const n = 200
	msgs := make([]broker.Message, n)
	for i := range msgs {
		msgs[i] = order(fmt.Sprint("m", i))
	}
	require.NoError(t, b.Publish(soon(t, brokertest.Patience), broker.ExchangeOrders, msgs...))

	services.Kill("rabbitmq")
	require.Eventually(t, func() bool { return b.Ready() != nil }, brokertest.Patience, brokertest.Tick)
	err := b.Publish(soon(t, 50*time.Millisecond), broker.ExchangeOrders, order("down"))
	require.ErrorIs(t, err, broker.ErrNoSession)

	got := consume(t, b, broker.QueueSettle) // waits for the server
	services.Start("rabbitmq")
	for _, msg := range msgs {
		require.Eventually(t, func() bool { return got.has(msg.ID) }, 2*brokertest.Patience, brokertest.Tick, msg.ID)
	}
	published(t, b, order("up again"))
}

func TestThePasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	raw, prefix := testkit.RabbitMQ(t)
	u, err := url.Parse(raw)
	require.NoError(t, err)
	const secret = "s3cret-pa55"
	u.User = url.UserPassword(u.User.Username(), secret)
	log := &lockedBuffer{}
	b := run(t, rabbit.Config{URL: u.String(), Prefix: prefix, Logger: slog.New(slog.NewTextHandler(log, nil))})
	var ready error
	require.Eventually(t, func() bool {
		ready = b.Ready()
		return strings.Contains(log.String(), "will try again") && !errors.Is(ready, nil)
	}, brokertest.Patience, brokertest.Tick)
	publishErr := b.Publish(soon(t, time.Millisecond), broker.ExchangeOrders, order("one"))
	require.ErrorIs(t, publishErr, broker.ErrNoSession)

	_, newErr := rabbit.New(rabbit.Config{URL: "amqp://user:" + secret + "@host:notaport/"})
	require.ErrorIs(t, newErr, broker.ErrInvalid)
	for _, shown := range []string{log.String(), ready.Error(), publishErr.Error(), newErr.Error()} {
		require.NotContains(t, shown, secret)
	}
	require.Contains(t, log.String(), u.Host, "an operator must see which server it is")
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
