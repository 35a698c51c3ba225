package e2e

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/broker"
)

// holdUp keeps SQL from settling anything of the sale until go on is called: its
// row is locked.
func (s sale) holdUp() (goOn func()) {
	s.t.Helper()
	// Not the test's own context, which ends before clean-ups run.
	tx, err := s.database().BeginTx(context.Background(), &sql.TxOptions{})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = tx.Rollback() })
	var id int64
	require.NoError(s.t, tx.QueryRow("SELECT id FROM sales WHERE id = ? FOR UPDATE", s.id).Scan(&id))
	return func() { require.NoError(s.t, tx.Rollback()) }
}

// awaitPublished waits until each message of the sale, which is the only one, has
// reached RabbitMQ: nobody reads the hold queue.
func (s sale) awaitPublished() (messages int) {
	s.t.Helper()
	client := s.redis()
	testkit.Eventually(s.t, func() bool {
		n, err := client.XLen(s.t.Context(), s.key("outbox")).Result()
		messages = int(n)
		return err == nil && messages > 0 && s.depth(broker.HoldQueue(longHold)) >= messages
	}, "every message has reached the hold queue")
	return messages
}

// depth tells how many messages wait in a queue; -1 when it is not there.
func (s *stage) depth(queue string) int {
	conn, err := amqp.Dial(s.setting("SECKILL_RABBITMQ_URL"))
	if err != nil {
		return -1
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		return -1
	}
	q, err := ch.QueueDeclarePassive(s.queue(queue), true, false, false, false, nil)
	if err != nil {
		return -1
	}
	return q.Messages
}

// queue names a queue as the stage's processes do.
func (s *stage) queue(name string) string {
	return broker.Names{Prefix: s.setting("SECKILL_RABBITMQ_PREFIX")}.Queue(name)
}

// onOwnRabbitMQ is an installation on a RabbitMQ that belongs to the test, with no
// process yet.
func onOwnRabbitMQ(t *testing.T) (*stage, *testkit.Services) {
	services := testkit.ServiceSet(t, "rabbitmq")
	addr, password, prefix := testkit.Redis(t)
	return &stage{t: t, env: externalEnv(addr, password, prefix, services.RabbitMQ(), "seckill", testkit.MySQL(t))}, services
}

// wipeRabbitMQ replaces the broker by an empty one.
func wipeRabbitMQ(t *testing.T, services *testkit.Services) {
	t.Helper()
	services.Kill("rabbitmq")
	require.NoError(t, os.RemoveAll(filepath.Join(services.Dir("rabbitmq"), "data")))
	services.Start("rabbitmq")
}

func TestOrdersInFlightSurviveTheLossOfRabbitMQsData(t *testing.T) {
	t.Parallel()
	t.Run("all of it, while a worker runs", func(t *testing.T) {
		testkit.InTurn(t, 3, ownServers)
		t.Parallel()
		stage, services := onOwnRabbitMQ(t)
		f := stage.fillRabbitMQ(testkit.Sized(10_000, 1_000))
		wipeRabbitMQ(t, services)
		f.settles()
	})
	t.Run("all of it, while no worker runs", func(t *testing.T) {
		testkit.InTurn(t, 4, ownServers)
		t.Parallel()
		stage, services := onOwnRabbitMQ(t)
		f := stage.fillRabbitMQ(500)
		stage.workers[0].kill()
		wipeRabbitMQ(t, services)
		stage.replaceWorker()
		f.settles()
	})
	t.Run("a queue that is purged", func(t *testing.T) {
		t.Parallel()
		stage := onServices(t)
		f := stage.fillRabbitMQ(testkit.Sized(500, 200))
		stage.workers[0].kill() // so that the broker has back what it was working on
		ch, _ := stage.amqpChannel()
		for _, queue := range []string{broker.QueueSettle, broker.HoldQueue(longHold)} {
			testkit.Eventually(t, func() bool { return stage.depth(queue) > 0 }, "the queue has messages")
			n, err := ch.QueuePurge(stage.queue(queue), false)
			require.NoError(t, err)
			t.Logf("purged %d messages of %s", n, queue)
		}
		stage.replaceWorker()
		f.settles()
	})
}

// inFlight is a sale all of whose orders are in RabbitMQ, and cannot leave it until
// the way is free.
type inFlight struct {
	sale
	orders []told
	free   func()
}

func (s *stage) fillRabbitMQ(orders int) inFlight {
	s.t.Helper()
	s.launch(1, 1)
	sale := s.openSale(longHold, item{"phone-1", int64(orders), 1})
	free := sale.holdUp()
	accepted := sale.rush(crowd{buyers: orders, clicks: 1, connections: 64}, "phone-1")
	require.Len(s.t, accepted, orders)
	s.t.Logf("%d orders are in flight in %d messages", orders, sale.awaitPublished())
	return inFlight{sale, accepted, free}
}

// settles frees the way and waits for all orders.
func (f inFlight) settles() {
	f.t.Helper()
	f.free()
	began := time.Now()
	became := f.fates(f.orders)
	require.Equal(f.t, fates{payable: len(f.orders)}, became)
	f.t.Logf("%d orders settled %v after the way was free", len(f.orders), time.Since(began).Round(time.Millisecond))
	require.Zero(f.t, f.units("phone-1", 0, became).Available)
}
