package chaos

import (
	"context"
	"time"
)

// hold keeps other faults away from a server until it is given back.
func (run *Run) hold(server string) (release func()) {
	mu := run.servers[server]
	mu.Lock()
	return mu.Unlock
}

// queueAge is how old RabbitMQ's queues have to be before it is killed: a quorum
// queue of RabbitMQ 3.10 that is younger than a second then never finds a leader
// again, whoever uses it. Hold queues are declared by the first order.
const queueAge = 4 * time.Second

func killServer(ctx context.Context, run *Run, f Fault) error {
	defer run.hold(f.Service)()
	if f.Service == "rabbitmq" {
		pause(ctx, time.Until(run.queuesSince.Add(queueAge)))
	}
	if err := run.in.services.TryKill(f.Service); err != nil {
		return err
	}
	pause(ctx, f.For/2)
	return run.in.services.TryStart(f.Service)
}

func freezeServer(ctx context.Context, run *Run, f Fault) error {
	defer run.hold(f.Service)()
	p, err := run.in.services.Process(f.Service)
	if err != nil {
		return err
	}
	return freeze(ctx, p, f.For)
}
