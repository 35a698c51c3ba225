package worker

import (
	"context"
	"log/slog"
	"time"
)

// sole is a loop that one process at a time runs, by a lease in SQL. The lease
// saves work; it does not carry correctness: every step may run twice.
type sole struct {
	leases leases
	name   string        // of the lease
	owner  string        // this process
	ttl    time.Duration // of the lease; another process takes over this long after a death
	pause  time.Duration // between two steps with nothing to do
	most   time.Duration // the longest pause after a failure; 0: maxBackoff
	log    *slog.Logger
}

// run repeats step while this process holds the lease, and otherwise waits to
// get it.
func (s sole) run(ctx context.Context, what string, step func(context.Context) (more bool, err error)) error {
	var renewAt time.Time
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		// Best effort: without it the next process waits for the lease to end.
		_ = s.leases.Unlease(ctx, s.name, s.owner)
	}()
	return repeatWithin(ctx, s.log, what, s.pause, s.most, func(ctx context.Context) (bool, error) {
		if time.Now().After(renewAt) {
			until, held, err := s.leases.Lease(ctx, s.name, s.owner, s.ttl)
			if err != nil {
				return false, err
			}
			if !held {
				// It may be given back early, and else ends when it says.
				sleep(ctx, min(s.ttl/4, max(time.Until(until), s.ttl/20)))
				return true, nil
			}
			renewAt = time.Now().Add(s.ttl / 3)
		}
		return step(ctx)
	})
}
