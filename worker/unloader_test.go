package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// fakeSale is one sale, 7, as SQL and Redis have it.
type fakeSale struct {
	clock *testkit.Clock

	state      seckill.SaleState // in SQL
	closedAt   time.Time
	unfinished bool

	loaded   seckill.SaleState // in Redis; empty: it is not there
	listed   bool
	fenced   bool // Redis has been started again since
	inFlight int64
	away     error // of SetState
	// meanwhile happens when SQL is asked whether anything is unfinished.
	meanwhile func()
}

func (f *fakeSale) sale(state seckill.SaleState) seckill.Sale {
	return seckill.Sale{ID: 7, State: state, StartsAt: opening, EndsAt: opening.Add(time.Hour), Hold: time.Minute, Revision: 3}
}

func (f *fakeSale) Sales(_ context.Context, q ledger.SaleQuery) ([]seckill.Sale, error) {
	for _, s := range q.States {
		if s == f.state {
			return []seckill.Sale{f.sale(f.state)}, nil
		}
	}
	return nil, nil
}
func (f *fakeSale) TransitionSale(_ context.Context, _ seckill.ID, to seckill.SaleState, _ string) (seckill.Sale, error) {
	f.state, f.closedAt = to, f.clock.Now()
	return f.sale(to), nil
}
func (f *fakeSale) Unfinished(context.Context, seckill.ID) (bool, error) {
	if f.meanwhile != nil {
		f.meanwhile()
	}
	return f.unfinished, nil
}
func (f *fakeSale) ClosedAt(context.Context, seckill.ID) (time.Time, error) {
	if f.state != seckill.SaleClosed {
		return time.Time{}, seckill.Errorf(seckill.CodeNotFound, "not closed")
	}
	return f.closedAt, nil
}

// fakeLoaded is the side of Redis.
type fakeLoaded struct{ *fakeSale }

func (f fakeLoaded) Now(context.Context) (time.Time, error) { return f.clock.Now(), nil }
func (f fakeLoaded) Sales(context.Context) ([]gate.ActiveSale, error) {
	if !f.listed {
		return nil, nil
	}
	return []gate.ActiveSale{{ID: 7}}, nil
}
func (f fakeLoaded) Sale(context.Context, seckill.ID) (seckill.Sale, error) {
	if f.loaded == "" {
		return seckill.Sale{}, seckill.Errorf(seckill.CodeNotFound, "not loaded")
	}
	return f.sale(f.loaded), nil
}
func (f fakeLoaded) Intact(context.Context, seckill.ID) (bool, error) {
	return f.loaded != "" && !f.fenced, nil
}
func (f fakeLoaded) Backlogs(context.Context, []seckill.ID) (map[seckill.ID]gate.Backlog, error) {
	if f.loaded == "" {
		return nil, nil
	}
	return map[seckill.ID]gate.Backlog{7: {Orders: f.inFlight}}, nil
}
func (f fakeLoaded) SetState(_ context.Context, _ seckill.ID, state seckill.SaleState, _ int64) (bool, error) {
	if f.away != nil {
		return false, f.away
	}
	f.loaded = state
	return true, nil
}
func (f fakeLoaded) Unload(context.Context, seckill.ID) error {
	if f.loaded != "" && (f.loaded != seckill.SaleClosed || f.inFlight > 0) {
		return seckill.Errorf(seckill.CodeConflict, "not yet")
	}
	f.loaded, f.listed = "", false
	return nil
}

// newTestUnloader has a sale of an hour with a hold of a minute, and is at a time
// after its opening.
func newTestUnloader(at time.Duration) (*Unloader, *fakeSale) {
	f := &fakeSale{clock: testkit.NewClock(opening.Add(at)), state: seckill.SaleReady, loaded: seckill.SaleReady, listed: true}
	return &Unloader{SQL: f, Redis: fakeLoaded{f}, After: time.Hour, Leases: freeLease{}, Log: quiet}, f
}

func (u *Unloader) steps(t *testing.T, n int) {
	t.Helper()
	for range n {
		_, err := u.step(t.Context())
		require.NoError(t, err)
	}
}

const isOver = time.Hour + time.Minute + closeMargin

