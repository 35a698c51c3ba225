package inventory

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// lockerFunc is a Locker of one function.
type lockerFunc func(name string, above int64) (Lock, error)

func (l lockerFunc) Lock(_ context.Context, name string, above int64) (Lock, error) {
	return l(name, above)
}

func fencedBy(fence int64) Lock {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &heldLock{fence: fence, ctx: ctx, cancel: cancel, release: func() {}}
}

func TestWhoHasLostHisLockTakesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stock("cup", 10)
		f.stock("pen", 10)
		var fence int64
		lock := fencedBy
		r := redisLock{f.Inventory, lockerFunc(func(string, int64) (Lock, error) { return lock(fence), nil })}
		fence = 7
		_, err := r.sell(ctx, order("1", Line{"cup", 1}))
		require.NoError(t, err)
		for _, fence = range []int64{6, 7} {
			_, err = r.sell(ctx, order("2", Line{"cup", 1}, Line{"pen", 1}))
			requireCode(t, seckill.CodeUnavailable, err)
			require.ErrorIs(t, err, errFenced, "somebody with a higher number has written")
		}
		fence = 8
		lock = func(fence int64) Lock {
			l := fencedBy(fence).(*heldLock)
			l.cancel(context.DeadlineExceeded)
			return l
		}
		_, err = r.sell(ctx, order("2", Line{"cup", 1}))
		requireCode(t, seckill.CodeUnavailable, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		f.is("cup", 9, 1, 0, 0)
		f.is("pen", 10, 0, 0, 0)
		f.addsUp()
	})
}

// Redis has lost all its numbers, and its clock is behind: without a look at the row
// nothing of the goods would be sold any more.
func TestALockWhoseNumbersWentBackGoesOnAboveThoseOfTheGoods(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		f.stock("cup", 10)
		f.stock("pen", 10)
		r := redisLock{f.Inventory, &locks{next: 1_000}}
		_, err := r.sell(t.Context(), order("1", Line{"cup", 1}))
		require.NoError(t, err)
		r.locker = &locks{}
		_, err = r.sell(t.Context(), order("2", Line{"cup", 1}, Line{"pen", 1}))
		require.NoError(t, err)
		f.is("cup", 8, 2, 0, 0)
	})
}

func TestWithoutRedisNothingIsSoldUnderItsLock(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		f.stock("cup", 10)
		f.stock("pen", 10)
		released := 0
		r := redisLock{f.Inventory, lockerFunc(func(name string, _ int64) (Lock, error) {
			if name == "goods:pen" {
				return nil, seckill.Unavailable(nil, "no majority of Redis answers")
			}
			return &heldLock{ctx: context.Background(), cancel: func(error) {}, release: func() { released++ }}, nil
		})}
		_, err := r.sell(t.Context(), order("1", Line{"cup", 1}, Line{"pen", 1}))
		require.Error(t, err)
		require.Equal(t, 1, released, "what is held is released")
		f.is("cup", 10, 0, 0, 0)
	})
}
