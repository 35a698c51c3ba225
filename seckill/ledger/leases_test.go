package ledger

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// pass makes time go by for a lease: by the database's clock, which a test
// cannot move.
func (f *fixture) pass(name string, d time.Duration) {
	f.t.Helper()
	require.NoError(f.t, f.writes.Exec("UPDATE leases SET until_ms = until_ms - ? WHERE name = ?", d.Milliseconds(), name).Error)
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

func TestWorkerNumbersAreDistinctAndRenewed(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		f.clock.Set(time.Now().Truncate(time.Millisecond))
		var mu sync.Mutex
		numbers := make(map[int]string)
		var calls []func() error
		for i := range 8 {
			owner := fmt.Sprint("run-", i)
			calls = append(calls, func() error {
				n, until, err := f.LeaseIDWorker(t.Context(), owner, time.Minute)
				if err == nil && until.Before(f.clock.Now().Add(time.Minute)) {
					err = fmt.Errorf("ends at %s", until)
				}
				mu.Lock()
				defer mu.Unlock()
				numbers[n] = owner
				return err
			})
		}
		race(t, calls...)
		require.Len(t, numbers, 8)
		for n, owner := range numbers {
			again, _, err := f.LeaseIDWorker(t.Context(), owner, time.Minute)
			require.NoError(t, err)
			require.Equal(t, n, again)
		}
	})
}

func TestARenewalNeverBringsTheEndForward(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		f.clock.Set(time.Now().Add(time.Hour)) // ahead of the database
		n, first, err := f.LeaseIDWorker(t.Context(), "run", time.Minute)
		require.NoError(t, err)
		f.clock.Advance(-2 * time.Hour)
		again, second, err := f.LeaseIDWorker(t.Context(), "run", time.Minute)
		require.NoError(t, err)
		require.Equal(t, n, again)
		require.Equal(t, first, second)
	})
}

// Whatever their clocks say, two holders of a number never make an id of the
// same time: the second's clock is past all that the first could use.
func TestHoldersOfAWorkerNumberNeverOverlap(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		now := time.Now().UTC().Truncate(time.Millisecond)
		take := func(owner string, skew time.Duration) (until time.Time, err error) {
			// All numbers but one are taken for long, so every holder gets number 7.
			f.clock.Set(now.Add(skew))
			n, until, err := f.LeaseIDWorker(t.Context(), owner, time.Minute)
			if err == nil {
				require.Equal(t, 7, n)
			}
			return until, err
		}
		f.fillWorkers(7, now.Add(100*time.Hour))

		ahead, err := take("ahead", 10*time.Minute)
		require.NoError(t, err)
		require.Equal(t, now.Add(11*time.Minute), ahead, "by the holder's clock, which is the later one")
		_, err = take("on time", 0)
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
		_, err = take("further ahead", time.Hour)
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err), "by the database's clock it is not over")

		f.pass("id-worker/7", 20*time.Minute)
		_, err = take("behind", -time.Hour)
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err), "by its own clock it is not over")
		until, err := take("on time", 0)
		require.NoError(t, err)
		require.GreaterOrEqual(t, until, now.Add(time.Minute), "by the database's clock at least")

		require.NoError(t, f.Unlease(t.Context(), "id-worker/7", "on time"))
		_, err = take("next", 0)
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err), "a number given back is used up to its end")
	})
}

func (f *fixture) fillWorkers(except int, until time.Time) {
	f.t.Helper()
	var rows [][]any
	for n := range seckill.IDWorkers {
		if n != except {
			rows = append(rows, []any{idWorkerName(n), "long", until.UnixMilli()})
		}
	}
	require.NoError(f.t, insertMany(f.writes, "leases (name, owner, until_ms)", rows))
}

func TestIdsOfManyRunsAreDistinct(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		f.fillWorkers(7, time.Now().Add(100*time.Hour))
		seen := make(map[seckill.ID]bool)
		for run, skew := range []time.Duration{0, time.Hour, -time.Hour, 0, 5 * time.Second} {
			clock := testkit.NewClock(time.Now().Add(skew))
			f.clock.Set(clock.Now())
			owner := fmt.Sprint("run-", run)
			n, until, err := f.LeaseIDWorker(t.Context(), owner, time.Second)
			if err != nil {
				require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
				f.pass("id-worker/7", time.Second)
				continue
			}
			ids := seckill.NewIDGenerator(clock.Now)
			ids.Lease(n, until)
			for range 5000 {
				id, err := ids.Next()
				require.NoError(t, err)
				require.False(t, seen[id])
				seen[id] = true
			}
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
