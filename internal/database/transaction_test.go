package database_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/seckill"
)

func TestWhatFailsInATransactionLeavesNoTrace(t *testing.T) {
	stores.OnEach(t, func(t *testing.T, driver string) {
		db := stores.Open(t, driver, stores.New(t, driver))
		boom := errors.New("boom")
		err := db.Write(t.Context(), func(tx *gorm.DB, _ int) error { return errors.Join(takeLease(tx, "a", 1), boom) })
		require.ErrorIs(t, err, boom)
		require.Panics(t, func() {
			_ = db.Write(t.Context(), func(tx *gorm.DB, _ int) error {
				require.NoError(t, takeLease(tx, "a", 1))
				panic(boom)
			})
		})
		require.Zero(t, count(t, db, "SELECT COUNT(*) FROM leases"))
		require.NoError(t, db.Write(t.Context(), func(tx *gorm.DB, _ int) error { return takeLease(tx, "a", 1) }), "the connection is usable")
	})
}

func TestALostRaceIsRunAgainABoundedNumberOfTimes(t *testing.T) {
	stores.OnEach(t, func(t *testing.T, driver string) {
		db := stores.Open(t, driver, stores.New(t, driver))
		require.NoError(t, takeLease(db.Writes, "a", 1))
		attempts := 0
		err := db.Write(t.Context(), func(tx *gorm.DB, attempt int) error {
			require.Equal(t, attempts, attempt)
			attempts++
			return takeLease(tx, "a", 1) // there already
		})
		require.Error(t, err)
		require.Equal(t, seckill.CodeInternal, seckill.CodeOf(err))
		require.Equal(t, database.MaxAttempts, attempts)
	})
}

func TestADeadlockIsRunAgain(t *testing.T) {
	t.Parallel()
	db := stores.Open(t, database.MySQL, stores.MySQL(t))
	for _, name := range []string{"a", "b"} {
		require.NoError(t, takeLease(db.Writes, name, 10))
	}
	var haveFirst, both sync.WaitGroup
	haveFirst.Add(2)
	var attempts atomic.Int64
	take := func(first, second string) {
		const grow = "UPDATE leases SET until_ms = until_ms + 1 WHERE name = ?"
		err := db.Write(t.Context(), func(tx *gorm.DB, attempt int) error {
			attempts.Add(1)
			if err := database.MustChange(tx, 1, grow, first); err != nil {
				return err
			}
			if attempt == 0 { // each waits for what the other has
				haveFirst.Done()
				haveFirst.Wait()
			}
			return database.MustChange(tx, 1, grow, second)
		})
		if err != nil {
			t.Error(err)
		}
	}
	both.Go(func() { take("a", "b") })
	both.Go(func() { take("b", "a") })
	both.Wait()
	require.Equal(t, int64(3), attempts.Load(), "one was the victim, once")
	require.EqualValues(t, 2, count(t, db, "SELECT COUNT(*) FROM leases WHERE until_ms = 12"))
}
