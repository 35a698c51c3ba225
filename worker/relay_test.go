package worker

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
)

// fakeRelay is an outbox and a broker. What was never read and what another relay
// has read are each given once.
type fakeRelay struct {
	relayOutbox // what is not below is not to be called
	faults      faults

	mu             sync.Mutex
	fresh, claimed []seckill.OutboxEntry
	published      []string
}

func (f *fakeRelay) Sales(context.Context) ([]gate.ActiveSale, error) {
	now := time.Now()
	return []gate.ActiveSale{{ID: 7, StartsAt: now.Add(-time.Minute), EndsAt: now.Add(time.Hour)}}, nil
}
func (f *fakeRelay) Now(context.Context) (time.Time, error) { return time.Now(), nil }

func (f *fakeRelay) ReadOutbox(ctx context.Context, _ seckill.ID, _ string, _ int64, _ time.Duration) ([]seckill.OutboxEntry, error) {
	if entries := f.take(&f.fresh); len(entries) > 0 {
		return entries, nil
	}
	sleep(ctx, 5*time.Millisecond)
	return nil, nil
}

func (f *fakeRelay) ClaimOutbox(context.Context, seckill.ID, string, time.Duration, int64) ([]seckill.OutboxEntry, error) {
	return f.take(&f.claimed), nil
}

func (f *fakeRelay) take(from *[]seckill.OutboxEntry) []seckill.OutboxEntry {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries := *from
	*from = nil
	return entries
}

func (f *fakeRelay) EnsureHold(_ context.Context, hold time.Duration) error {
	f.note(fmt.Sprint("hold ", hold))
	return nil
}

func (f *fakeRelay) Publish(_ context.Context, _ string, msgs ...broker.Message) error {
	if err := f.faults.next(); err != nil {
		return err
	}
	for _, m := range msgs {
		f.note(m.ID + " " + m.Key)
	}
	return nil
}

func (f *fakeRelay) note(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.published = append(f.published, what)
}

func (f *fakeRelay) has(what string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.published {
		if p == what {
			return true
		}
	}
	return false
}

// relays runs a relay until the test ends.
func relays(t *testing.T, f *fakeRelay) {
	r := &Relay{Outbox: f, Broker: f, Consumer: "me", Batch: 10, RepublishAfter: time.Millisecond, Log: quiet}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func TestTheRelayPublishesUntilTheBrokerHasConfirmed(t *testing.T) {
	f := &fakeRelay{fresh: []seckill.OutboxEntry{entryOf("1-0", 1)}, faults: faults{list: []error{errAway, errOther}}}
	relays(t, f)
	testkit.Eventually(t, func() bool { return f.has("7/1-0 admitted.60000") }, "the broker has what it did not take twice")
	require.True(t, f.has("hold 1m0s"), "its hold's queue is there before it is published")
}

func TestTheRelayTakesOverWhatAnotherOneHadRead(t *testing.T) {
	f := &fakeRelay{fresh: []seckill.OutboxEntry{entryOf("2-0", 2)}, claimed: []seckill.OutboxEntry{entryOf("1-0", 1)}}
	relays(t, f)
	testkit.Eventually(t, func() bool { return f.has("7/1-0 admitted.60000") && f.has("7/2-0 admitted.60000") },
		"the broker has what a dead relay had, and what nobody had")
}
