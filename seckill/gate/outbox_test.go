package gate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestEntriesAreReadOnceAndInOrder(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		var want []seckill.ID
		for i := range 3 {
			want = append(want, admit(t, g, wish(t, sale, buyerName(i), "", of("phone", 1))).OrderID)
		}
		first, err := g.ReadOutbox(t.Context(), sale.ID, "one", 2, time.Second)
		require.NoError(t, err)
		second, err := g.ReadOutbox(t.Context(), sale.ID, "two", 2, time.Second)
		require.NoError(t, err)
		var got []seckill.ID
		for _, e := range append(first, second...) {
			got = append(got, e.Orders[0].ID)
		}
		require.Equal(t, want, got)
		require.Len(t, first, 2)
	})
}

func TestReaderWaitsForTheFirstEntry(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		none, err := g.ReadOutbox(t.Context(), sale.ID, "one", 1, 20*time.Millisecond)
		require.NoError(t, err)
		require.Empty(t, none)

		read := make(chan []seckill.OutboxEntry)
		go func() {
			e, err := g.ReadOutbox(t.Context(), sale.ID, "one", 1, patience)
			if err != nil {
				t.Error(err)
			}
			read <- e
		}()
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		select {
		case e := <-read:
			require.Len(t, e, 1)
		case <-time.After(patience / 2):
			t.Fatal("the reader did not wake up")
		}
	})
}

func TestSettlingTwiceLowersOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10), anItem("cup", 10)))
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1), of("cup", 2)))
		admit(t, g, wish(t, sale, "bob", "", of("phone", 3)))
		requireInFlight(t, g, sale)
		entries := readAll(t, g, sale)
		require.Len(t, entries, 2)
		other := seckill.OutboxEntry{SaleID: sale.ID, ID: "1-1"}
		ofAnotherEpoch := entries[1]
		ofAnotherEpoch.Epoch++
		for range 2 {
			require.NoError(t, g.Settled(t.Context(), sale.ID, []seckill.OutboxEntry{entries[0], entries[0], other, ofAnotherEpoch}, nil))
			require.Equal(t, map[string]Counters{
				"phone": {Total: 10, Available: 6, InFlight: 3},
				"cup":   {Total: 10, Available: 8, InFlight: 0},
			}, countersOf(t, g, sale))
			requireInFlight(t, g, sale)
		}
		require.NoError(t, g.Settled(t.Context(), sale.ID, entries, nil))
		requireInFlight(t, g, sale)
		pending, err := g.cfg.Client.XPending(t.Context(), g.keys(sale.ID).outbox(), relayGroup).Result()
		require.NoError(t, err)
		require.Zero(t, pending.Count)
	})
}

func TestUnsettledEntriesComeBackEverMoreRarely(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		want := admit(t, g, wish(t, sale, "alice", "k", of("phone", 1)))
		claim := func(idle time.Duration) []seckill.OutboxEntry {
			e, err := g.ClaimOutbox(t.Context(), sale.ID, "two", idle, 10)
			require.NoError(t, err)
			return e
		}
		require.Empty(t, claim(0), "what nobody has read is not to be claimed")
		delivered := time.Now()
		read := readAll(t, g, sale)
		require.Empty(t, claim(time.Hour))

		const idle = 40 * time.Millisecond
		for _, wait := range []time.Duration{idle, 2 * idle, 4 * idle} {
			var claimed []seckill.OutboxEntry
			var asked time.Time
			require.Eventually(t, func() bool {
				asked = time.Now()
				claimed = claim(idle)
				return len(claimed) > 0
			}, patience, time.Millisecond)
			// Redis counts whole milliseconds.
			require.GreaterOrEqual(t, time.Since(delivered), wait-2*time.Millisecond)
			require.Equal(t, read, claimed)
			require.Equal(t, want.OrderID, claimed[0].Orders[0].ID)
			delivered = asked
		}
		require.NoError(t, g.Settled(t.Context(), sale.ID, read, nil))
		require.Empty(t, claim(0))
	})
}

// Entries that are not due must not hide those behind them.
func TestClaimLooksBehindEntriesThatAreNotDue(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		const many = 450
		sale := load(t, g, aSale(anItem("phone", many)))
		for i := range many {
			batch(t, g, wish(t, sale, buyerName(i), "", of("phone", 1)))
		}
		readAll(t, g, sale)
		// All but the last were just delivered; the last one long ago.
		k := g.keys(sale.ID).outbox()
		newest, err := g.cfg.Client.XRevRangeN(t.Context(), k, "+", "-", 1).Result()
		require.NoError(t, err)
		all, err := g.cfg.Client.XRange(t.Context(), k, "-", "+").Result()
		require.NoError(t, err)
		for _, m := range all[:many-1] {
			require.NoError(t, g.cfg.Client.Do(t.Context(), "XCLAIM", k, relayGroup, "reader", 0, m.ID, "IDLE", 90_000, "RETRYCOUNT", 9).Err())
		}
		require.NoError(t, g.cfg.Client.Do(t.Context(), "XCLAIM", k, relayGroup, "reader", 0, newest[0].ID, "IDLE", 90_000, "RETRYCOUNT", 1).Err())
		e, err := g.ClaimOutbox(t.Context(), sale.ID, "two", time.Minute, 10)
		require.NoError(t, err)
		require.Equal(t, []string{newest[0].ID}, entryIDs(e))
	})
}

func TestEntryThatCannotBeReadHoldsNobodyUp(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		require.NoError(t, g.cfg.Client.Do(t.Context(), "XADD", g.keys(sale.ID).outbox(), "*", "hold", "x").Err())
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		require.Len(t, readAll(t, g, sale), 1)
	})
}
