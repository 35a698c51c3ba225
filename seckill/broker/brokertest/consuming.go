package brokertest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/broker"
)

var errNotNow = errors.New("not now")

func batchesAreBounded(t *testing.T, s Subject) {
	publish(t, s.Broker, orders(25)...)
	opts := quick()
	opts.BatchSize, opts.MaxWait = 10, Patience
	c := consume(t, s.Broker, broker.QueueSettle, opts, nil)
	eventually(t, func() bool { return len(c.seen.all()) == 20 }, "two full batches never came")
	c.stop() // the rest of five comes when the consumer is told to stop waiting
	for _, size := range c.seen.sizes()[:2] {
		require.Equal(t, 10, size)
	}
}

func batchWaits(t *testing.T, s Subject) {
	opts := quick()
	opts.BatchSize, opts.MaxWait = 2, Patience
	c := consume(t, s.Broker, broker.QueueSettle, opts, nil)
	publish(t, s.Broker, order("first"))
	require.Never(t, func() bool { return len(c.seen.all()) > 0 }, moment, Tick, "it did not wait")
	publish(t, s.Broker, order("second"))
	c.seesAll(t, 2)
	require.Equal(t, []int{2}, c.seen.sizes())
}

func failedComesAgain(t *testing.T, s Subject) {
	publish(t, s.Broker, orders(5)...)
	c := consume(t, s.Broker, broker.QueueSettle, quick(), verdicts(func(d broker.Delivery) error {
		if d.ID == "m0002" && d.Attempt < 4 {
			return errNotNow
		}
		return nil
	}))
	eventually(t, func() bool { return len(c.seen.attempts("m0002")) == 4 }, "it did not come four times")
	c.stop()
	require.Equal(t, []int{1, 2, 3, 4}, c.seen.attempts("m0002"))
	require.Equal(t, []int{1}, c.seen.attempts("m0001"))
	empties(t, s.Broker, broker.QueueSettle)
	dead(t, s.Broker, 0)
}

func failsAlwaysDies(t *testing.T, s Subject) {
	publish(t, s.Broker, orders(3)...)
	opts := quick()
	opts.MaxAttempts = 3
	before := time.Now().Add(-time.Minute)
	c := consume(t, s.Broker, broker.QueueSettle, opts, verdicts(func(d broker.Delivery) error {
		if d.ID == "m0001" {
			return errNotNow
		}
		return nil
	}))
	letters := dead(t, s.Broker, 1)
	c.stop()
	require.Equal(t, []int{1, 2, 3}, c.seen.attempts("m0001"))
	letter := letters[0]
	require.Equal(t, order("m0001"), letter.Message)
	require.Equal(t, broker.QueueSettle, letter.Queue)
	require.Equal(t, errNotNow.Error(), letter.Reason)
	require.Equal(t, 3, letter.Attempts)
	require.WithinRange(t, letter.At, before, time.Now().Add(time.Minute))
	empties(t, s.Broker, broker.QueueSettle)
}

func rejectedDies(t *testing.T, s Subject) {
	publish(t, s.Broker, order("bad"))
	c := consume(t, s.Broker, broker.QueueSettle, quick(), verdicts(func(broker.Delivery) error {
		return broker.Reject(errors.New("not JSON"))
	}))
	letters := dead(t, s.Broker, 1)
	c.stop()
	require.Equal(t, "not JSON", letters[0].Reason)
	require.Equal(t, 1, letters[0].Attempts)
	require.Equal(t, []int{1}, c.seen.attempts("bad"))
	empties(t, s.Broker, broker.QueueSettle)
}

