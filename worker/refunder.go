package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

type refunderOrders interface {
	RefundsToTry(ctx context.Context, limit int) ([]ledger.Refund, error)
	NoteRefund(ctx context.Context, provider, paymentID string, try ledger.RefundTry) error
	ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error)
}

// Refunder asks providers to return money that has to go back. Each payment has one
// refund id for ever: a process that dies between the provider's answer and its commit
// in SQL asks for the same refund again. A refund that the provider has accepted and not
// done is asked for again later, unless its callback comes first.
//
// One that fails is tried again with a growing backoff, MaxAttempts times; then it waits
// for an operator. So does one of a provider that has no API for refunds.
type Refunder struct {
	Orders refunderOrders
	// Providers are those that return money over an API, by name.
	Providers map[string]payment.Refunder
	Changes   announcing
	Leases    leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Every is the pause between two looks.
	Every time.Duration
	// Backoff is the wait after the first failure; it doubles up to an hour.
	Backoff time.Duration
	// MaxAttempts is how often a provider may fail before nobody asks it any more.
	MaxAttempts int
	Log         *slog.Logger
}

const (
	// refunderBatch is how many refunds are asked for at the same time, so that one
	// slow answer holds up a few others and no more.
	refunderBatch = 8
	// refundTimeout bounds asking for one.
	refundTimeout    = 10 * time.Second
	maxRefundBackoff = time.Hour
	// refundPending is how long a provider gets to do what it has accepted.
	refundPending = 10 * time.Minute
	refundReason  = "paid too late, or more than once"
)

// Run has money refunded until ctx ends.
func (r *Refunder) Run(ctx context.Context) error {
	loop := sole{leases: r.Leases, name: "refunder", owner: r.Owner, ttl: r.LeaseTTL, pause: r.Every, log: r.Log}
	return loop.run(ctx, "refunder: returning money", r.step)
}

func (r *Refunder) step(ctx context.Context) (more bool, err error) {
	refunds, err := r.Orders.RefundsToTry(ctx, refunderBatch)
	if err != nil {
		return false, err
	}
	failures := make([]error, len(refunds))
	var trying sync.WaitGroup
	for i, refund := range refunds {
		trying.Go(func() { failures[i] = r.refund(ctx, refund) })
	}
	trying.Wait()
	return len(refunds) == refunderBatch, errors.Join(failures...)
}

// refund asks for one refund and notes how it went. Its errors are SQL's.
func (r *Refunder) refund(ctx context.Context, refund ledger.Refund) error {
	provider, ok := r.Providers[refund.Provider]
	if !ok {
		return r.giveUp(ctx, refund, payment.NoRefunder)
	}
	asking, cancel := context.WithTimeout(ctx, refundTimeout)
	defer cancel()
	state, err := provider.Refund(asking, refund.Payment, payment.RefundID(refund.Payment), refundReason)
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // the process stops, which is no failure
	case err != nil && refund.Attempts+1 >= r.MaxAttempts:
		return r.giveUp(ctx, refund, err.Error())
	case err != nil:
		r.Log.Info("refunder: a refund failed, trying again later", "payment", refund.ID, "attempts", refund.Attempts+1, "error", err)
		return r.note(ctx, refund, ledger.RefundTry{Failure: err.Error(), Again: doubled(r.Backoff, refund.Attempts, maxRefundBackoff)})
	case state == payment.RefundPending:
		return r.note(ctx, refund, ledger.RefundTry{Again: refundPending})
	}
	return r.finish(ctx, refund)
}

// finish books what the provider has done, as its callback would.
func (r *Refunder) finish(ctx context.Context, refund ledger.Refund) error {
	if err := fault.Point(ctx, fault.RefunderAnswered); err != nil {
		return err
	}
	outcome, order, err := r.Orders.ApplyPayment(ctx, payment.RefundEvent(refund.Payment))
	if err != nil {
		return err
	}
	switch outcome {
	case seckill.PaymentApplied:
		r.Log.Info("refunder: money was returned", "payment", refund.ID, "order", refund.OrderID.String())
		tellBuyers(ctx, r.Changes, r.Log, order)
		return nil
	case seckill.PaymentDuplicate:
		return nil // the callback was faster
	}
	return r.giveUp(ctx, refund, "the provider returned the money, and the ledger calls that "+string(outcome))
}

func (r *Refunder) giveUp(ctx context.Context, refund ledger.Refund, why string) error {
	r.Log.Error("refunder: a refund waits for a person", "payment", refund.ID, "order", refund.OrderID.String(),
		"attempts", refund.Attempts+1, "error", why)
	return r.note(ctx, refund, ledger.RefundTry{Failure: why})
}

func (r *Refunder) note(ctx context.Context, refund ledger.Refund, try ledger.RefundTry) error {
	return r.Orders.NoteRefund(ctx, refund.Provider, refund.ID, try)
}
