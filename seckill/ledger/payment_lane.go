package ledger

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/seckill"
)

const (
	// paymentBatch is the most events of one transaction. With the largest bodies
	// that the web takes they still fit what a server takes as one statement.
	paymentBatch = 64
	// paymentQueue is the most events that wait.
	paymentQueue = 1024
	// paymentPatience bounds the transactions of one batch, with their repetitions.
	// A provider that waits longer for its answer is rare.
	paymentPatience = 20 * time.Second
)

// applied is what became of an event.
type applied struct {
	outcome seckill.PaymentOutcome
	order   seckill.Order
	err     error
}

func (l *Ledger) newPaymentLane() *coalesce.Lanes[struct{}, seckill.PaymentEvent, applied] {
	return coalesce.New(coalesce.Config[struct{}, seckill.PaymentEvent, applied]{
		Batch: paymentBatch, Workers: l.db.Sharing, Limit: paymentQueue, Gather: true, Run: l.applyPayments,
		Unknown: "it is not known whether the payment was recorded; send it again",
	})
}

// applyPayments applies events that waited together, as if one after the other.
func (l *Ledger) applyPayments(_ struct{}, events []seckill.PaymentEvent) []applied {
	ctx, cancel := context.WithTimeout(context.Background(), paymentPatience)
	defer cancel()
	all := make([]*application, len(events))
	for i, e := range events {
		all[i] = &application{event: e}
	}
	for together, later := unrelated(all); len(together) > 0; together, later = unrelated(later) {
		l.applyTogether(ctx, together)
	}
	results := make([]applied, len(all))
	for i, a := range all {
		if results[i].err = a.err; a.err == nil {
			results[i] = applied{outcome: a.outcome, order: a.order.Order}
		}
	}
	return results
}

// applyTogether applies unrelated events in one transaction. Where that fails
// because of what they are, it is split until those at fault are found.
func (l *Ledger) applyTogether(ctx context.Context, list []*application) {
	err := l.commitPayments(ctx, list)
	if err != nil && len(list) > 1 && ofItsEvents(err) {
		half := len(list) / 2
		l.applyTogether(ctx, list[:half])
		l.applyTogether(ctx, list[half:])
		return
	}
	for _, a := range list {
		if a.err = err; err == nil {
			l.raise(ctx, a)
		}
	}
}

// ofItsEvents tells whether a transaction may have failed because of one of its
// events. A server that is away or overloaded would only be asked more often.
func ofItsEvents(err error) bool {
	return seckill.CodeOf(err) != seckill.CodeUnavailable && !errors.Is(err, seckill.ErrOutcomeUnknown)
}

func (l *Ledger) commitPayments(ctx context.Context, list []*application) error {
	var fresh int
	err := l.db.Write(ctx, func(tx *gorm.DB, attempt int) (err error) {
		b := paymentTransaction{ledger: l, tx: tx, now: l.now(), all: list, looks: attempt > 0}
		err = b.run()
		fresh = len(b.fresh)
		return err
	})
	if err == nil && fresh == 0 {
		// Nothing was written, and a provider will not send again what is answered now.
		err = l.Durable(ctx)
	}
	return err
}

// unrelated splits a list: together are the events that share their id, payment and
// order with none before them. The others come later, in their order, so that each finds
// what those before it did.
func unrelated(list []*application) (together, later []*application) {
	type thing struct{ kind, provider, id string }
	taken := make(map[thing]bool, 3*len(list))
	for _, a := range list {
		e, free := a.event, true
		things := [...]thing{{"event", e.Provider, e.ID}, {"payment", e.Provider, e.PaymentID}, {"order", "", e.OrderID.String()}}
		touched := things[:]
		if unread(e) {
			touched = things[:1]
		}
		for _, t := range touched {
			free = free && !taken[t]
			taken[t] = true
		}
		if free {
			together = append(together, a)
		} else {
			later = append(later, a)
		}
	}
	return together, later
}

// raise logs, after the commit, what a person has to look at.
func (l *Ledger) raise(ctx context.Context, a *application) {
	e := a.event
	fields := []any{"provider", e.Provider, "event", e.ID, "type", string(e.Type), "payment", e.PaymentID, "order", e.OrderID.String()}
	switch {
	case a.repeated:
	case a.outcome == seckill.PaymentMalformed:
		l.log.ErrorContext(ctx, "payment callback is signed and malformed", append(fields, "why", a.note)...)
	case a.outcome == seckill.PaymentMismatch:
		l.log.ErrorContext(ctx, "payment does not fit its order", append(fields, "why", a.note)...)
	case e.Type == seckill.RefundFailed:
		l.log.ErrorContext(ctx, "refund failed", fields...)
	case a.returned:
		l.log.WarnContext(ctx, "the money of a paid order went back, do not ship it", fields...)
	case a.note != "":
		l.log.WarnContext(ctx, "a payment callback needs a look", append(fields, "why", a.note)...)
	case a.outcome == seckill.PaymentRefundDue:
		l.log.WarnContext(ctx, "payment has to go back", fields...)
	}
}
