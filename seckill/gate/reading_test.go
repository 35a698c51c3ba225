package gate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestAReadingTellsWhatMovedSince(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 1000)))
		empty, err := g.Read(t.Context(), sale.ID)
		require.NoError(t, err)
		box, err := g.OutboxAt(t.Context(), sale.ID, empty)
		require.NoError(t, err)
		require.Empty(t, box.Orders)

		var ids []seckill.ID
		for i := range 2*outboxPage + 1 {
			ids = append(ids, admit(t, g, wish(t, sale, buyerName(i), "", of("phone", 1))).OrderID)
		}
		require.NoError(t, releaseOf(t, g, sale.ID, ids[:1]))
		r, err := g.Read(t.Context(), sale.ID)
		require.NoError(t, err)
		require.EqualValues(t, 401, r.Ticket)
		require.EqualValues(t, 1, r.Releases)
		require.Equal(t, seckill.SaleReady, r.State)
		require.Equal(t, Counters{Total: 1000, Available: 600, InFlight: 401}, r.Items["phone"])

		late := admit(t, g, wish(t, sale, "late", "", of("phone", 1))).OrderID
		entries := readAll(t, g, sale)
		require.NoError(t, g.Settled(t.Context(), sale.ID, []seckill.OutboxEntry{entries[0], entries[300]}, nil))
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{ids[5], ids[0], late, newID()}))

		box, err = g.OutboxAt(t.Context(), sale.ID, r)
		require.NoError(t, err)
		var listed []seckill.ID
		for _, o := range box.Orders {
			listed = append(listed, o.ID)
		}
		require.Equal(t, append(append([]seckill.ID{}, ids[1:300]...), ids[301:]...), listed, "those of the reading that are still there")
		since, err := g.ReleasedSince(t.Context(), sale.ID, r)
		require.NoError(t, err)
		require.ElementsMatch(t, []seckill.ID{ids[5], late}, since)
		unknown := newID()
		known, err := g.Held(t.Context(), sale.ID, []seckill.ID{ids[0], ids[1], ids[5], unknown})
		require.NoError(t, err)
		require.Equal(t, map[seckill.ID]bool{ids[0]: false, ids[1]: true, ids[5]: false}, known)
	})
}

func TestAReadingThatCannotBeFollowedSaysSo(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		_, err := g.Read(t.Context(), newID())
		coded(t, err, seckill.CodeNotFound)
		a := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{a.OrderID}))
		r, err := g.Read(t.Context(), sale.ID)
		require.NoError(t, err)

		ahead := r
		ahead.Releases++
		_, err = g.ReleasedSince(t.Context(), sale.ID, ahead)
		coded(t, err, seckill.CodeConflict) // Redis went back in time
		other := r
		other.Epoch++
		_, err = g.ReleasedSince(t.Context(), sale.ID, other)
		coded(t, err, seckill.CodeConflict)
		coded(t, g.Repair(t.Context(), sale.ID, other, map[string]int64{"phone": 9}), seckill.CodeConflict)
		other = r
		other.Moves++
		_, err = g.ReleasedSince(t.Context(), sale.ID, other)
		coded(t, err, seckill.CodeConflict)
		coded(t, g.Repair(t.Context(), sale.ID, other, map[string]int64{"phone": 9}), seckill.CodeConflict)
		before := r
		before.Releases = 0
		require.NoError(t, g.cfg.Client.Del(t.Context(), g.keys(sale.ID).released()).Err())
		_, err = g.ReleasedSince(t.Context(), sale.ID, before)
		coded(t, err, seckill.CodeConflict) // the list does not reach so far
	})
}

func TestWhatAReadingMayAskForIsBounded(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		k := g.keys(sale.ID)
		noted := make([]any, 10_000)
		for i := range noted {
			noted[i] = newID().Short()
		}
		require.NoError(t, g.cfg.Client.RPush(t.Context(), k.released(), noted...).Err())
		a := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{a.OrderID}))
		require.EqualValues(t, 10_000, g.cfg.Client.LLen(t.Context(), k.released()).Val())
		require.Equal(t, a.OrderID.Short(), g.cfg.Client.LIndex(t.Context(), k.released(), 0).Val(), "the newest stays")

		const each = 1000
		var newest string
		for range MaxOutboxRead/each + 1 {
			var orders []string
			for i := range each {
				orders = append(orders, fmt.Sprintf("%d %s = CNY phone:1:5 bob", i+1, newID().Short()))
			}
			var err error
			newest, err = g.cfg.Client.Do(t.Context(), "XADD", k.outbox(), "*", "hold", "1000", "at", "1", "epoch", "0",
				"units", "phone:1000", "count", each, "orders", strings.Join(orders, "\n")).Text()
			require.NoError(t, err)
		}
		_, err := g.OutboxAt(t.Context(), sale.ID, Reading{Newest: newest})
		coded(t, err, seckill.CodeConflict)
	})
}

func TestAnEntryThatCannotBeReadIsInFlight(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		admit(t, g, wish(t, sale, "alice", "", of("phone", 3)))
		k := g.keys(sale.ID)
		id, err := g.cfg.Client.Do(t.Context(), "XADD", k.outbox(), "*", "hold", "1000", "at", "1", "epoch", "0", "units", "phone:2", "count", "1", "orders", "7 garbage").Text()
		require.NoError(t, err)
		require.NoError(t, g.cfg.Client.HSet(t.Context(), k.inflight(), "#newest", id).Err())
		r, err := g.Read(t.Context(), sale.ID)
		require.NoError(t, err)
		box, err := g.OutboxAt(t.Context(), sale.ID, r)
		require.NoError(t, err)
		require.Len(t, box.Orders, 1)
		require.Equal(t, map[string]int64{"phone": 2}, box.Unreadable)
	})
}

func TestRepairSetsAllItemsOrNone(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10), anItem("cup", 10)))
		read := func() Reading {
			r, err := g.Read(t.Context(), sale.ID)
			require.NoError(t, err)
			return r
		}
		r := read()
		for name, to := range map[string]int64{"above the total": 11, "below nothing": -1} {
			e := coded(t, g.Repair(t.Context(), sale.ID, r, map[string]int64{"phone": 4, "cup": to}), seckill.CodeConflict)
			require.Equal(t, "ready", e.State, name)
		}
		other := read()
		other.Items["phone"] = Counters{Total: 11, Available: 10}
		coded(t, g.Repair(t.Context(), sale.ID, other, map[string]int64{"phone": 4}), seckill.CodeConflict)
		require.Equal(t, r.Items, countersOf(t, g, sale))
		require.NoError(t, g.Repair(t.Context(), sale.ID, r, map[string]int64{"phone": 4, "cup": 5}))
		c := countersOf(t, g, sale)
		require.EqualValues(t, "4 5", fmt.Sprint(c["phone"].Available, c["cup"].Available))
		coded(t, g.Repair(t.Context(), sale.ID, r, map[string]int64{"phone": 6}), seckill.CodeConflict)

		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		e := coded(t, g.Repair(t.Context(), sale.ID, read(), map[string]int64{"phone": 6}), seckill.CodeConflict)
		require.Equal(t, "ready", e.State, "an order is in flight")
		_, err := g.SetState(t.Context(), sale.ID, seckill.SalePaused, sale.Revision+1)
		require.NoError(t, err)
		require.NoError(t, g.Repair(t.Context(), sale.ID, read(), map[string]int64{"phone": 6}))
		require.EqualValues(t, 6, countersOf(t, g, sale)["phone"].Available)
	})
}
