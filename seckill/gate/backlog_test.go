package gate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func backlogOf(t testing.TB, g *Gate, s seckill.Sale) Backlog {
	t.Helper()
	all, err := g.Backlogs(t.Context(), []seckill.ID{s.ID})
	require.NoError(t, err)
	require.Contains(t, all, s.ID)
	return all[s.ID]
}

func TestBacklogTellsHowSettlingGoes(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) { c.MaxOutbox = 70 })
		sale := load(t, g, aSale(anItem("phone", 100)))
		equal := func(want Backlog) {
			t.Helper()
			got := backlogOf(t, g, sale)
			require.Equal(t, got.Waiting, !got.Since.IsZero())
			if got.Waiting {
				now, err := g.Now(t.Context())
				require.NoError(t, err)
				require.WithinRange(t, got.Since, now.Add(-time.Minute), now)
			}
			got.Since = time.Time{}
			require.Equal(t, want, got)
		}
		want := Backlog{Hold: 15 * time.Minute, Limit: 70}
		equal(want)

		batch(t, g, wish(t, sale, "alice", "", of("phone", 1)), wish(t, sale, "bob", "", of("phone", 5)))
		batch(t, g, wish(t, sale, "carol", "", of("phone", 1)))
		entries := readAll(t, g, sale)
		require.Len(t, entries, 2)
		want.Orders, want.Waiting = 3, true
		equal(want)

		settle := func(entry seckill.OutboxEntry) {
			for range 2 { // the second time changes nothing
				require.NoError(t, g.Settled(t.Context(), sale.ID, []seckill.OutboxEntry{entry}, nil))
			}
		}
		settle(entries[0])
		want.Orders, want.Settled = 1, 2
		equal(want)
		settle(entries[1])
		want.Orders, want.Settled, want.Waiting, want.CaughtUp = 0, 3, false, 1
		equal(want)
	})
}

// An order that keeps failing is in flight for ever; settling waits for nothing.
func TestBacklogDoesNotWaitForWhatStaysBehind(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 100)))
		for i := range 2 {
			admit(t, g, wish(t, sale, buyerName(i), "", of("phone", 1)))
		}
		require.NoError(t, g.Settled(t.Context(), sale.ID, readAll(t, g, sale)[1:], nil))
		b := backlogOf(t, g, sale)
		require.EqualValues(t, 1, b.Orders)
		require.False(t, b.Waiting)
		require.EqualValues(t, 1, b.CaughtUp)
	})
}

func TestLimitHoldsAtOnceAndUnderTheMost(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) { c.MaxOutbox = 4 })
		sale := load(t, g, aSale(anItem("phone", 100)))
		buyer := 0
		next := func() seckill.Request {
			buyer++
			return wish(t, sale, buyerName(buyer), "", of("phone", 1))
		}
		limit := func(n int64, rate float64) {
			require.NoError(t, g.SetLimit(t.Context(), sale.ID, n, rate))
		}
		limit(2, 12.5)
		b := backlogOf(t, g, sale)
		require.EqualValues(t, 2, b.Limit)
		require.InDelta(t, 12.5, b.SettleRate, 0)

		first := admit(t, g, next())
		admit(t, g, next())
		over := next()
		e := refused(t, g, over, seckill.CodeUnavailable)
		require.Positive(t, e.RetryAfter, "a buyer is told when to come again")
		repeated := wish(t, sale, buyerName(1), "", of("phone", 1))
		repeated.OrderID = first.OrderID
		require.Equal(t, first.Ticket, admit(t, g, repeated).Ticket, "who is in already is told so")

		limit(3, 12.5)
		admit(t, g, over)
		refused(t, g, next(), seckill.CodeUnavailable)
		limit(1000, 12.5)
		require.EqualValues(t, 4, backlogOf(t, g, sale).Limit)
		admit(t, g, next())
		refused(t, g, next(), seckill.CodeUnavailable)

		// A lower limit than what is in flight already takes nothing back.
		limit(1, 12.5)
		require.EqualValues(t, 4, countersOf(t, g, sale)["phone"].InFlight)
		require.NoError(t, g.Settled(t.Context(), sale.ID, readAll(t, g, sale), nil))
		admit(t, g, next())
	})
}

func TestLimitOfASaleThatIsNotThere(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 100))
		coded(t, g.SetLimit(t.Context(), sale.ID, 5, 1), seckill.CodeNotFound)
		begun, _, err := g.beginLoad(t.Context(), sale)
		require.NoError(t, err)
		require.True(t, begun)
		coded(t, g.SetLimit(t.Context(), sale.ID, 5, 1), seckill.CodeUnavailable)
		all, err := g.Backlogs(t.Context(), []seckill.ID{sale.ID, newID()})
		require.NoError(t, err)
		require.Empty(t, all)

		coded(t, g.SetLimit(t.Context(), sale.ID, 0, 1), seckill.CodeInvalidRequest)
		coded(t, g.SetLimit(t.Context(), sale.ID, 1, -1), seckill.CodeInvalidRequest)
	})
}

func TestOpenSalesAreThoseInTheirWindow(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		open, over, coming := aSale(anItem("phone", 1)), aSale(anItem("phone", 1)), aSale(anItem("phone", 1))
		over.EndsAt = over.StartsAt.Add(time.Minute)
		coming.StartsAt = coming.EndsAt.Add(-time.Minute)
		for _, sale := range []seckill.Sale{open, over, coming} {
			load(t, g, sale)
		}
		got, err := g.OpenSales(t.Context())
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{open.ID}, got)
	})
}

// More sales than one pipeline reads.
func TestBacklogsOfManySales(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		var ids []seckill.ID
		for range backlogsPerCall + 1 {
			ids = append(ids, newID())
		}
		last := aSale(anItem("phone", 100))
		ids = append(ids, load(t, g, last).ID)
		all, err := g.Backlogs(t.Context(), ids)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.Contains(t, all, last.ID)
	})
}