func TestSaleIsClosedAfterItsLastHoldAndUnloadedAfterAWhile(t *testing.T) {
	u, f := newTestUnloader(isOver - time.Millisecond)
	u.steps(t, 2)
	require.Equal(t, seckill.SaleReady, f.state, "its last hold may still run")
	f.clock.Advance(time.Millisecond)
	u.steps(t, 1)
	require.Equal(t, seckill.SaleClosed, f.state)
	require.Equal(t, seckill.SaleClosed, f.loaded)

	f.clock.Advance(u.After - time.Millisecond)
	u.steps(t, 2)
	require.True(t, f.listed)
	f.clock.Advance(time.Millisecond)
	u.steps(t, 1)
	require.Empty(t, f.loaded)
	require.False(t, f.listed)
	u.steps(t, 2)
}

func TestPausedSaleThatHasEndedIsClosedToo(t *testing.T) {
	u, f := newTestUnloader(isOver)
	f.state, f.loaded = seckill.SalePaused, seckill.SalePaused
	u.steps(t, 1)
	require.Equal(t, seckill.SaleClosed, f.state)
}

func TestSaleStaysWhileAnOrderHasNotComeToRest(t *testing.T) {
	for name, busy := range map[string]func(*fakeSale, bool){
		"in flight":                          func(f *fakeSale, busy bool) { f.inFlight = map[bool]int64{true: 1}[busy] },
		"awaiting its payment, or releasing": func(f *fakeSale, busy bool) { f.unfinished = busy },
	} {
		t.Run(name, func(t *testing.T) {
			u, f := newTestUnloader(isOver)
			busy(f, true)
			u.steps(t, 2)
			require.Equal(t, seckill.SaleReady, f.state)
			busy(f, false)
			u.steps(t, 1)
			require.Equal(t, seckill.SaleClosed, f.state)

			f.clock.Advance(u.After)
			busy(f, true) // of a sale that an operator has closed while it sold
			u.steps(t, 2)
			require.Equal(t, seckill.SaleClosed, f.loaded)
			busy(f, false)
			u.steps(t, 1)
			require.Empty(t, f.loaded)
		})
	}
}

// What is in SQL is asked after what is in Redis: an order that leaves the outbox
// between the two looks is seen by the second.
func TestOrderThatIsSettledBetweenTheLooksKeepsTheSale(t *testing.T) {
	u, f := newTestUnloader(isOver)
	f.state, f.loaded, f.closedAt = seckill.SaleClosed, seckill.SaleClosed, opening
	f.clock.Advance(u.After)
	f.inFlight = 1
	f.meanwhile = func() { t.Error("SQL was asked while an order was in flight") }
	u.steps(t, 1)
	f.inFlight, f.meanwhile, f.unfinished = 0, nil, true
	u.steps(t, 1)
	require.Equal(t, seckill.SaleClosed, f.loaded)
}

func TestSaleClosedEarlyIsUnloadedToo(t *testing.T) {
	u, f := newTestUnloader(time.Minute)
	f.state, f.loaded, f.closedAt = seckill.SaleClosed, seckill.SaleReady, f.clock.Now()
	f.clock.Advance(u.After)
	u.steps(t, 1)
	require.Equal(t, seckill.SaleReady, f.loaded, "Redis has not been told yet: it may still admit")
	f.loaded = seckill.SaleClosed
	u.steps(t, 1)
	require.Empty(t, f.loaded)
}

func TestHalfUnloadedSaleIsTakenOffTheList(t *testing.T) {
	u, f := newTestUnloader(isOver + time.Hour)
	f.state, f.loaded, f.closedAt = seckill.SaleClosed, "", opening
	u.steps(t, 1)
	require.False(t, f.listed)
}

func TestUnloaderLeavesToTheRecovererWhatIsItsWork(t *testing.T) {
	u, f := newTestUnloader(isOver)
	f.loaded, f.listed = "", false
	u.steps(t, 2)
	require.Equal(t, seckill.SaleReady, f.state, "a sale that Redis has lost may have orders on their way")
	f.state, f.loaded, f.listed = seckill.SaleRecovering, seckill.SaleRecovering, true
	u.steps(t, 2)
	require.Equal(t, seckill.SaleRecovering, f.loaded)

	f.state, f.loaded, f.fenced = seckill.SaleReady, seckill.SaleReady, true
	u.steps(t, 2)
	require.Equal(t, seckill.SaleReady, f.state, "nor is what Redis may have lost at rest")
	f.state, f.loaded, f.closedAt = seckill.SaleClosed, seckill.SaleClosed, opening
	f.clock.Advance(u.After)
	u.steps(t, 2)
	require.Equal(t, seckill.SaleClosed, f.loaded)

	f.fenced = false
	f.state, f.loaded, f.away = seckill.SaleReady, seckill.SaleReady, errAway
	_, err := u.step(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Equal(t, seckill.SaleClosed, f.state, "SQL first; Redis follows")
}
