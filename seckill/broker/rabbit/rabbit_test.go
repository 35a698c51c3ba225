package rabbit_test

import (
	"context"
	"log/slog"
	"net/url"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/brokertest"
	"github.com/seckill-go/seckill/seckill/broker/rabbit"
)

func TestMain(m *testing.M) {
	testkit.AtOnce(8)
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	brokertest.Suite(t, func(t *testing.T) brokertest.Subject {
		raw, prefix := testkit.RabbitMQ(t)
		through, proxy := proxied(t, raw)
		cleanUp(t, raw, prefix)
		return brokertest.Subject{
			Broker: start(t, rabbit.Config{URL: through, Prefix: prefix}),
			Cut:    func() { proxy.Cut(); proxy.Restore() },
		}
	})
}

// start runs a broker until the test ends, and waits for its session.
func start(t *testing.T, cfg rabbit.Config) *rabbit.Broker {
	t.Helper()
	b := run(t, cfg)
	require.Eventually(t, func() bool { return b.Ready() == nil }, brokertest.Patience, brokertest.Tick)
	return b
}

func run(t *testing.T, cfg rabbit.Config) *rabbit.Broker {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	b, err := rabbit.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	return b
}

// proxied puts a proxy that can be cut before the server.
func proxied(t *testing.T, raw string) (string, *testkit.Proxy) {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	proxy := testkit.NewProxy(t, u.Host)
	u.Host = proxy.Addr
	return u.String(), proxy
}

// cleanUp deletes at the end what the broker has declared.
func cleanUp(t *testing.T, raw, prefix string) {
	t.Helper()
	t.Cleanup(func() {
		conn, err := amqp.Dial(raw)
		if !assert.NoError(t, err) {
			return
		}
		defer conn.Close()
		ch, err := conn.Channel()
		if !assert.NoError(t, err) {
			return
		}
		names := broker.Names{Prefix: prefix}
		for _, q := range broker.Queues() {
			_, err := ch.QueueDelete(names.Queue(q.Name), false, false, false)
			assert.NoError(t, err)
		}
		for _, hold := range brokertest.Holds {
			_, err := ch.QueueDelete(names.Queue(broker.HoldQueue(hold)), false, false, false)
			assert.NoError(t, err)
		}
		for _, exchange := range broker.Exchanges() {
			assert.NoError(t, ch.ExchangeDelete(names.Exchange(exchange), false, false))
		}
	})
}
