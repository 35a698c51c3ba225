package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// queued makes a sale of ten units with a queue, which gathers.
func (f *fixture) queued() seckill.Sale {
	f.t.Helper()
	s := f.draft(map[string]int64{"a": 10})
	s.Entry = seckill.EntryQueue
	_, _, err := f.CreateSale(f.t.Context(), s)
	require.NoError(f.t, err)
	s, err = f.TransitionSale(f.t.Context(), s.ID, seckill.SaleReady, "test")
	require.NoError(f.t, err)
	return s
}

func (f *fixture) queue(sale seckill.ID) seckill.Queue {
	f.t.Helper()
	q, err := f.Queue(f.t.Context(), sale)
	require.NoError(f.t, err)
	return q
}

func (f *fixture) queuesUp(sale seckill.ID, buyers ...string) (places []seckill.Place) {
	f.t.Helper()
	for _, buyer := range buyers {
		p, isNew, err := f.JoinQueue(f.t.Context(), sale, buyer)
		require.NoError(f.t, err)
		require.True(f.t, isNew, buyer)
		places = append(places, p)
	}
	return places
}

// calls gives turns and wants so many.
func (f *fixture) calls(sale seckill.ID, most, want int) {
	f.t.Helper()
	n, err := f.CallTurns(f.t.Context(), sale, most, f.clock.Now().Add(time.Minute))
	require.NoError(f.t, err)
	require.EqualValues(f.t, want, n)
}

// placesIn are the buyers whose places are in a state.
func (f *fixture) placesIn(sale seckill.ID, state seckill.PlaceState, buyers ...string) (in []string) {
	f.t.Helper()
	for _, buyer := range buyers {
		p, err := f.Place(f.t.Context(), sale, buyer)
		require.NoError(f.t, err, buyer)
		if p.State == state {
			in = append(in, buyer)
		}
	}
	return in
}

func TestWhoComesBeforeTheStartIsShuffledByASeedThatWasCommittedTo(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.queued()
		q := f.queue(sale.ID)
		require.Equal(t, seckill.SeedCommitment(sale.ID, q.Seed), q.Commitment)
		buyers := []string{"alice", "bob", "carol", "dave"}
		places := f.queuesUp(sale.ID, buyers...)
		for i, p := range places {
			require.Equal(t, seckill.QueueNumber(sale.ID, q.Seed, buyers[i]), p.Number)
		}
		again, isNew, err := f.JoinQueue(t.Context(), sale.ID, "alice")
		require.NoError(t, err)
		require.False(t, isNew)
		require.Equal(t, places[0].Number, again.Number)
		f.calls(sale.ID, 4, 0) // not before it opens

		require.NoError(t, f.LeaveQueue(t.Context(), sale.ID, "alice"))
		_, err = f.Place(t.Context(), sale.ID, "alice")
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
		require.Equal(t, places[0].Number, f.queuesUp(sale.ID, "alice")[0].Number, "who comes again is where he was")

		require.NoError(t, f.OpenQueue(t.Context(), sale.ID))
		late := f.queuesUp(sale.ID, "erin", "frank")
		require.Equal(t, []int64{seckill.FirstArrival, seckill.FirstArrival + 1}, []int64{late[0].Number, late[1].Number})
		shuffled, err := f.Shuffled(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Len(t, shuffled, 4)
		require.True(t, slices.IsSorted(shuffled))

		slices.SortFunc(places, func(a, b seckill.Place) int { return cmp.Compare(a.Number, b.Number) })
		f.calls(sale.ID, 3, 3)
		require.ElementsMatch(t, []string{places[0].Buyer, places[1].Buyer, places[2].Buyer}, f.placesIn(sale.ID, seckill.PlaceCalled, append(buyers, "erin", "frank")...))
		require.Equal(t, places[2].Number, f.queue(sale.ID).CalledTo)
		f.calls(sale.ID, 2, 2)
		require.Equal(t, []string{"frank"}, f.placesIn(sale.ID, seckill.PlaceWaiting, append(buyers, "erin", "frank")...))
	})
}

func TestATurnIsServedByItsOrderOrLapsesAndComesBackAtTheEnd(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.queued()
		require.NoError(t, f.OpenQueue(t.Context(), sale.ID))
		f.queuesUp(sale.ID, "alice", "bob", "carol")
		f.calls(sale.ID, 2, 2)
		open, err := f.OpenTurns(t.Context(), sale.ID, f.clock.Now())
		require.NoError(t, err)
		require.EqualValues(t, 2, open)

		o := f.order(sale, 1, line("a", 1))
		o.Buyer = "alice"
		f.settle(o)
		require.Equal(t, []string{"alice"}, f.placesIn(sale.ID, seckill.PlaceServed, "alice", "bob", "carol"))

		lapsed, err := f.LapseTurns(t.Context(), sale.ID, f.clock.Now().Add(time.Minute-time.Millisecond))
		require.NoError(t, err)
		require.Zero(t, lapsed, "not before its end")
		lapsed, err = f.LapseTurns(t.Context(), sale.ID, f.clock.Now().Add(time.Minute))
		require.NoError(t, err)
		require.EqualValues(t, 1, lapsed)
		require.Equal(t, []string{"bob"}, f.placesIn(sale.ID, seckill.PlaceLapsed, "alice", "bob", "carol"))

		again := f.queuesUp(sale.ID, "bob", "alice")
		require.Equal(t, seckill.FirstArrival+3, again[0].Number)
		news, err := f.QueueNews(t.Context(), sale.ID, 0)
		require.NoError(t, err)
		require.Equal(t, []int64{seckill.FirstArrival + 1, seckill.FirstArrival}, news.Gaps, "their old numbers are nobody's now")
		later, err := f.QueueNews(t.Context(), sale.ID, news.Since)
		require.NoError(t, err)
		require.Empty(t, later.Gaps)
		counts, err := f.QueueCounts(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, QueueCounts{Waiting: 3}, counts)
	})
}

