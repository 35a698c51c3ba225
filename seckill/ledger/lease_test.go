package ledger

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// pass makes time go by for a lease: by the database's clock, which a test
// cannot move.
func (f *fixture) pass(name string, d time.Duration) {
	f.t.Helper()
	require.NoError(f.t, f.db.Writes.Exec("UPDATE leases SET until_ms = until_ms - ? WHERE name = ?", d.Milliseconds(), name).Error)
}

func TestALeaseHasOneHolder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		lease := func(owner string) (time.Time, bool) {
			until, held, err := f.Lease(t.Context(), "sweep", owner, time.Minute)
			require.NoError(t, err)
			return until, held
		}
		until, held := lease("ann")
		require.True(t, held)
		require.WithinRange(t, until, start.Add(59*time.Second), start.Add(time.Minute))
		until, held = lease("bob")
		require.False(t, held)
		require.WithinRange(t, until, start, start.Add(time.Minute))
		_, held = lease("ann")
		require.True(t, held, "a renewal")

		f.pass("sweep", 61*time.Second)
		_, held = lease("bob")
		require.True(t, held, "after its end a lease is free")
		_, held = lease("ann")
		require.False(t, held)

		require.NoError(t, f.Unlease(t.Context(), "sweep", "ann"))
		_, held = lease("ann")
		require.False(t, held, "nobody gives another's lease back")
		require.NoError(t, f.Unlease(t.Context(), "sweep", "bob"))
		_, held = lease("ann")
		require.True(t, held)
		_, held, err := f.Lease(t.Context(), "announcer", "bob", time.Minute)
		require.NoError(t, err)
		require.True(t, held, "another name is another lease")
	})
}

func TestConcurrentCallersGetALeaseOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		var holders atomic.Int64
		var calls []func() error
		for i := range 6 {
			calls = append(calls, func() error {
				_, held, err := f.Lease(t.Context(), "sweep", fmt.Sprint("owner-", i), time.Minute)
				if held {
					holders.Add(1)
				}
				return err
			})
		}
		race(t, calls...)
		require.Equal(t, int64(1), holders.Load())
	})
}

func TestALeaseNeedsANameAnOwnerAndATime(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for _, bad := range []struct {
			name, owner string
			ttl         time.Duration
		}{{"", "o", time.Second}, {"n", "", time.Second}, {"n", "o", 0}, {"n", "o", 25 * time.Hour}} {
			_, _, err := f.Lease(t.Context(), bad.name, bad.owner, bad.ttl)
			require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), "%+v", bad)
		}
	})
}

func TestNoLeaseIsOwedToTheDead(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for _, name := range []string{"recoverer", "sweep"} {
			_, held, err := f.Lease(t.Context(), name, "dead", time.Hour)
			require.NoError(t, err)
			require.True(t, held)
		}
		number, _, err := f.LeaseIDWorker(t.Context(), "dead", time.Hour)
		require.NoError(t, err)
		require.NoError(t, f.EndLeases(t.Context()))
		for _, name := range []string{"recoverer", "sweep"} {
			_, held, err := f.Lease(t.Context(), name, "alive", time.Hour)
			require.NoError(t, err)
			require.True(t, held, name)
		}
		again, _, err := f.LeaseIDWorker(t.Context(), "dead", time.Hour)
		require.NoError(t, err)
		require.Equal(t, number, again, "ids rest on it")
	})
}
