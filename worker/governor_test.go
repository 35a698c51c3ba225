package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

// fakeBacklog is Redis with one open sale, 7.
type fakeBacklog struct {
	clock   *testkit.Clock
	backlog gate.Backlog
	set     int
	fail    error
}

func (f *fakeBacklog) OpenSales(context.Context) ([]seckill.ID, error) { return []seckill.ID{7}, nil }
func (f *fakeBacklog) Backlogs(context.Context, []seckill.ID) (map[seckill.ID]gate.Backlog, error) {
	return map[seckill.ID]gate.Backlog{7: f.backlog}, nil
}
func (f *fakeBacklog) SetLimit(_ context.Context, sale seckill.ID, limit int64, rate float64) error {
	if f.fail != nil {
		return f.fail
	}
	f.set++
	f.backlog.Limit, f.backlog.SettleRate = limit, rate
	return nil
}

const (
	leastInFlight = 100
	mostInFlight  = 50_000
)

func newTestGovernor() (*Governor, *fakeBacklog) {
	f := &fakeBacklog{clock: testkit.NewClock(opening), backlog: gate.Backlog{Hold: time.Minute, Limit: mostInFlight}}
	return &Governor{Redis: f, Min: leastInFlight, Max: mostInFlight, Leases: freeLease{}, Clock: f.clock.Now, Log: quiet}, f
}

// goOn lets time pass in which so many orders are settled each second, with work
// left all the time.
func (f *fakeBacklog) goOn(t *testing.T, g *Governor, seconds int, rate int64) {
	t.Helper()
	for range seconds {
		f.clock.Advance(time.Second)
		f.backlog.Waiting, f.backlog.Orders = true, 1
		f.backlog.Settled += rate
		_, err := g.step(t.Context())
		require.NoError(t, err)
	}
}

func TestLimitFollowsTheMeasuredPace(t *testing.T) {
	g, f := newTestGovernor()
	f.goOn(t, g, 1, 0)
	require.Zero(t, f.set, "nothing is known yet")

	f.goOn(t, g, 1, 200)
	require.EqualValues(t, 200*30, f.backlog.Limit, "200 a second for half a minute: the first measurement counts in full")
	require.InDelta(t, 200, f.backlog.SettleRate, 0.1)

	f.goOn(t, g, 1, 100)
	require.InDelta(t, 190.5, f.backlog.SettleRate, 0.2, "a second counts for a tenth")
	f.goOn(t, g, 60, 100)
	require.InDelta(t, 100, f.backlog.SettleRate, 1)
	require.InDelta(t, 100*30, f.backlog.Limit, 30)
}

func TestLimitHasBounds(t *testing.T) {
	g, f := newTestGovernor()
	f.goOn(t, g, 2, 1)
	require.EqualValues(t, leastInFlight, f.backlog.Limit)
	f.goOn(t, g, 60, 100_000)
	require.EqualValues(t, mostInFlight, f.backlog.Limit)

	f.backlog.Hold = time.Second
	f.goOn(t, g, 120, 1)
	require.EqualValues(t, leastInFlight, f.backlog.Limit, "a short hold does not make a sale impossible")
}

func TestPaceIsMeasuredOnlyWhileThereIsWork(t *testing.T) {
	cases := map[string]struct{ begin, end func(*gate.Backlog) }{
		"nothing waited at the end":        {end: func(b *gate.Backlog) { b.Waiting = false; b.CaughtUp++ }},
		"nothing waited at the beginning":  {begin: func(b *gate.Backlog) { b.Waiting = false; b.CaughtUp++ }},
		"nothing waited some time between": {end: func(b *gate.Backlog) { b.CaughtUp++ }},
		"the sale was loaded anew":         {end: func(b *gate.Backlog) { b.Settled, b.CaughtUp = 3, 0 }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g, f := newTestGovernor()
			f.goOn(t, g, 2, 200)
			second := func(settled int64, change func(*gate.Backlog)) {
				f.clock.Advance(time.Second)
				f.backlog.Waiting = true
				f.backlog.Settled += settled
				if change != nil {
					change(&f.backlog)
				}
				_, err := g.step(t.Context())
				require.NoError(t, err)
			}
			second(200, c.begin)
			second(3, c.end)
			require.InDelta(t, 200, f.backlog.SettleRate, 0)
			f.goOn(t, g, 2, 100)
			require.Less(t, f.backlog.SettleRate, 199.0, "with work all the time it is measured again")
		})
	}
}

// A settler that takes 500 orders in a transaction of five seconds settles 100 a
// second, not 0 and then 500.
func TestPaceOfLongTransactions(t *testing.T) {
	g, f := newTestGovernor()
	f.goOn(t, g, 1, 0)
	for range 20 {
		f.goOn(t, g, 4, 0)
		f.goOn(t, g, 1, 500)
	}
	require.InDelta(t, 100, f.backlog.SettleRate, 1)
}

// An outage says nothing about the pace. A sale whose hold is long goes on, and is
// soon what it was afterwards.
func TestOutageDoesNotStopASale(t *testing.T) {
	g, f := newTestGovernor()
	f.backlog.Hold = time.Hour
	f.goOn(t, g, 5, 20)
	before := f.backlog.Limit
	f.goOn(t, g, 20, 0)
	require.Equal(t, before, f.backlog.Limit, "nothing moves, nothing is known")
	f.goOn(t, g, 1, 20)
	require.Greater(t, f.backlog.Limit, before/3)
	f.goOn(t, g, 30, 20)
	require.Greater(t, f.backlog.Limit, before*9/10)
}

func TestGovernorGoesOnWhereAnotherWas(t *testing.T) {
	g, f := newTestGovernor()
	f.goOn(t, g, 2, 200)
	next := &Governor{Redis: f, Min: leastInFlight, Max: mostInFlight, Leases: freeLease{}, Clock: f.clock.Now, Log: quiet}
	f.set = 0
	f.goOn(t, next, 1, 0)
	require.Zero(t, f.set, "the limit in force stays")
	f.goOn(t, next, 1, 100)
	require.InDelta(t, 190.5, f.backlog.SettleRate, 0.2, "and is averaged with, not begun anew")

	// A load forgets the limit; the governor does not.
	f.backlog.Limit, f.backlog.SettleRate, f.backlog.Settled, f.backlog.CaughtUp = mostInFlight, 0, 0, 0
	f.goOn(t, next, 1, 0)
	require.InDelta(t, 190.5, f.backlog.SettleRate, 0.2)
}

func TestGovernorBearsASaleThatGoesAway(t *testing.T) {
	g, f := newTestGovernor()
	f.fail = seckill.Errorf(seckill.CodeNotFound, "not loaded")
	f.goOn(t, g, 3, 200)
	f.fail = errAway
	f.clock.Advance(time.Second)
	f.backlog.Settled += 100
	_, err := g.step(t.Context())
	require.ErrorIs(t, err, errAway)
}
