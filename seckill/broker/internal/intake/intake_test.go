package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seckill-go/seckill/seckill/broker"
)

// ledger is a Source that keeps book of what happened to each message.
type ledger struct {
	items    chan Item
	sent     uint64
	acked    map[uint64]int
	buried   map[string]string
	buryErrs int // how often Bury fails before it works
}

func newLedger(n int) *ledger {
	l := &ledger{items: make(chan Item, n), acked: make(map[uint64]int), buried: make(map[string]string)}
	for range n {
		l.sent++
		l.items <- Item{Tag: l.sent, Delivery: broker.Delivery{
			Message: broker.Message{ID: fmt.Sprint(l.sent)}, Attempt: 1, Queue: broker.QueueSettle,
		}}
	}
	return l
}

func (l *ledger) Items() <-chan Item { return l.items }

func (l *ledger) Ack(tag uint64, through bool) error {
	for t := uint64(1); t <= tag; t++ {
		if t == tag || through && l.acked[t] == 0 {
			l.acked[t]++
		}
	}
	return nil
}

func (l *ledger) Bury(_ context.Context, d broker.Delivery, reason string) error {
	if l.buryErrs > 0 {
		l.buryErrs--
		return errors.New("no session")
	}
	l.buried[d.ID] = reason
	return nil
}

func options(t require.TestingT, o broker.ConsumeOptions) broker.ConsumeOptions {
	o, err := o.WithDefaults()
	require.NoError(t, err)
	return o
}

var quiet = slog.New(slog.DiscardHandler)

// TestEachMessageIsAcknowledgedOnceAndOnlyWhenSettled lets a handler give any
// verdicts at all.
func TestEachMessageIsAcknowledgedOnceAndOnlyWhenSettled(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(rt, "messages")
		opts := options(rt, broker.ConsumeOptions{
			BatchSize:   rapid.IntRange(1, 10).Draw(rt, "batch"),
			MaxAttempts: rapid.IntRange(1, 4).Draw(rt, "attempts"),
		})
		buryErrs := rapid.IntRange(0, 3).Draw(rt, "failed burials")
		verdict := rapid.SampledFrom([]error{nil, nil, errFailed, broker.Postpone(errFailed), broker.Reject(errFailed)})
		h := &whim{
			opts: opts,
			// A slow handler lets several retries fall due at once.
			takes:    time.Duration(rapid.IntRange(0, 500).Draw(rt, "handler takes ms")) * time.Millisecond,
			verdicts: rapid.SliceOfN(rapid.SliceOfN(verdict, 0, 6), n, n).Draw(rt, "verdicts"),
			accepted: make(map[string]bool),
			rejected: make(map[string]bool),
			failures: make(map[string]int),
		}
		synctest.Test(t, func(t *testing.T) {
			h.l = newLedger(n) // in the bubble, as its channel must be
			h.l.buryErrs = buryErrs
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour) // of the bubble's time
			defer cancel()
			h.check(Run(ctx, h.l, opts, h.handle, quiet) == nil, "Run failed")
		})
		for tag := uint64(1); tag <= h.l.sent; tag++ {
			id := fmt.Sprint(tag)
			_, dead := h.l.buried[id]
			h.check(h.l.acked[tag] == 1, "message %s was acknowledged %d times", id, h.l.acked[tag])
			h.check(h.accepted[id] != dead, "message %s: accepted %v, dead %v", id, h.accepted[id], dead)
			h.check(dead || h.failures[id] < opts.MaxAttempts, "message %s failed too often and lives", id)
		}
		if len(h.wrong) > 0 {
			rt.Fatal(strings.Join(h.wrong, "\n"))
		}
	})
}

var errFailed = errors.New("failed")

// whim is a handler that gives each message the verdicts that were drawn for it,
// then accepts it, and checks what it can see on the way.
type whim struct {
	l        *ledger
	opts     broker.ConsumeOptions
	takes    time.Duration
	verdicts [][]error
	accepted map[string]bool
	rejected map[string]bool
	failures map[string]int
	wrong    []string
}

func (h *whim) check(right bool, format string, args ...any) {
	if !right {
		h.wrong = append(h.wrong, fmt.Sprintf(format, args...))
	}
}

func (h *whim) handle(_ context.Context, batch []broker.Delivery) []error {
	time.Sleep(h.takes)
	h.check(len(batch) <= h.opts.BatchSize, "batch of %d", len(batch))
	for tag := range h.l.acked {
		id := fmt.Sprint(tag)
		_, dead := h.l.buried[id]
		h.check(h.accepted[id] || dead, "message %s is acknowledged but not settled", id)
	}
	out := make([]error, len(batch))
	for i, d := range batch {
		h.check(!h.accepted[d.ID] && !h.rejected[d.ID], "message %s came after it was settled", d.ID)
		h.check(d.Attempt == h.failures[d.ID]+1, "message %s failed %d times and came with attempt %d", d.ID, h.failures[d.ID], d.Attempt)
		out[i] = h.next(d.ID)
		switch {
		case out[i] == nil:
			h.accepted[d.ID] = true
		case broker.Rejected(out[i]):
			h.rejected[d.ID] = true
		case !broker.Postponed(out[i]):
			h.failures[d.ID]++
		}
	}
	return out
}

func (h *whim) next(id string) error {
	i, _ := strconv.Atoi(id)
	left := h.verdicts[i-1]
	if len(left) == 0 {
		return nil
	}
	h.verdicts[i-1] = left[1:]
	return left[0]
}

func TestRetriesBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var waits []time.Duration
		last := time.Now()
		handle := func(context.Context, []broker.Delivery) []error {
			waits = append(waits, time.Since(last))
			last = time.Now()
			if len(waits) == 5 {
				cancel()
				return nil
			}
			return []error{errors.New("failed")}
		}
		opts := options(t, broker.ConsumeOptions{RetryMin: 100 * time.Millisecond, RetryMax: 300 * time.Millisecond})
		require.NoError(t, Run(ctx, l, opts, handle, quiet))
		for i, least := range []time.Duration{0, 100, 200, 300, 300} {
			least *= time.Millisecond
			require.GreaterOrEqual(t, waits[i], least)
			require.LessOrEqual(t, waits[i], least+least/5)
		}
	})
}

func TestNewMessagesDoNotWaitForFailedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		failedAt := time.Now()
		handle := func(_ context.Context, batch []broker.Delivery) []error {
			if batch[0].ID == "1" {
				l.items <- Item{Tag: 2, Delivery: broker.Delivery{Message: broker.Message{ID: "2"}}}
				return []error{errors.New("failed")}
			}
			require.Zero(t, time.Since(failedAt))
			cancel()
			return nil
		}
		require.NoError(t, Run(ctx, l, options(t, broker.ConsumeOptions{RetryMin: time.Hour}), handle, quiet))
		require.Equal(t, map[uint64]int{2: 1}, l.acked, "the failed one stays open")
	})
}

func TestALongReasonIsCutBetweenCharacters(t *testing.T) {
	l := newLedger(1)
	close(l.items)
	reason := "x"
	for len(reason) < 2*broker.MaxReasonBytes {
		reason += "é"
	}
	err := Run(t.Context(), l, options(t, broker.ConsumeOptions{BatchSize: 1}), func(context.Context, []broker.Delivery) []error {
		return []error{broker.Reject(errors.New(reason))}
	}, quiet)
	require.ErrorIs(t, err, ErrSessionOver)
	got := l.buried["1"]
	require.LessOrEqual(t, len(got), broker.MaxReasonBytes)
	require.Greater(t, len(got), broker.MaxReasonBytes-4)
	require.Contains(t, reason, got)
}
