package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

type inquirerOrders interface {
	Spared(ctx context.Context, now time.Time, s ledger.Sparing, limit int) ([]seckill.Payment, error)
	Expire(ctx context.Context, ids []seckill.ID, now time.Time, sparing ...ledger.Sparing) ([]seckill.Order, error)
	ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error)
}

// Inquirer asks the provider what became of a payment that is open when its hold
// ends, as its callback may be late or lost. If the money is there the order is
// paid, as by the callback; if not, the order expires. While the provider does
// not answer the order waits, for Patience after its hold and no longer: the
// Expirer, which spares it until then, ends it all the same.
type Inquirer struct {
	Orders inquirerOrders
	// Providers are those that can be asked, by name.
	Providers map[string]payment.Querier
	// Patience is how long after its hold an order waits for an answer.
	Patience time.Duration
	Clock    expirerClock
	Changes  announcing
	Leases   leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Every is the pause between two looks.
	Every time.Duration
	Log   *slog.Logger
}

const (
	inquirerOrdersAtATime = 64
	inquirerCalls         = 16 // at the same time
	// inquiryTimeout bounds one call, and so a step: to four times that.
	inquiryTimeout = 2 * time.Second
)

// Sparing is what the Expirer has to leave to the Inquirer.
func (i *Inquirer) Sparing() ledger.Sparing {
	s := ledger.Sparing{Patience: i.Patience}
	for name := range i.Providers {
		s.Providers = append(s.Providers, name)
	}
	return s
}

// Run asks until ctx ends. Without a provider that can be asked it only waits.
func (i *Inquirer) Run(ctx context.Context) error {
	if len(i.Providers) == 0 {
		<-ctx.Done()
		return nil
	}
	loop := sole{leases: i.Leases, name: "inquirer", owner: i.Owner, ttl: i.LeaseTTL, pause: i.Every, log: i.Log}
	return loop.run(ctx, "inquirer: asking about open payments", i.step)
}

func (i *Inquirer) step(ctx context.Context) (more bool, err error) {
	now, err := i.Clock.Now(ctx)
	if err != nil {
		return false, err
	}
	open, err := i.Orders.Spared(ctx, now, i.Sparing(), inquirerOrdersAtATime)
	if err != nil || len(open) == 0 {
		return false, err
	}
	answers := i.ask(ctx, open)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err := fault.Point(ctx, fault.InquirerAnswered); err != nil {
		return false, err
	}
	unpaid, err := i.book(ctx, answers)
	if err != nil {
		return false, err
	}
	expired, err := i.Orders.Expire(ctx, unpaid, now)
	tellBuyers(ctx, i.Changes, i.Log, expired...)
	return false, errors.Join(err, noneCame(answers))
}

// inquiry is a payment and what its provider said of it.
type inquiry struct {
	payment seckill.Payment
	state   payment.State
	err     error
}

func (i *Inquirer) ask(ctx context.Context, open []seckill.Payment) []inquiry {
	answers := make([]inquiry, len(open))
	var calls errgroup.Group
	calls.SetLimit(inquirerCalls)
	for n, p := range open {
		calls.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, inquiryTimeout)
			defer cancel()
			answers[n].payment = p
			answers[n].state, answers[n].err = i.Providers[p.Provider].Query(ctx, p)
			return nil
		})
	}
	_ = calls.Wait() // none returns an error
	return answers
}

// book records the money that is there, and lists the orders for which there is
// none. An order of which any answer is missing is in neither.
func (i *Inquirer) book(ctx context.Context, answers []inquiry) (unpaid []seckill.ID, err error) {
	settled := make(map[seckill.ID]bool) // paid, or not known to be unpaid
	for _, a := range answers {
		switch {
		case a.err != nil:
			settled[a.payment.OrderID] = true
			i.Log.Debug("inquirer: no answer about a payment", "payment", a.payment.ID, "error", a.err)
		case a.state.Status == payment.StatusSucceeded:
			paid, err := i.pay(ctx, a)
			if err != nil {
				return nil, err
			}
			if paid {
				settled[a.payment.OrderID] = true
			}
		}
	}
	for _, a := range answers {
		if id := a.payment.OrderID; !settled[id] {
			settled[id] = true
			unpaid = append(unpaid, id)
		}
	}
	return unpaid, nil
}

// pay applies an answer as the callback that did not come. Money that does not fit the
// order does not pay it; the ledger lists it for a person.
func (i *Inquirer) pay(ctx context.Context, a inquiry) (paid bool, err error) {
	outcome, order, err := i.Orders.ApplyPayment(ctx, a.state.Event(a.payment))
	if err != nil || outcome == seckill.PaymentMismatch || outcome == seckill.PaymentMalformed {
		return false, err
	}
	if outcome == seckill.PaymentApplied {
		i.Log.Info("inquirer: found a payment whose callback did not come", "payment", a.payment.ID, "order", order.ID.String())
		tellBuyers(ctx, i.Changes, i.Log, order)
	}
	return true, nil
}

// noneCame is an error when no provider answered at all, so that the next step comes
// after a backoff.
func noneCame(answers []inquiry) error {
	for _, a := range answers {
		if a.err == nil {
			return nil
		}
	}
	return answers[0].err
}
