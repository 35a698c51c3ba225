package ledger

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// drawn makes a sale of items a and b whose entries end an hour from now, and opens it.
func (f *fixture) drawn() seckill.Sale {
	f.t.Helper()
	s := f.draft(map[string]int64{"a": 2, "b": 1})
	s.Entry = seckill.EntryDraw
	s.EntriesUntil = f.clock.Now().Add(time.Hour)
	s.EndsAt = s.EntriesUntil.Add(time.Hour)
	_, _, err := f.CreateSale(f.t.Context(), s)
	require.NoError(f.t, err)
	s, err = f.TransitionSale(f.t.Context(), s.ID, seckill.SaleReady, "test")
	require.NoError(f.t, err)
	return s
}

func (f *fixture) entry(sale seckill.ID, buyer, sku string) seckill.DrawEntry {
	id := f.id()
	return seckill.DrawEntry{SaleID: sale, Buyer: buyer, SKU: sku, OrderID: id, Salt: fmt.Sprintf("%032x", id), Hash: fmt.Sprintf("%064x", id)}
}

func (f *fixture) enters(sale seckill.ID, buyer, sku string) seckill.DrawEntry {
	f.t.Helper()
	e, isNew, err := f.Enter(f.t.Context(), f.entry(sale, buyer, sku))
	require.NoError(f.t, err)
	require.True(f.t, isNew)
	return e
}

// listed are the buyers whose entries a draw has, by their hashes.
func (f *fixture) listed(sale seckill.ID) (buyers []string) {
	f.t.Helper()
	require.NoError(f.t, f.EachEntry(f.t.Context(), sale, func(e seckill.DrawEntry) error {
		buyers = append(buyers, e.Buyer)
		return nil
	}))
	return buyers
}

func (f *fixture) draw(sale seckill.ID) seckill.Draw {
	f.t.Helper()
	d, err := f.Draw(f.t.Context(), sale)
	require.NoError(f.t, err)
	return d
}

// drawnIn takes a draw to its ranks.
func (f *fixture) drawnIn(sale seckill.ID, ranks map[string][]string) {
	f.t.Helper()
	ctx := f.t.Context()
	require.NoError(f.t, f.CloseDraw(ctx, sale))
	d := f.draw(sale)
	d.Root, d.Round, d.CommittedAt = fmt.Sprintf("%064x", 7), d.PlannedRound, f.clock.Now()
	counts := map[string]int64{}
	for sku, buyers := range ranks {
		counts[sku] = int64(len(buyers))
	}
	committed, err := f.CommitDraw(ctx, d, counts)
	require.NoError(f.t, err)
	require.True(f.t, committed)
	for sku, buyers := range ranks {
		require.NoError(f.t, f.PutRanks(ctx, sale, sku, buyers))
	}
	require.NoError(f.t, f.FinishDraw(ctx, sale, []byte{1, 2}))
}

func TestABuyerHasOneEntryHoweverOftenHeAsks(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.drawn()
		alice := f.enters(sale.ID, "alice", "a")
		again, isNew, err := f.Enter(t.Context(), f.entry(sale.ID, "alice", "a"))
		require.NoError(t, err)
		require.False(t, isNew)
		require.Equal(t, alice, again, "with the salt and the order to come of the first")
		_, _, err = f.Enter(t.Context(), f.entry(sale.ID, "alice", "b"))
		requireCode(t, err, seckill.CodeConflict)

		// A machine clicks at all processes at once.
		var all sync.WaitGroup
		var mu sync.Mutex
		got := map[string]int{}
		fresh := 0
		for _, l := range f.processes(3) {
			for range 20 {
				e := f.entry(sale.ID, "machine", "a")
				all.Go(func() {
					e, isNew, err := l.Enter(t.Context(), e)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						got[e.Hash]++
					}
					if isNew {
						fresh++
					}
				})
			}
		}
		all.Wait()
		require.Len(t, got, 1)
		require.Equal(t, 1, fresh)
		require.ElementsMatch(t, []string{"alice", "machine"}, f.listed(sale.ID))
		require.EqualValues(t, 2, f.draw(sale.ID).Entries)
	})
}

