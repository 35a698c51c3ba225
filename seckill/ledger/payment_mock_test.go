package ledger

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The stand-in gateway's book: a second process, or the same one after a restart, finds
// what the first wrote, and each payment is one process's to tell of.
func TestWhatTheGatewayPromisedIsKept(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		due := start.Add(time.Minute)
		for _, id := range []string{"late_1", "late_2", "late_1"} { // the second press changes nothing
			require.NoError(t, f.KeepMockPayment(t.Context(), id, time.Time{}, due))
		}
		require.NoError(t, f.KeepMockPayment(t.Context(), "silent", start, time.Time{}))
		processes := f.processes(3)
		claim := func() (ids []string) {
			var mu sync.Mutex
			var claiming sync.WaitGroup
			for _, l := range processes {
				claiming.Go(func() {
					found, err := l.ClaimMockPayments(t.Context(), 1, time.Minute)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					ids = append(ids, found...)
				})
			}
			claiming.Wait()
			slices.Sort(ids)
			return ids
		}
		require.Empty(t, claim(), "not before its time")
		for id, want := range map[string]time.Time{"silent": start, "late_1": {}, "unknown": {}} {
			at, err := processes[1].MockPaidAt(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, want, at, id)
		}
		f.clock.Set(due)
		claimed := claim()
		for len(claimed) < 2 { // two that claim at once may find the same one, and one of them nothing
			claimed = append(claimed, claim()...)
		}
		slices.Sort(claimed)
		require.Equal(t, []string{"late_1", "late_2"}, claimed, "each once")
		require.Empty(t, claim())
		require.NoError(t, f.DropMockPayment(t.Context(), "late_1"))
		f.clock.Advance(time.Minute)
		require.Equal(t, []string{"late_2"}, claim(), "who claimed it has died")
	})
}
