package ledger

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func all(string) bool { return true }

// handedOver makes deliveries of the events of so many orders.
func (f *fixture) handedOver(n int) []EventBatch {
	f.t.Helper()
	sale := f.sale(map[string]int64{"a": int64(n)})
	for i := range n {
		f.orderAt(sale, "awaiting_payment", int64(i+1), fmt.Sprint("p", i+1))
	}
	batches, err := f.Events(f.t.Context(), 0)
	require.NoError(f.t, err)
	require.NoError(f.t, f.EventsPublished(f.t.Context(), batches, all))
	return batches
}

func (f *fixture) claim(limit int) []Delivery {
	f.t.Helper()
	claimed, err := f.ClaimDeliveries(f.t.Context(), limit, time.Minute)
	require.NoError(f.t, err)
	return claimed
}

func (f *fixture) note(tries ...DeliveryTry) {
	f.t.Helper()
	require.NoError(f.t, f.NoteDeliveries(f.t.Context(), tries))
}

func TestAPublishedEventIsDeliveredOnceHoweverManyPublishedIt(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 2})
		f.orderAt(sale, "paid", 1, "p1")
		batches, err := f.Events(t.Context(), 0)
		require.NoError(t, err)
		require.Len(t, batches, 2)

		var publishing sync.WaitGroup
		for _, l := range f.processes(4) {
			publishing.Go(func() {
				if err := l.EventsPublished(t.Context(), batches, func(e string) bool { return e == "order.paid" }); err != nil {
					t.Error(err)
				}
			})
		}
		publishing.Wait()
		left, err := f.Events(t.Context(), 0)
		require.NoError(t, err)
		require.Empty(t, left)
		claimed := f.claim(0)
		require.Len(t, claimed, 1)
		require.Equal(t, batches[1].Events[0], claimed[0].Event)
		require.True(t, strings.HasSuffix(claimed[0].Event.ID, ":paid"))
	})
}

func TestADeliveryIsClaimedByOneAndComesAgainWhenThatOneDies(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		f.handedOver(20)
		var claims atomic.Int64
		var failed atomic.Bool
		var claiming sync.WaitGroup
		for _, l := range f.processes(4) {
			claiming.Go(func() {
				for range 20 {
					claimed, err := l.ClaimDeliveries(t.Context(), 3, time.Minute)
					if err != nil {
						failed.Store(true)
					}
					if len(claimed) == 0 {
						return
					}
					claims.Add(int64(len(claimed)))
				}
			})
		}
		claiming.Wait()
		require.False(t, failed.Load())
		require.EqualValues(t, 20, claims.Load())
		require.Empty(t, f.claim(0))
		f.clock.Advance(time.Minute)
		require.Len(t, f.claim(0), 20)
	})
}

func TestAnEventThatFailsTooOftenWaitsForAPerson(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		batches := f.handedOver(3)
		claimed := f.claim(0)
		f.note(DeliveryTry{Number: claimed[0].Number},
			DeliveryTry{Number: claimed[1].Number, Failure: "no", Again: 10 * time.Second},
			DeliveryTry{Number: claimed[2].Number, Failure: strings.Repeat("长", 500) + "\xff"})

		backlog, err := f.DeliveryBacklog(t.Context())
		require.NoError(t, err)
		require.Equal(t, DeliveryBacklog{Pending: 1, Oldest: start, Dead: 1}, backlog)
		f.clock.Advance(9 * time.Second)
		require.Empty(t, f.claim(0))
		f.clock.Advance(time.Second)
		again := f.claim(0)
		require.Len(t, again, 1)
		require.Equal(t, 1, again[0].Attempts)
		require.Equal(t, start, again[0].Since)
		f.note(DeliveryTry{Number: again[0].Number, Failure: "away", Again: time.Second, Uncounted: true})
		f.clock.Advance(time.Second)
		again = f.claim(0)
		require.Len(t, again, 1)
		require.Equal(t, 1, again[0].Attempts)

		dead, err := f.DeadDeliveries(t.Context(), 0)
		require.NoError(t, err)
		require.Len(t, dead, 1)
		require.Equal(t, batches[2].Events[0], dead[0].Event)
		require.Equal(t, strings.Repeat("长", 200), dead[0].Error)
		require.Equal(t, start, dead[0].At)
		of, err := f.DeadDeliveriesOf(t.Context(), dead[0].Event.ID)
		require.NoError(t, err)
		require.Equal(t, dead, of)

		n, err := f.RequeueDeliveries(t.Context(), []string{again[0].Event.ID, "unknown"})
		require.NoError(t, err)
		require.Zero(t, n, "what is tried anyway was requeued")
		n, err = f.RequeueDeliveries(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		fresh := f.claim(0)
		require.Len(t, fresh, 1)
		require.Equal(t, dead[0].Event, fresh[0].Event)
		require.Zero(t, fresh[0].Attempts)
	})
}