func TestAnEntryIsTakenBackWhileEntriesAreTaken(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.drawn()
		first := f.enters(sale.ID, "alice", "a")
		f.enters(sale.ID, "bob", "a")
		_, err := f.Withdraw(t.Context(), sale.ID, "alice")
		require.NoError(t, err)
		_, err = f.Withdraw(t.Context(), sale.ID, "alice")
		requireCode(t, err, seckill.CodeNotFound)
		require.Equal(t, []string{"bob"}, f.listed(sale.ID))
		require.EqualValues(t, 1, f.draw(sale.ID).Entries)
		require.NotEqual(t, first.Hash, f.enters(sale.ID, "alice", "b").Hash)

		require.NoError(t, f.CloseDraw(t.Context(), sale.ID))
		_, err = f.Withdraw(t.Context(), sale.ID, "alice")
		requireCode(t, err, seckill.CodeEnded)
		_, _, err = f.Enter(t.Context(), f.entry(sale.ID, "carol", "a"))
		requireCode(t, err, seckill.CodeEnded)
		again, isNew, err := f.Enter(t.Context(), f.entry(sale.ID, "bob", "a"))
		require.NoError(t, err, "who is in it is told so")
		require.False(t, isNew)
		require.Equal(t, "bob", again.Buyer)
		require.Len(t, f.listed(sale.ID), 2)
	})
}

// The list to which is committed has every entry that a buyer was told of, and no other.
func TestWhoeverEntersWhileTheDrawIsClosedIsInOrIsTold(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for range f.rounds(5) {
			sale := f.drawn()
			var all sync.WaitGroup
			var mu sync.Mutex
			var in []string
			for p, l := range f.processes(2) {
				for i := range 30 {
					e := f.entry(sale.ID, fmt.Sprintf("buyer-%d-%d", p, i), "a")
					all.Go(func() {
						if _, _, err := l.Enter(t.Context(), e); err == nil {
							mu.Lock()
							defer mu.Unlock()
							in = append(in, e.Buyer)
						} else if seckill.CodeOf(err) != seckill.CodeEnded {
							t.Error(err)
						}
					})
				}
			}
			require.NoError(t, f.CloseDraw(t.Context(), sale.ID))
			listed := f.listed(sale.ID)
			all.Wait()
			require.ElementsMatch(t, in, listed)
			require.EqualValues(t, len(listed), f.draw(sale.ID).Entries)
		}
	})
}

func TestTheBeaconAndItsRoundAreSettledWithTheSale(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.drawn()
		d := f.draw(sale.ID)
		require.Equal(t, seckill.DrawEntering, d.State)
		require.Equal(t, seckill.Quicknet, d.Beacon)
		require.Equal(t, d.Beacon.FirstAt(sale.EntriesEnd().Add(time.Minute)), d.PlannedRound)
		require.Equal(t, []seckill.DrawItem{{SKU: "a"}, {SKU: "b"}}, d.Items)

		due, err := f.DueDraws(t.Context(), sale.EntriesEnd().UnixMilli()-1)
		require.NoError(t, err)
		require.Empty(t, due)
		due, err = f.DueDraws(t.Context(), sale.EntriesEnd().UnixMilli())
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{sale.ID}, due)

		other := f.sale(map[string]int64{"a": 1})
		_, err = f.Draw(t.Context(), other.ID)
		requireCode(t, err, seckill.CodeNotFound)
		_, _, err = f.Enter(t.Context(), f.entry(other.ID, "alice", "a"))
		requireCode(t, err, seckill.CodeNotFound)
	})
}

func TestACommitmentIsMadeOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.drawn()
		f.enters(sale.ID, "alice", "a")
		d := f.draw(sale.ID)
		d.Root, d.Round, d.CommittedAt = fmt.Sprintf("%064x", 1), d.PlannedRound, f.clock.Now()
		committed, err := f.CommitDraw(t.Context(), d, nil)
		require.NoError(t, err)
		require.False(t, committed, "entries are taken")
		require.NoError(t, f.CloseDraw(t.Context(), sale.ID))
		committed, err = f.CommitDraw(t.Context(), d, map[string]int64{"a": 1})
		require.NoError(t, err)
		require.True(t, committed)

		other := d
		other.Root, other.Round = fmt.Sprintf("%064x", 2), d.Round+1
		committed, err = f.CommitDraw(t.Context(), other, map[string]int64{"a": 2})
		require.NoError(t, err)
		require.False(t, committed)
		now := f.draw(sale.ID)
		require.Equal(t, []any{d.Root, d.Round, int64(1)}, []any{now.Root, now.Round, now.Items[0].Entries})
	})
}