func TestWhoLeavesAQueueMakesAGapAndGivesHisTurnUp(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.queued()
		require.NoError(t, f.OpenQueue(t.Context(), sale.ID))
		f.queuesUp(sale.ID, "alice", "bob", "carol")
		f.calls(sale.ID, 1, 1)
		require.NoError(t, f.LeaveQueue(t.Context(), sale.ID, "bob"))
		require.NoError(t, f.LeaveQueue(t.Context(), sale.ID, "alice"))
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(f.LeaveQueue(t.Context(), sale.ID, "nobody")))
		open, err := f.OpenTurns(t.Context(), sale.ID, f.clock.Now())
		require.NoError(t, err)
		require.Zero(t, open)
		counts, err := f.QueueCounts(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, QueueCounts{Waiting: 1, Lapsed: 1, Left: 1}, counts)
		f.calls(sale.ID, 5, 1)
		require.Equal(t, []string{"carol"}, f.placesIn(sale.ID, seckill.PlaceCalled, "alice", "carol"))
	})
}

func TestAQueueIsPausedAndFlushedByWhoeverTheTrailNames(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.queued()
		f.queuesUp(sale.ID, "early")
		flushed, err := f.FlushQueue(t.Context(), sale.ID, "ops")
		require.NoError(t, err)
		require.EqualValues(t, 1, flushed)
		require.Zero(t, f.queue(sale.ID).Early)
		require.NoError(t, f.OpenQueue(t.Context(), sale.ID))
		f.queuesUp(sale.ID, "alice", "bob", "carol")
		f.calls(sale.ID, 1, 1)
		require.NoError(t, f.PauseQueue(t.Context(), sale.ID, true, "ops"))
		require.NoError(t, f.PauseQueue(t.Context(), sale.ID, true, "ops"))
		f.calls(sale.ID, 1, 0)
		f.queuesUp(sale.ID, "dave") // who comes gets a place
		require.NoError(t, f.PauseQueue(t.Context(), sale.ID, false, "ops"))
		flushed, err = f.FlushQueue(t.Context(), sale.ID, "ops")
		require.NoError(t, err)
		require.EqualValues(t, 3, flushed)
		require.Equal(t, []string{"alice"}, f.placesIn(sale.ID, seckill.PlaceCalled, "alice", "bob", "carol", "dave"))
		next := f.queuesUp(sale.ID, "bob")
		require.Equal(t, f.queue(sale.ID).CalledTo+1, next[0].Number, "nobody stands before who joins first")
		f.calls(sale.ID, 1, 1)
		trail, err := f.AuditTrail(t.Context(), sale.ID, 10)
		require.NoError(t, err)
		var acts []string
		for _, a := range trail {
			if a.Actor == "ops" {
				acts = append(acts, a.Action)
			}
		}
		require.ElementsMatch(t, []string{ActionQueueFlushed, ActionQueuePaused, ActionQueueResumed, ActionQueueFlushed}, acts)
	})
}

func TestManyWhoJoinAtOnceWhileTheQueueOpensAllHaveTheirPlaces(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.queued()
		const people = 400
		var wg sync.WaitGroup
		fresh := make([]bool, 2*people)
		for i := range fresh { // each clicks twice
			wg.Go(func() {
				_, isNew, err := f.JoinQueue(t.Context(), sale.ID, fmt.Sprintf("buyer-%d", i/2))
				if err == nil {
					fresh[i] = isNew
				} else {
					t.Error(err)
				}
			})
			if i == people {
				wg.Go(func() {
					if err := f.OpenQueue(t.Context(), sale.ID); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		made := 0
		for _, isNew := range fresh {
			if isNew {
				made++
			}
		}
		require.Equal(t, people, made)
		q := f.queue(sale.ID)
		require.EqualValues(t, people, q.Early+q.Arrivals)
		shuffled, err := f.Shuffled(t.Context(), sale.ID)
		require.NoError(t, err)
		require.EqualValues(t, q.Early, len(shuffled))
		require.EqualValues(t, people, f.count("SELECT COUNT(DISTINCT number) FROM queue_places WHERE sale_id = ?", int64(sale.ID)))
	})
}

func TestWhoHasAPlaceIsToldItThoughTheQueueIsFull(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.queued()
		f.queuesUp(sale.ID, "alice")
		require.NoError(t, f.db.WriteOne(t.Context(), "UPDATE queues SET early = ? WHERE sale_id = ?", seckill.MaxPlaces, int64(sale.ID)))
		out := f.joinTogether(sale.ID, []string{"alice", "bob"}) // they came together
		require.NoError(t, out[0].err)
		require.False(t, out[0].isNew)
		require.Equal(t, "alice", out[0].place.Buyer)
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(out[1].err))
	})
}
