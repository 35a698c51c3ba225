package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// wipeRabbitMQ is a broker that was replaced by a new one: its queues are gone.
func wipeRabbitMQ(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("rabbitmq")()
	from := time.Now()
	if err := run.in.services.TryKill("rabbitmq"); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(run.in.services.Dir("rabbitmq"), "data")); err != nil {
		return err
	}
	pause(ctx, f.For/4)
	if err := run.in.services.TryStart("rabbitmq"); err != nil {
		return err
	}
	// Events that found no queue of the shop's are nobody's fault.
	bound := run.events.awaitBound()
	run.queuesSince = time.Now()
	run.losses.add(&run.losses.rabbit, from, time.Now())
	return bound
}

func purgeQueue(_ context.Context, run *Run, f Fault) error {
	defer run.hold("rabbitmq")()
	queue := run.holdQueue()
	if f.Key != "hold" {
		queue = run.queue(f.Key)
	}
	var err error
	within(20*time.Second, func() bool {
		conn, ch, dialErr := run.amqp()
		if err = dialErr; err != nil {
			return false
		}
		defer conn.Close()
		var n int
		n, err = ch.QueuePurge(queue, false)
		run.history.note(faultWho, "", "purged %d messages of %s", n, queue)
		return err == nil
	})
	return err
}

// alarmRabbitMQ makes the broker believe that it runs out of memory, so that it
// takes nothing more.
func alarmRabbitMQ(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("rabbitmq")()
	const alarm = "{resource_limit, memory, node()}"
	return run.in.services.RabbitMQCtl(ctx, "eval", fmt.Sprintf("rabbit_alarm:set_alarm({%s, []}), timer:sleep(%d), rabbit_alarm:clear_alarm(%s).",
		alarm, f.For.Milliseconds(), alarm))
}
