package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// queues are the logical names of the service's queues; the hold queue's is made
// with the hold.
var queues = []string{"orders.settle", "orders.expire", "orders.paid", "orders.dead"}

// queue is RabbitMQ's name of a queue of this run.
func (run *Run) queue(logical string) string { return run.name + "." + logical + ".v1" }

func (run *Run) holdQueue() string {
	return run.queue(fmt.Sprintf("orders.hold.%d", run.Hold.Milliseconds()))
}

func (run *Run) exchange(logical string) string { return run.name + "." + logical }

func drawQueue(r *rand.Rand, _ *Plan, f *Fault) {
	f.Key = pick(r, "orders.settle", "orders.settle", "orders.expire", "orders.paid", "hold")
}

// deleteQueues removes what the run's processes declared.
func (run *Run) deleteQueues() error {
	conn, ch, err := run.amqp()
	if err != nil {
		return err
	}
	defer conn.Close()
	names := []string{run.holdQueue(), run.eventQueue()}
	for _, q := range queues {
		names = append(names, run.queue(q))
	}
	var all error
	for _, q := range names {
		_, err := ch.QueueDelete(q, false, false, false)
		all = errors.Join(all, err)
	}
	for _, e := range []string{"orders", "events"} {
		all = errors.Join(all, ch.ExchangeDelete(run.exchange(e), false, false))
	}
	return all
}
