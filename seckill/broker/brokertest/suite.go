// Package brokertest is the conformance suite of broker.Broker: the tests that every
// implementation has to pass. A new implementation calls Suite.
package brokertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/broker"
)

// Subject is a running broker with no message in it, for one test alone.
type Subject struct {
	Broker broker.Broker
	// Cut breaks the session once, without warning; the broker finds a new one by
	// itself.
	Cut func()
}

// Suite runs every test on subjects that start makes. start also sees to it that
// the broker and what it has declared are gone when the test ends.
func Suite(t *testing.T, start func(t *testing.T) Subject) {
	tests := []struct {
		name string
		run  func(t *testing.T, s Subject)
	}{
		{"one message reaches the settle queue and the hold queue", routesToSettleAndHold},
		{"a published message is delivered unchanged and once", deliversUnchanged},
		{"many messages at once are all confirmed", publishesManyAtOnce},
		{"publishing nothing is fine", publishesNothing},
		{"an order that no queue takes is an error", unroutableOrderIsAnError},
		{"an event that nobody listens to is no error", unheardEventIsFine},
		{"what cannot be is refused", refusesInvalid},
		{"a batch is no larger than asked for", batchesAreBounded},
		{"a batch waits for more up to its time", batchWaits},
		{"a failed message comes again with a growing attempt", failedComesAgain},
		{"a message that fails always becomes a dead letter", failsAlwaysDies},
		{"a rejected message becomes a dead letter at once", rejectedDies},
		{"a postponed message uses up no attempt", postponedUsesNoAttempt},
		{"a panic harms only the message at fault", panicIsContained},
		{"a wrong number of verdicts is an error for the batch", wrongVerdictsComeAgain},
		{"malformed messages hold up nobody", malformedHoldUpNobody},
		{"a hold ends when its time has come and not before", holdEndsInTime},
		{"two consumers share a queue", consumersShare},
		{"a consumer that leaves gives back what it did not handle", leavingGivesBack},
		{"the batch in hand is finished when the consumer is stopped", batchInHandFinishes},
		{"a handler that overstays its grace is told so", graceEnds},
		{"dead letters are looked at and stay", deadLettersStay},
		{"dead letters are found by id", findsByID},
		{"dead letters are requeued by id", requeuesByID},
		{"all dead letters are requeued", requeuesAll},
		{"what was confirmed outlives the session", confirmedOutlivesSession},
		{"nothing is lost while the session is cut again and again", survivesCuts},
		{"depth counts what waits", depthCounts},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, start(t))
		})
	}
}

const (
	// Patience is how long something that must happen may take on a busy machine.
	Patience = 60 * time.Second
	// moment is how long a test watches that something does not happen.
	moment = 300 * time.Millisecond
	// Tick is how often a test looks.
	Tick = 10 * time.Millisecond

	hold      = 20 * time.Minute // long enough never to end in a test
	shortHold = 700 * time.Millisecond
	longHold  = 1400 * time.Millisecond
)

// Holds are those that the suite makes queues for.
var Holds = []time.Duration{hold, shortHold, longHold}

// quick are options whose retries do not slow a test down.
func quick() broker.ConsumeOptions {
	return broker.ConsumeOptions{RetryMin: time.Millisecond, RetryMax: 20 * time.Millisecond}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// order makes a message that goes to the settle queue.
func order(id string) broker.Message {
	return broker.Message{ID: id, Key: broker.AdmittedKey(hold), Body: []byte(`{"id":"` + id + `"}`)}
}

func orders(n int) []broker.Message {
	msgs := make([]broker.Message, n)
	for i := range msgs {
		msgs[i] = order(fmt.Sprintf("m%04d", i))
	}
	return msgs
}

func publish(t *testing.T, b broker.Broker, msgs ...broker.Message) {
	t.Helper()
	require.NoError(t, b.Publish(within(t), broker.ExchangeOrders, msgs...))
}

// consumer is a Consume under way.
type consumer struct {
	stop func() // and wait until Consume has returned
	seen *record
}

// consume starts a consumer; handle may be nil, which accepts all.
func consume(t *testing.T, b broker.Broker, queue string, opts broker.ConsumeOptions, handle broker.Handler) *consumer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	seen := &record{}
	done := make(chan error, 1)
	go func() {
		done <- b.Consume(ctx, queue, opts, func(ctx context.Context, batch []broker.Delivery) []error {
			seen.add(batch)
			if handle == nil {
				return nil
			}
			return handle(ctx, batch)
		})
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil && !errors.Is(err, broker.ErrClosed) {
				t.Errorf("Consume from %s: %v", queue, err)
			}
		case <-time.After(Patience):
			t.Errorf("Consume from %s does not end", queue)
		}
	})
	t.Cleanup(stop)
	return &consumer{stop: stop, seen: seen}
}

// record is what a handler was given.
type record struct {
	mu         sync.Mutex
	deliveries []broker.Delivery
	batches    []int
	at         []time.Time
}

func (r *record) add(batch []broker.Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deliveries = append(r.deliveries, batch...)
	r.batches = append(r.batches, len(batch))
	for range batch {
		r.at = append(r.at, time.Now())
	}
}

func (r *record) all() []broker.Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]broker.Delivery(nil), r.deliveries...)
}

func (r *record) sizes() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]int(nil), r.batches...)
}

// ids counts how often each message was seen.
func (r *record) ids() map[string]int {
	ids := make(map[string]int)
	for _, d := range r.all() {
		ids[d.ID]++
	}
	return ids
}

// attempts lists the attempts of one message in order.
func (r *record) attempts(id string) []int {
	var attempts []int
	for _, d := range r.all() {
		if d.ID == id {
			attempts = append(attempts, d.Attempt)
		}
	}
	return attempts
}

func eventually(t *testing.T, condition func() bool, msg string, args ...any) {
	t.Helper()
	require.Eventually(t, condition, Patience, Tick, append([]any{msg}, args...)...)
}

// seesAll waits until a consumer has seen n different messages.
func (c *consumer) seesAll(t *testing.T, n int) {
	t.Helper()
	eventually(t, func() bool { return len(c.seen.ids()) >= n }, "not all of %d messages came", n)
}

// empties waits until a queue holds nothing that waits.
func empties(t *testing.T, b broker.Broker, queue string) {
	t.Helper()
	hasDepth(t, b, queue, 0)
}

func hasDepth(t *testing.T, b broker.Broker, queue string, want int) {
	t.Helper()
	ctx := within(t)
	eventually(t, func() bool {
		depth, err := b.QueueDepth(ctx, queue)
		return err == nil && depth == want
	}, "queue %s never had %d messages", queue, want)
}

// dead waits until there are n dead letters.
func dead(t *testing.T, b broker.Broker, n int) []broker.DeadLetter {
	t.Helper()
	ctx := within(t)
	var letters []broker.DeadLetter
	eventually(t, func() bool {
		var err error
		letters, err = b.DeadLetters(ctx, 100)
		return err == nil && len(letters) == n
	}, "there were never %d dead letters", n)
	return letters
}

// verdicts gives each delivery of a batch what judge says.
func verdicts(judge func(broker.Delivery) error) broker.Handler {
	return func(_ context.Context, batch []broker.Delivery) []error {
		out := make([]error, len(batch))
		for i, d := range batch {
			out[i] = judge(d)
		}
		return out
	}
}
