package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// RabbitMQ is out of memory: it reads nothing that a worker sends. The worker stops in
// its time all the same, says what it cut short, and nothing is lost by it.
func TestAWorkerStopsInTimeWhileRabbitMQTakesNoMessages(t *testing.T) {
	testkit.InTurn(t, 0, ownServers)
	t.Parallel()
	stage, services := onOwnRabbitMQ(t)
	stage.env = append(stage.env, "SECKILL_HTTP_DRAIN_TIMEOUT=12s")
	stage.launch(1, 1)
	s := stage.openSale(longHold, item{"phone-1", 100, 1})
	orders := s.rush(crowd{name: "before", buyers: 20, clicks: 1, connections: 4}, "phone-1")
	s.settled(orders)

	require.NoError(t, services.RabbitMQCtl(t.Context(), "eval", "rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []})."))
	orders = append(orders, s.rush(crowd{name: "during", buyers: 40, clicks: 1, connections: 4}, "phone-1")...)
	worker := s.workers[0]
	testkit.Eventually(t, func() bool { return strings.Contains(worker.logged(), "the broker takes no messages") }, "the worker hears of the alarm")
	require.Zero(t, worker.stop(), "a part that did not stop in time would make it fail:\n%s", worker.logged())
	require.Contains(t, worker.logged(), "cut short")
	require.NotContains(t, worker.logged(), "did not stop in time")

	require.NoError(t, services.RabbitMQCtl(t.Context(), "eval", "rabbit_alarm:clear_alarm({resource_limit, memory, node()})."))
	stage.replace(worker, start(t, stage.env, "worker"))
	require.Equal(t, 60, s.settled(orders), "each order that a buyer was told of")
	require.EqualValues(t, 60, s.audit()["phone-1"].Reserved)
}
