package lifecycle

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const plenty = time.Minute

// diary notes what happens, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.lines...)
}

func group(t *testing.T, drain time.Duration, components ...Component) *Group {
	t.Helper()
	g, err := New(Config{Logger: slog.New(slog.DiscardHandler), DrainTimeout: drain})
	require.NoError(t, err)
	for _, c := range components {
		g.Add(c)
	}
	return g
}

// noted is a component that tells the diary when it starts and stops.
func noted(d *diary, name string, stage int) Component {
	return Component{
		Name:  name,
		Stage: stage,
		Start: func(context.Context) error { d.note("start " + name); return nil },
		Run: func(ctx context.Context) error {
			<-ctx.Done()
			d.note("stop " + name)
			return nil
		},
	}
}

// trigger is a component of the highest stage that does something as soon as
// all below it were started.
func trigger(f func()) Component {
	return Component{Name: "trigger", Stage: 1000, Run: func(ctx context.Context) error {
		f()
		<-ctx.Done()
		return ctx.Err()
	}}
}

func TestStagesStartInOrderAndStopInReverse(t *testing.T) {
	d := &diary{}
	ctx, cancel := context.WithCancel(t.Context())
	g := group(t, plenty, noted(d, "web", 30), noted(d, "store", 10), noted(d, "worker", 20), trigger(cancel))
	require.NoError(t, g.Run(ctx))
	assert.Equal(t, []string{
		"start store", "start worker", "start web",
		"stop web", "stop worker", "stop store",
	}, d.read())
}

func TestAStageIsWaitedForBeforeTheOneBelowIsAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stoppedBelow := make(chan struct{})
	slow := Component{Name: "slow", Stage: 2, Run: func(ctx context.Context) error {
		<-ctx.Done()
		select {
		case <-stoppedBelow:
			return errors.New("the stage below was stopped first")
		case <-time.After(50 * time.Millisecond):
			return nil
		}
	}}
	below := Component{Name: "below", Stage: 1, Run: func(ctx context.Context) error {
		<-ctx.Done()
		close(stoppedBelow)
		return nil
	}}
	require.NoError(t, group(t, plenty, below, slow, trigger(cancel)).Run(ctx))
}

func TestTheFirstFailureStopsAllAndIsReturned(t *testing.T) {
	d := &diary{}
	broken := errors.New("broken")
	fails := Component{Name: "fails", Stage: 2, Run: func(context.Context) error { return broken }}
	late := Component{Name: "late", Stage: 1, Run: func(ctx context.Context) error {
		<-ctx.Done()
		return errors.New("a later failure")
	}}
	err := group(t, plenty, noted(d, "store", 0), late, fails).Run(t.Context())
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "fails: ")
	assert.Equal(t, []string{"start store", "stop store"}, d.read())
}

func TestHowAComponentEnds(t *testing.T) {
	nothing := func(context.Context) error { return nil }
	for name, c := range map[string]struct {
		component Component
		want      string // in the error; empty for none
	}{
		"ends by itself":         {Component{Run: nothing}, "ended by itself"},
		"ends when it is done":   {Component{Run: nothing, Finite: true}, ""},
		"panics":                 {Component{Run: func(context.Context) error { panic("ouch") }}, "panic: ouch"},
		"panics while starting":  {Component{Start: func(context.Context) error { panic("ouch") }, Run: nothing}, "panic: ouch"},
		"cannot start":           {Component{Start: func(context.Context) error { return errors.New("no port") }, Run: nothing}, "start: no port"},
		"tells of its own end":   {Component{Run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}, ""},
		"fails while it stops":   {Component{Run: func(ctx context.Context) error { <-ctx.Done(); return errors.New("lost") }}, "lost"},
		"cancelled out of turn":  {Component{Run: func(context.Context) error { return context.Canceled }}, "context canceled"},
		"done, then another one": {Component{Run: nothing, Finite: true, Start: nothing}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := &diary{}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			subject := c.component
			subject.Name, subject.Stage = "subject", 1
			stop := trigger(func() {
				if c.want == "" || name == "fails while it stops" {
					cancel()
				}
			})
			err := group(t, plenty, noted(d, "store", 0), subject, stop).Run(ctx)
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, "subject: ")
				require.ErrorContains(t, err, c.want)
			}
			assert.Equal(t, []string{"start store", "stop store"}, d.read())
		})
	}
}

func TestAFailedStartStartsNothingMore(t *testing.T) {
	d := &diary{}
	fails := Component{Name: "fails", Stage: 1, Start: func(context.Context) error { return errors.New("no") }}
	require.Error(t, group(t, plenty, noted(d, "store", 0), fails, noted(d, "web", 2)).Run(t.Context()))
	assert.Equal(t, []string{"start store", "stop store"}, d.read())
}

func TestAStopDuringAStartIsNoFailure(t *testing.T) {
	d := &diary{}
	ctx, cancel := context.WithCancel(t.Context())
	hangs := Component{Name: "hangs", Stage: 1, Start: func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}}
	require.NoError(t, group(t, plenty, noted(d, "store", 0), hangs, noted(d, "web", 2)).Run(ctx))
	assert.Equal(t, []string{"start store", "stop store"}, d.read())
}

func TestWhatTakesTooLongIsCutOff(t *testing.T) {
	d := &diary{}
	ctx, cancel := context.WithCancel(t.Context())
	finishes := Component{Name: "finishes", Stage: 1, Run: func(ctx context.Context) error {
		<-ctx.Done()
		if Hard(ctx).Err() != nil {
			return errors.New("had no time at all")
		}
		<-Hard(ctx).Done() // work that never ends, done under the hard context
		d.note("cut off")
		return nil
	}}
	require.NoError(t, group(t, 200*time.Millisecond, noted(d, "store", 0), finishes, trigger(cancel)).Run(ctx))
	assert.Equal(t, []string{"start store", "cut off", "stop store"}, d.read())
}

func TestAStuckComponentDoesNotHoldTheOthers(t *testing.T) {
	d := &diary{}
	ctx, cancel := context.WithCancel(t.Context())
	free := make(chan struct{})
	stuck := Component{Name: "stuck", Stage: 1, Run: func(context.Context) error { <-free; return nil }}
	err := group(t, 200*time.Millisecond, noted(d, "store", 0), stuck, trigger(cancel)).Run(ctx)
	close(free)
	require.ErrorIs(t, err, ErrStuck)
	assert.ErrorContains(t, err, "stuck: ")
	assert.Equal(t, []string{"start store", "stop store"}, d.read())
}

func TestHardOutsideOfAGroupNeverEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.NoError(t, Hard(ctx).Err())
}

func TestAGroupNeedsItsConfig(t *testing.T) {
	_, err := New(Config{DrainTimeout: time.Second})
	require.Error(t, err)
	_, err = New(Config{Logger: slog.Default()})
	require.Error(t, err)
}