// Ranks are in the waitlist one after the other, and the units of items that have more of
// them are for nobody else.
func TestRanksComeIntoTheWaitlistInTheirOrder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.drawn()
		ctx := t.Context()
		var buyers []string
		for i := range 7 {
			buyers = append(buyers, fmt.Sprintf("buyer-%d", i))
			f.enters(sale.ID, buyers[i], "a")
		}
		carol := f.enters(sale.ID, "carol", "b")
		before, err := f.DrawEntry(ctx, sale.ID, "carol")
		require.NoError(t, err)
		require.Equal(t, carol, before)
		f.drawnIn(sale.ID, map[string][]string{"a": buyers, "b": {"carol"}})
		require.NoError(t, f.PutRanks(ctx, sale.ID, "a", buyers), "whoever takes over does it once more")

		wanted := func() map[string]int64 {
			least, err := f.LeastWanted(ctx, sale.ID)
			require.NoError(t, err)
			return least
		}
		waited := func() []seckill.ID {
			sales, err := f.WaitedSales(ctx)
			require.NoError(t, err)
			return sales
		}
		require.Equal(t, map[string]int64{"a": 1, "b": 1}, wanted(), "though nobody is in the waitlist")
		require.Equal(t, []seckill.ID{sale.ID}, waited())
		snapshot, err := f.Snapshot(ctx, sale.ID)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"a", "b"}, snapshot.Waited)

		place := func(sku string, n int) int64 {
			placed, err := f.PlaceRanks(ctx, sale.ID, sku, n)
			require.NoError(t, err)
			return placed
		}
		require.EqualValues(t, 3, place("a", 3))
		require.Zero(t, place("a", 3), "as many as are to wait do")
		list, err := f.Waiters(ctx, WaiterQuery{Sale: sale.ID})
		require.NoError(t, err)
		require.Len(t, list, 3)
		moved, err := f.MoveWaiters(ctx, []int64{list[0].ID, list[1].ID}, seckill.WaiterWaiting, seckill.WaiterOffering)
		require.NoError(t, err)
		_, err = f.MoveWaiters(ctx, moved, seckill.WaiterOffering, seckill.WaiterOffered)
		require.NoError(t, err)
		require.EqualValues(t, 2, place("a", 3))
		require.EqualValues(t, 2, place("a", 100))
		require.Zero(t, place("a", 100))
		list, err = f.Waiters(ctx, WaiterQuery{Sale: sale.ID})
		require.NoError(t, err)
		var order []string
		for _, w := range list {
			order = append(order, w.Buyer)
		}
		require.Equal(t, buyers, order)

		second, err := f.DrawEntry(ctx, sale.ID, buyers[1])
		require.NoError(t, err)
		require.EqualValues(t, 2, second.Rank)
		require.Equal(t, seckill.WaiterOffered, second.Status)
		require.Equal(t, list[1].OrderID, second.OrderID)

		require.EqualValues(t, 1, place("b", 1))
		var waiting []int64
		for _, w := range list[2:] {
			waiting = append(waiting, w.ID)
		}
		_, err = f.MoveWaiters(ctx, waiting, seckill.WaiterWaiting, seckill.WaiterLapsed)
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"b": 1}, wanted(), "all ranks of a had their turn")
		_, err = f.Leave(ctx, sale.ID, "carol")
		require.NoError(t, err)
		require.Empty(t, wanted())
		require.Empty(t, waited())
	})
}

// Ranks that are written, and not published yet, are told to nobody.
func TestARankIsToldOnceAllAreWritten(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.drawn()
		f.enters(sale.ID, "alice", "a")
		require.NoError(t, f.PutRanks(t.Context(), sale.ID, "a", []string{"alice"}))
		e, err := f.DrawEntry(t.Context(), sale.ID, "alice")
		require.NoError(t, err)
		require.Zero(t, e.Rank)
	})
}

func TestADrawTakesNoMoreEntriesThanItCan(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.drawn()
		require.NoError(t, f.db.WriteOne(t.Context(), "UPDATE draws SET entries = ? WHERE sale_id = ?", seckill.MaxDrawEntries-1, int64(sale.ID)))
		f.enters(sale.ID, "alice", "a")
		_, _, err := f.Enter(t.Context(), f.entry(sale.ID, "bob", "a"))
		requireCode(t, err, seckill.CodeConflict)
	})
}
