package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type notifierDeliveries interface {
	ClaimDeliveries(ctx context.Context, limit int, claim time.Duration) ([]ledger.Delivery, error)
	NoteDeliveries(ctx context.Context, tries []ledger.DeliveryTry) error
}

type shopEndpoint interface {
	Deliver(ctx context.Context, event ledger.Announcement) Answer
}

// Notifier delivers events to the shop's endpoint, at least once and in no certain
// order. A delivery stays in SQL until the endpoint has said yes; it is claimed
// before it is sent, so that it comes again by itself when its process dies.
//
// What fails while the endpoint takes other events is tried ever more rarely,
// MaxAttempts times; then it waits for an operator among the dead letters. An endpoint
// that takes none is waited for, and that counts as no event's attempt.
type Notifier struct {
	Deliveries notifierDeliveries
	Endpoint   shopEndpoint
	Leases     leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Every is the pause between two looks.
	Every time.Duration
	// Concurrency is how many tries are under way at once.
	Concurrency int
	// Timeout bounds one try; the endpoint keeps to it.
	Timeout time.Duration
	// Backoff is the wait after the first failure; it doubles up to 12 hours.
	Backoff time.Duration
	// MaxAttempts is how often an event may fail on its own account.
	MaxAttempts int
	Clock       seckill.Clock
	// Report is told the outcome of each try; nil: nobody is.
	Report func(outcome string)
	Log    *slog.Logger

	health  endpointHealth
	slots   chan struct{} // one is taken for each try until it is noted
	answers chan answered
	sending sync.WaitGroup
}

type answered struct {
	delivery ledger.Delivery
	answer   Answer
}

const (
	maxDeliveryBackoff = 12 * time.Hour
	// claimGrace is how long noting a try may take: after it another process would
	// try as well.
	claimGrace = 5 * time.Second
	// stopGrace is what tries that are under way get when the process stops.
	stopGrace = 2 * time.Second
)

// Run delivers until ctx ends, and then waits a moment for the tries under way.
func (n *Notifier) Run(ctx context.Context) error {
	n.slots, n.answers = make(chan struct{}, n.Concurrency), make(chan answered, n.Concurrency)
	n.health.log = n.Log
	finishing, cancel := graceful(ctx, stopGrace)
	defer cancel()
	var noting sync.WaitGroup
	noting.Go(func() { n.noteAll(finishing) })
	loop := sole{leases: n.Leases, name: "notifier", owner: n.Owner, ttl: n.LeaseTTL, pause: n.Every, log: n.Log}
	err := loop.run(ctx, "notifier: reading deliveries", func(ctx context.Context) (bool, error) { return n.step(ctx, finishing) })
	n.sending.Wait()
	close(n.answers)
	noting.Wait()
	return err
}

// step claims as many deliveries as may be under way, and sends them off.
func (n *Notifier) step(ctx, finishing context.Context) (more bool, err error) {
	limit := n.health.limit(n.Clock(), n.Concurrency)
	free := limit - len(n.slots)
	if free <= 0 {
		return n.awaitSlot(ctx, limit), nil
	}
	claimed, err := n.Deliveries.ClaimDeliveries(ctx, free, n.Timeout+claimGrace)
	if err != nil || len(claimed) == 0 {
		return false, err
	}
	if err := fault.Point(ctx, fault.NotifierClaimed); err != nil {
		return false, err
	}
	for _, d := range claimed {
		n.slots <- struct{}{}
		n.sending.Go(func() { n.send(finishing, d) })
	}
	return len(claimed) == free, nil
}

// awaitSlot waits until a try has ended, while as many are under way as may be. It tells
// whether to look for deliveries again at once.
func (n *Notifier) awaitSlot(ctx context.Context, limit int) bool {
	if limit < n.Concurrency {
		return false
	}
	timer := time.NewTimer(n.Every)
	defer timer.Stop()
	select {
	case n.slots <- struct{}{}:
		<-n.slots
	case <-timer.C:
	case <-ctx.Done():
	}
	return true
}

func (n *Notifier) send(ctx context.Context, d ledger.Delivery) {
	trying, cancel := context.WithTimeout(ctx, n.Timeout)
	defer cancel()
	answer := n.Endpoint.Deliver(trying, d.Event)
	if answer.Status == 0 && ctx.Err() != nil {
		<-n.slots // the process stops, which is no failure; the claim ends by itself
		return
	}
	n.answers <- answered{d, answer}
}

// noteAll notes answers, those that came meanwhile in one transaction.
func (n *Notifier) noteAll(ctx context.Context) {
	for first := range n.answers {
		batch := []answered{first}
		for len(n.answers) > 0 {
			batch = append(batch, <-n.answers)
		}
		tries := make([]ledger.DeliveryTry, len(batch))
		for i, a := range batch {
			tries[i] = n.judge(a)
		}
		// Its only error is that the time to stop is over: the claims end by themselves.
		_ = persist(ctx, n.Log, "notifier: noting deliveries", func(ctx context.Context) error {
			if err := fault.Point(ctx, fault.NotifierAnswered); err != nil {
				return err
			}
			return n.Deliveries.NoteDeliveries(ctx, tries)
		})
		for range batch {
			<-n.slots
		}
	}
}

// judge decides what is noted of an answer.
func (n *Notifier) judge(a answered) ledger.DeliveryTry {
	try := ledger.DeliveryTry{Number: a.delivery.Number, Failure: a.answer.Failure}
	wait := n.health.note(n.Clock(), a.answer)
	if n.Report != nil {
		n.Report(a.answer.outcome())
	}
	switch failed := a.delivery.Attempts; {
	case try.Failure == "":
	case wait > 0:
		try.Again, try.Uncounted = wait, true
	case failed+1 >= n.MaxAttempts:
		n.Log.Error("notifier: an event waits for a person among the dead letters", "event", a.delivery.Event.ID,
			"attempts", failed+1, "error", try.Failure)
	default:
		try.Again = jittered(doubled(n.Backoff, failed, maxDeliveryBackoff))
	}
	return try
}

// Pause is for how long nothing is sent, since the endpoint has failed or asked for
// time; 0 while it is tried, and in a process that leaves delivering to another.
func (n *Notifier) Pause() time.Duration { return n.health.pause(n.Clock()) }
