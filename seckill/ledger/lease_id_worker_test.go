package ledger

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

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
	require.NoError(f.t, database.InsertMany(f.db.Writes, "leases (name, owner, until_ms)", rows))
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