func postponedUsesNoAttempt(t *testing.T, s Subject) {
	publish(t, s.Broker, order("early"))
	opts := quick()
	opts.MaxAttempts = 2
	var calls atomic.Int64
	c := consume(t, s.Broker, broker.QueueSettle, opts, verdicts(func(broker.Delivery) error {
		if calls.Add(1) <= 5 {
			return broker.Postpone(errNotNow)
		}
		return nil
	}))
	eventually(t, func() bool { return calls.Load() == 6 }, "it did not come six times")
	c.stop()
	require.Equal(t, []int{1, 1, 1, 1, 1, 1}, c.seen.attempts("early"))
	empties(t, s.Broker, broker.QueueSettle)
	dead(t, s.Broker, 0)
}

func panicIsContained(t *testing.T, s Subject) {
	publish(t, s.Broker, orders(10)...)
	opts := quick()
	opts.BatchSize, opts.MaxWait, opts.MaxAttempts = 10, time.Second, 4
	c := consume(t, s.Broker, broker.QueueSettle, opts, verdicts(func(d broker.Delivery) error {
		if d.ID == "m0004" {
			panic("a bug")
		}
		return nil
	}))
	letters := dead(t, s.Broker, 1)
	c.seesAll(t, 10)
	empties(t, s.Broker, broker.QueueSettle)
	c.stop()
	require.Equal(t, "m0004", letters[0].ID)
	require.Contains(t, letters[0].Reason, "a bug")
	dead(t, s.Broker, 1)
	empties(t, s.Broker, broker.QueueSettle)
}

func wrongVerdictsComeAgain(t *testing.T, s Subject) {
	publish(t, s.Broker, order("one"))
	var calls atomic.Int64
	c := consume(t, s.Broker, broker.QueueSettle, quick(), func(_ context.Context, batch []broker.Delivery) []error {
		if calls.Add(1) == 1 {
			return make([]error, len(batch)+1)
		}
		return nil
	})
	eventually(t, func() bool { return calls.Load() == 2 }, "it did not come again")
	c.stop()
	require.Equal(t, []int{1, 2}, c.seen.attempts("one"))
}

// malformedHoldUpNobody mixes messages that fail for good, in more ways than
// one, with good ones, and with less prefetch than there are bad ones.
func malformedHoldUpNobody(t *testing.T, s Subject) {
	const n = 60
	publish(t, s.Broker, orders(n)...)
	opts := quick()
	opts.BatchSize, opts.Prefetch, opts.MaxAttempts = 5, 10, 3
	kind := func(id string) int { return int(id[len(id)-1] - '0') } // the last digit
	c := consume(t, s.Broker, broker.QueueSettle, opts, verdicts(func(d broker.Delivery) error {
		switch kind(d.ID) {
		case 0, 1, 2:
			return broker.Reject(errors.New("malformed"))
		case 3, 4:
			return errNotNow
		}
		return nil
	}))
	c.seesAll(t, n)
	dead(t, s.Broker, n/2)
	c.stop()
	for id, times := range c.seen.ids() {
		if kind(id) > 4 {
			require.Equal(t, 1, times, "good message %s came more than once", id)
		}
	}
	empties(t, s.Broker, broker.QueueSettle)
}

func holdEndsInTime(t *testing.T, s Subject) {
	expired := consume(t, s.Broker, broker.QueueExpire, quick(), nil)
	published := make(map[string]time.Time)
	for _, hold := range []time.Duration{longHold, shortHold} {
		require.NoError(t, s.Broker.EnsureHold(within(t), hold))
		msg := broker.Message{ID: hold.String(), Key: broker.AdmittedKey(hold), Body: []byte("{}")}
		published[msg.ID] = time.Now()
		publish(t, s.Broker, msg)
	}
	expired.seesAll(t, 2)
	expired.stop()
	for i, d := range expired.seen.all() {
		ttl, err := time.ParseDuration(d.ID)
		require.NoError(t, err)
		require.GreaterOrEqual(t, expired.seen.at[i].Sub(published[d.ID]), ttl, "the hold ended too early")
		require.Equal(t, broker.AdmittedKey(ttl), d.Key, "the key is the one it was published with")
		require.Equal(t, broker.QueueExpire, d.Queue)
		require.Equal(t, 1, d.Attempt)
	}
	hasDepth(t, s.Broker, broker.QueueSettle, 2) // which the hold has nothing to do with
	empties(t, s.Broker, broker.HoldQueue(shortHold))
}

