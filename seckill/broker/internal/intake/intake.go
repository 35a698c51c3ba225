// Package intake is the consumer's loop that both brokers share: it makes batches of
// deliveries, calls the handler, and acts on the verdicts.
//
// A message that failed is not requeued. It stays in flight, unacknowledged, in this
// process until its next attempt is due. So a retry costs the broker nothing, and a
// delay needs no queue of its own. When all messages fail, as while SQL is away, the
// prefetch limit stops the deliveries by itself.
package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill/broker"
)

// Item is a delivery as it comes from the broker, with the tag by which it is
// acknowledged. Tags grow in the order of Source.Items.
type Item struct {
	Tag      uint64
	Delivery broker.Delivery // Attempt counts the broker's own redeliveries
}

// Source is one consumer's subscription in one session.
type Source interface {
	// Items yields the deliveries, without waiting for those that are at hand. It
	// is closed when the session is over.
	Items() <-chan Item
	// Ack acknowledges a delivery, with through also every one before it.
	Ack(tag uint64, through bool) error
	// Bury puts a copy into the dead letters; nil means that it is safe there. It
	// does not acknowledge.
	Bury(ctx context.Context, d broker.Delivery, reason string) error
}

// ErrSessionOver says that the source ended before the consumer's ctx did.
var ErrSessionOver = errors.New("session over")

// settleTimeout bounds what is done with a verdict.
const settleTimeout = 10 * time.Second

// Run consumes from src until ctx ends (nil), or the session does
// (ErrSessionOver, or what made it end). What it has not acknowledged is the
// caller's to give back.
func Run(ctx context.Context, src Source, opts broker.ConsumeOptions, handle broker.Handler, log *slog.Logger) error {
	l := &loop{src: src, opts: opts, handle: handle, log: log}
	for {
		batch, err := l.collect(ctx)
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := l.work(ctx, batch); err != nil {
			return err
		}
	}
}

type loop struct {
	src    Source
	opts   broker.ConsumeOptions
	handle broker.Handler
	log    *slog.Logger
	held   held // failed messages that wait for their next attempt
}

// message is a delivery on its way through the loop.
type message struct {
	Item
	failures int       // in a row, postponements not counted
	waits    int       // how often it was held; decides the next wait
	due      time.Time // of the next attempt, while it is held
	alone    bool      // was in a batch that panicked
	verdict  error     // set when it is condemned, and only burying is left to do
}

// work handles one batch and settles it.
func (l *loop) work(ctx context.Context, batch []*message) error {
	// A stop leaves the grace for all of it, for the dead letters as well: a broker that
	// takes no messages would hold the stop up.
	graced, release := withGrace(ctx, l.opts.Grace)
	defer release()
	verdicts := l.call(graced, batch)
	stopping := ctx.Err() != nil

	settle, cancel := context.WithTimeout(graced, settleTimeout)
	defer cancel()
	if len(l.held) == 0 && firstOf(verdicts) == nil {
		// Nothing older is open, so that one acknowledgement serves for all.
		return l.src.Ack(newest(batch), true)
	}
	before := len(l.held)
	for i, m := range batch {
		if err := l.settle(settle, m, verdicts[i], stopping); err != nil {
			return err
		}
	}
	if n := len(l.held) - before; n > 0 {
		l.log.Warn("messages will be tried again", "queue", batch[0].Delivery.Queue, "messages", n,
			"error", firstOf(verdicts))
	}
	return nil
}

// settle acts on one verdict. Its error means that the session is over.
func (l *loop) settle(ctx context.Context, m *message, verdict error, stopping bool) error {
	switch {
	case verdict == nil:
		return l.src.Ack(m.Tag, false)
	case broker.Rejected(verdict):
		m.verdict = verdict
	case stopping:
		// The handler may have failed because its time was up: that is no failure
		// of the message. It goes back unacknowledged.
		return nil
	case broker.Postponed(verdict):
	default:
		m.failures++
		if m.failures >= l.opts.MaxAttempts {
			m.verdict = verdict
		} else {
			m.Delivery.Attempt++
		}
	}
	if m.verdict != nil {
		return l.bury(ctx, m)
	}
	l.hold(m)
	return nil
}

// bury moves a condemned message to the dead letters. If that fails it is held,
// so that it is lost neither here nor there.
func (l *loop) bury(ctx context.Context, m *message) error {
	reason := m.verdict.Error()
	reason = strings.ToValidUTF8(reason[:min(len(reason), broker.MaxReasonBytes)], "")
	if err := l.src.Bury(ctx, m.Delivery, reason); err != nil {
		l.log.Error("message cannot be moved to the dead letters, will be tried again",
			"queue", m.Delivery.Queue, "message", m.Delivery.ID, "error", err)
		l.hold(m)
		return nil
	}
	l.log.Error("message is a dead letter", "queue", m.Delivery.Queue, "message", m.Delivery.ID,
		"attempts", m.Delivery.Attempt, "reason", reason)
	return l.src.Ack(m.Tag, false)
}

func (l *loop) hold(m *message) {
	wait := l.opts.RetryMin << min(m.waits, 30)
	if wait > l.opts.RetryMax || wait < l.opts.RetryMin {
		wait = l.opts.RetryMax
	}
	m.waits++
	// Up to a fifth more, so that what failed together does not stay together.
	m.due = time.Now().Add(wait + rand.N(wait/5+1))
	l.held.push(m)
}

// call runs the handler and makes one verdict per message of whatever it does.
func (l *loop) call(ctx context.Context, batch []*message) (verdicts []error) {
	defer func() {
		if p := recover(); p != nil {
			for _, m := range batch {
				m.alone = true
			}
			verdicts = repeat(fmt.Errorf("handler panicked: %v", p), len(batch))
		}
	}()
	deliveries := make([]broker.Delivery, len(batch))
	for i, m := range batch {
		deliveries[i] = m.Delivery
	}
	verdicts = l.handle(ctx, deliveries)
	if verdicts == nil {
		return make([]error, len(batch))
	}
	if len(verdicts) != len(batch) {
		return repeat(fmt.Errorf("handler gave %d verdicts on %d messages", len(verdicts), len(batch)), len(batch))
	}
	return verdicts
}

// withGrace makes a context that ends grace after ctx does.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	graced, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-graced.Done():
		}
	})
	return graced, func() { stop(); cancel() }
}

// newest is the highest tag; a batch that mixes new messages with held ones is
// not in order.
func newest(batch []*message) uint64 {
	tag := batch[0].Tag
	for _, m := range batch[1:] {
		tag = max(tag, m.Tag)
	}
	return tag
}

// firstOf returns the first error that is one.
func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func repeat(err error, n int) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = err
	}
	return errs
}
