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

// awaitPublished waits until each message of the sale has reached RabbitMQ: the hold
// queue, which nobody reads, has so many more than before.
func (s sale) awaitPublished(before int) (messages int) {
	s.t.Helper()
	client := s.redis()
	testkit.Eventually(s.t, func() bool {
		n, err := client.XLen(s.t.Context(), s.key("outbox")).Result()
		messages = int(n)
		return err == nil && messages > 0 && s.depth(broker.HoldQueue(longHold)) >= before+messages
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

// onOwnRabbitMQ starts processes on a RabbitMQ that belongs to the test.
func onOwnRabbitMQ(t *testing.T, webs, workers int) (*stage, *testkit.Services) {
	services := testkit.ServiceSet(t, "rabbitmq")
	addr, password, prefix := testkit.Redis(t)
	s := &stage{t: t, env: externalEnv(addr, password, prefix, services.RabbitMQ(), "seckill", testkit.MySQL(t))}
	s.launch(webs, workers)
	return s, services
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
	whole, services := onOwnRabbitMQ(t, 1, 1)

	rush := func(t *testing.T, name string, orders int) (s sale, accepted []told, goOn func()) {
		t.Helper()
		stage := *whole
		stage.t = t
		s = stage.openSale(longHold, item{"phone-1", int64(orders), 1})
		goOn = s.holdUp()
		before := max(s.depth(broker.HoldQueue(longHold)), 0)
		accepted = s.rush(crowd{name: name, buyers: orders, clicks: 1, connections: 64}, "phone-1")
		require.Equal(t, orders, len(accepted))
		t.Logf("%d orders are in flight in %d messages", orders, s.awaitPublished(before))
		return s, accepted, goOn
	}
	settle := func(t *testing.T, s sale, accepted []told) {
		t.Helper()
		began := time.Now()
		f := s.fates(accepted)
		require.Equal(t, fates{payable: len(accepted)}, f)
		t.Logf("%d orders settled %v after the way was free", len(accepted), time.Since(began).Round(time.Millisecond))
		require.Zero(t, s.units("phone-1", 0, f).Available)
	}

	// One after the other: a broker takes long to start.
	t.Run("all of it, while a worker runs", func(t *testing.T) {
		s, accepted, goOn := rush(t, "wiped", sized(10_000, 1_500))
		wipeRabbitMQ(t, services)
		goOn()
		settle(t, s, accepted)
	})
	t.Run("all of it, while no worker runs", func(t *testing.T) {
		s, accepted, goOn := rush(t, "unattended", 500)
		dead := s.workers[0]
		dead.kill()
		wipeRabbitMQ(t, services)
		goOn()
		whole.replace(dead, start(whole.t, s.env, "worker"))
		settle(t, s, accepted)
	})
	t.Run("a queue that is purged", func(t *testing.T) {
		s, accepted, goOn := rush(t, "purged", 500)
		dead := s.workers[0]
		dead.kill() // so that the broker has back what it was working on
		ch, _ := s.amqpChannel()
		for _, queue := range []string{broker.QueueSettle, broker.HoldQueue(longHold)} {
			testkit.Eventually(t, func() bool { return s.depth(queue) > 0 }, "the queue has messages")
			n, err := ch.QueuePurge(s.queue(queue), false)
			require.NoError(t, err)
			t.Logf("purged %d messages of %s", n, queue)
		}
		goOn()
		whole.replace(dead, start(whole.t, s.env, "worker"))
		settle(t, s, accepted)
	})
}