func consumersShare(t *testing.T, s Subject) {
	const n = 40
	opts := quick()
	opts.BatchSize, opts.Prefetch = 1, 1
	gate := make(chan struct{}, n)
	wait := func(ctx context.Context, _ []broker.Delivery) []error {
		select {
		case <-gate:
		case <-ctx.Done():
		}
		return nil
	}
	a := consume(t, s.Broker, broker.QueueSettle, opts, wait)
	b := consume(t, s.Broker, broker.QueueSettle, opts, wait)
	publish(t, s.Broker, orders(n)...)
	// With one message in hand each, both must have got one before either goes on.
	eventually(t, func() bool { return len(a.seen.all()) == 1 && len(b.seen.all()) == 1 }, "they do not share")
	for range n {
		gate <- struct{}{}
	}
	eventually(t, func() bool { return len(a.seen.all())+len(b.seen.all()) == n }, "not all came")
	for id := range a.seen.ids() {
		require.Zero(t, b.seen.ids()[id], "message %s came to both", id)
	}
}

func leavingGivesBack(t *testing.T, s Subject) {
	publish(t, s.Broker, orders(10)...)
	opts := quick()
	opts.BatchSize, opts.Prefetch, opts.Grace, opts.MaxAttempts = 2, 10, time.Millisecond, 1
	held := make(chan struct{})
	leaver := consume(t, s.Broker, broker.QueueSettle, opts, func(ctx context.Context, batch []broker.Delivery) []error {
		close(held)
		<-ctx.Done()
		return slices.Repeat([]error{ctx.Err()}, len(batch))
	})
	<-held
	leaver.stop()
	dead(t, s.Broker, 0) // being stopped is no failure
	heir := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	heir.seesAll(t, 10)
	for _, d := range leaver.seen.all() {
		require.Greater(t, heir.seen.attempts(d.ID)[0], 1, "it was handed out before")
	}
}

func batchInHandFinishes(t *testing.T, s Subject) {
	publish(t, s.Broker, orders(3)...)
	opts := quick()
	opts.BatchSize, opts.MaxWait, opts.Grace = 3, Patience, Patience
	held, finish := make(chan struct{}), make(chan struct{})
	c := consume(t, s.Broker, broker.QueueSettle, opts, func(ctx context.Context, _ []broker.Delivery) []error {
		close(held)
		<-finish
		if ctx.Err() != nil {
			t.Error("the handler's ctx ended within the grace")
		}
		return nil
	})
	<-held
	stopped := make(chan struct{})
	go func() { c.stop(); close(stopped) }()
	require.Never(t, func() bool { return isClosed(stopped) }, moment, Tick, "Consume did not wait for its handler")
	close(finish)
	<-stopped
	heir := consume(t, s.Broker, broker.QueueSettle, quick(), nil)
	require.Never(t, func() bool { return len(heir.seen.all()) > 0 }, moment, Tick, "what was handled came again")
}

func graceEnds(t *testing.T, s Subject) {
	publish(t, s.Broker, order("slow"))
	opts := quick()
	opts.Grace = moment
	held := make(chan struct{})
	var stoppedAt time.Time
	c := consume(t, s.Broker, broker.QueueSettle, opts, func(ctx context.Context, _ []broker.Delivery) []error {
		close(held)
		<-ctx.Done()
		if since := time.Since(stoppedAt); since < moment {
			t.Errorf("the grace was %s, not %s", since, moment)
		}
		return nil
	})
	<-held
	stoppedAt = time.Now()
	c.stop()
	empties(t, s.Broker, broker.QueueSettle) // and its verdict counted
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
