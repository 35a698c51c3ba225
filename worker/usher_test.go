package worker

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

func TestAnUsherGivesTurnsAtTheRateAndNoMoreThanHaveAChance(t *testing.T) {
	t.Parallel()
	a := newAudited(t)
	a.entry = seckill.EntryQueue
	sale := a.open("a") // ten units
	for n := range 40 {
		_, _, err := a.ledger.JoinQueue(t.Context(), sale.ID, fmt.Sprintf("buyer-%d", n))
		require.NoError(t, err)
	}
	u := &Usher{Places: a.ledger, Stock: a.gate, Rate: 1_000, Factor: 1.5, TTL: time.Hour, Leases: freeLease{}, Log: quiet}
	turns := func() (open int64) {
		t.Helper()
		_, err := u.step(t.Context())
		require.NoError(t, err)
		open, err = a.ledger.OpenTurns(t.Context(), sale.ID, time.Now())
		require.NoError(t, err)
		return open
	}
	require.Eventually(t, func() bool { return turns() == 15 }, 20*time.Second, 5*time.Millisecond, "one and a half for each unit")
	for range 5 {
		require.EqualValues(t, 15, turns())
	}
	q, err := a.ledger.Queue(t.Context(), sale.ID)
	require.NoError(t, err)
	require.False(t, q.OpenedAt.IsZero())
	require.EqualValues(t, 40, q.Early, "it has opened as the sale had started")

	_, err = a.ledger.LapseTurns(t.Context(), sale.ID, time.Now().Add(2*time.Hour)) // nobody came
	require.NoError(t, err)
	require.Eventually(t, func() bool { return turns() == 15 }, 20*time.Second, 5*time.Millisecond, "the next are called")
}

func TestAnUsherSlowsDownWithSettling(t *testing.T) {
	t.Parallel()
	u := &Usher{Rate: 100}
	for _, c := range []struct {
		b    gate.Backlog
		want float64
	}{
		{gate.Backlog{Orders: 0, Limit: 100, SettleRate: 5}, 100}, // it has shown no limit
		{gate.Backlog{Orders: 50, Limit: 100, SettleRate: 5}, 100},
		{gate.Backlog{Orders: 51, Limit: 100, SettleRate: 5}, 5},
		{gate.Backlog{Orders: 51, Limit: 100, SettleRate: 500}, 100},
		{gate.Backlog{Orders: 51, Limit: 100}, 100},
		{gate.Backlog{Orders: 100, Limit: 100, SettleRate: 50}, 0},
	} {
		require.InDelta(t, c.want, u.bearable(c.b), 0, "%+v", c.b)
	}
}

func TestTurnsBecomeDueAtTheirRateAndAQuietTimeIsNotSavedUp(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	p := newCallPace(now)
	given := int64(0)
	for range 100 { // ten seconds
		now = now.Add(100 * time.Millisecond)
		due := p.due(now, 25)
		p.observe(now, due)
		given += due
	}
	require.InDelta(t, 250, given, 1)
	require.EqualValues(t, 25, p.due(now.Add(time.Hour), 25), "one second's")

	p = newCallPace(now)
	given = 0
	for range 100 { // slower than one in a look
		now = now.Add(100 * time.Millisecond)
		due := p.due(now, 0.5)
		p.observe(now, due)
		given += due
	}
	require.InDelta(t, 5, given, 1)
}

func TestThePaceIsToldBetweenALongAndAShortWhile(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	p := newCallPace(now)
	second := func(calls int64) (low, high float64) {
		p.observe(now, calls)
		now = now.Add(time.Second)
		low, high, _ = p.observe(now, 0)
		return low, high
	}
	var low, high float64
	for range 30 {
		low, high = second(10)
	}
	require.InDelta(t, 10, low, 1.1)
	require.InDelta(t, 10, high, 1.1)
	for range 10 {
		low, high = second(2)
	}
	require.InDelta(t, 2, low, 0.5, "of late")
	require.InDelta(t, 8, high, 1, "over a long while")
	for range 70 {
		low, high = second(0)
	}
	require.Zero(t, low)
	require.Zero(t, high)
}
