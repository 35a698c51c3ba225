package web

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

type idWorkers interface {
	LeaseIDWorker(ctx context.Context, owner string, ttl time.Duration) (worker int, until time.Time, err error)
}

// IDLease keeps a lease on a worker number, so that the ids that this process
// makes are its own. The number is taken from SQL, never configured. While SQL
// is away the lease goes on until its end; then no more ids are made.
type IDLease struct {
	Workers idWorkers
	// Owner names this process; a number is never shared between two owners.
	Owner string
	// TTL is how long a lease lasts. It bounds how long orders can be taken
	// while SQL is away, and for how long a dead process's number stays unused.
	TTL   time.Duration
	Clock seckill.Clock
	Log   *slog.Logger

	generator *seckill.IDGenerator
}

// NewIDLease makes a lease keeper; Run has to be running for Next to work.
func NewIDLease(workers idWorkers, owner string, ttl time.Duration, clock seckill.Clock, log *slog.Logger) *IDLease {
	return &IDLease{Workers: workers, Owner: owner, TTL: ttl, Clock: clock, Log: log,
		generator: seckill.NewIDGenerator(clock)}
}

const (
	idLeaseRetry   = time.Second
	idLeaseTimeout = 5 * time.Second
)

// Run takes the lease and renews it in time until ctx ends.
func (l *IDLease) Run(ctx context.Context) error {
	failing := false
	for {
		pause := l.TTL / 3
		if err := l.renew(ctx); err != nil {
			if ctx.Err() == nil && !failing {
				l.Log.Warn("no lease on a worker number for order ids yet, trying again", "error", err)
			}
			failing, pause = true, min(pause, idLeaseRetry)
		} else if failing {
			l.Log.Info("the lease on a worker number for order ids is there")
			failing = false
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func (l *IDLease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, idLeaseTimeout)
	defer cancel()
	worker, until, err := l.Workers.LeaseIDWorker(ctx, l.Owner, l.TTL)
	if err != nil {
		return err
	}
	l.generator.Lease(worker, until)
	return nil
}

// Next makes an id; it fails with seckill.ErrNoIDLease without a lease.
func (l *IDLease) Next() (seckill.ID, error) { return l.generator.Next() }

// Ready tells why no ids can be made, for readiness.
func (l *IDLease) Ready(context.Context) error {
	if _, err := l.generator.Next(); err != nil {
		return errors.New("no lease on a worker number for order ids")
	}
	return nil
}

// IDs makes the ids of new orders and sales.
type IDs interface {
	Next() (seckill.ID, error)
}

var (
	_ IDs = (*IDLease)(nil)
	_ IDs = (*seckill.IDGenerator)(nil)
)

// NextID makes an id; otherwise is what one is told who cannot have one just now.
func NextID(ids IDs, otherwise string) (seckill.ID, error) {
	id, err := ids.Next()
	if errors.Is(err, seckill.ErrNoIDLease) {
		return 0, seckill.Unavailable(err, "%s", otherwise)
	}
	return id, err
}
