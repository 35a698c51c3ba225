package inventory

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestADeductionEndsOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stock("cup", 10)
		for _, n := range []string{"paid", "undone"} {
			_, err := f.Sell(ctx, order(n, Line{"cup", 2}))
			require.NoError(t, err)
		}
		f.clock.Advance(time.Minute)
		later := f.clock.Now()
		for range 2 {
			d, err := f.Confirm(ctx, "paid")
			require.NoError(t, err)
			require.Equal(t, Deduction{OrderNo: "paid", User: "user-paid", Lines: []Line{{"cup", 2}}, State: Confirmed, CreatedAt: start, UpdatedAt: later}, d)
			f.is("cup", 6, 2, 0, 2)
		}
		for range 2 {
			d, err := f.Rollback(ctx, "undone")
			require.NoError(t, err)
			require.Equal(t, Returned, d.State)
			require.Equal(t, []Line{{"cup", 2}}, d.Lines)
			f.is("cup", 8, 0, 0, 2)
		}
		_, err := f.Rollback(ctx, "paid")
		requireCode(t, seckill.CodeConflict, err)
		_, err = f.Confirm(ctx, "undone")
		requireCode(t, seckill.CodeConflict, err)
		_, err = f.Sell(ctx, order("undone", Line{"cup", 2}))
		requireCode(t, seckill.CodeConflict, err)
		d, err := f.Sell(ctx, order("paid", Line{"cup", 2}))
		require.NoError(t, err)
		require.Equal(t, Confirmed, d.State)
		_, err = f.Confirm(ctx, "nobody")
		requireCode(t, seckill.CodeNotFound, err)
		f.is("cup", 8, 0, 0, 2)
		f.addsUp()
	})
}

func TestARollbackBeforeItsSellRefusesIt(t *testing.T) {
	withEachStrategy(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stock("cup", 10)
		for range 2 {
			d, err := f.Rollback(ctx, "1")
			require.NoError(t, err)
			require.Equal(t, Deduction{OrderNo: "1", State: Returned, CreatedAt: start, UpdatedAt: start}, d)
		}
		_, err := f.Sell(ctx, order("1", Line{"cup", 2}))
		requireCode(t, seckill.CodeConflict, err)
		_, err = f.Confirm(ctx, "1")
		requireCode(t, seckill.CodeConflict, err)
		f.is("cup", 10, 0, 0, 0)
		f.addsUp()
	})
}

func TestConfirmAndRollbackAtOnceEndADeductionOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stock("cup", 100)
		other := f.process()
		confirmed := int64(0)
		for round := range 10 {
			o := order(number("o", round), Line{"cup", 3})
			_, err := f.Sell(ctx, o)
			require.NoError(t, err)
			var errs [2]error
			race(2, func(n int) {
				if n == 0 {
					_, errs[0] = f.Confirm(ctx, o.OrderNo)
				} else {
					_, errs[1] = other.Rollback(ctx, o.OrderNo)
				}
			})
			require.True(t, (errs[0] == nil) != (errs[1] == nil), "one of them: %v", errs)
			if errs[0] == nil {
				confirmed += 3
			}
		}
		f.is("cup", 100-confirmed, 0, 0, confirmed)
		f.addsUp()
	})
}

func TestAHoldComesBackOnceItIsOver(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stock("cup", 10)
		for number, hold := range map[string]time.Duration{"short": time.Minute, "paid": time.Minute, "long": time.Hour, "ever": 0} {
			o := order(number, Line{"cup", 1})
			o.Hold = hold
			d, err := f.Sell(ctx, o)
			require.NoError(t, err)
			require.Equal(t, hold > 0, !d.HoldUntil.IsZero())
		}
		_, err := f.Confirm(ctx, "paid")
		require.NoError(t, err)
		all := []string{"short", "paid", "long", "ever", "nobody"}
		expired, err := f.Expire(ctx, all, start.Add(time.Minute-time.Millisecond))
		require.NoError(t, err)
		require.Empty(t, expired)

		at := start.Add(time.Minute)
		due, err := f.Due(ctx, at, 0)
		require.NoError(t, err)
		require.Equal(t, []string{"short"}, due)
		expired, err = f.Expire(ctx, all, at)
		require.NoError(t, err)
		require.Len(t, expired, 1)
		require.Equal(t, Returned, expired[0].State)
		require.Equal(t, "short", expired[0].OrderNo)
		expired, err = f.Expire(ctx, all, at)
		require.NoError(t, err)
		require.Empty(t, expired)
		f.is("cup", 7, 2, 0, 1)
		_, err = f.Confirm(ctx, "short")
		requireCode(t, seckill.CodeConflict, err)
		_, err = f.Rollback(ctx, "short")
		require.NoError(t, err)
		f.is("cup", 7, 2, 0, 1)
		f.addsUp()
	})
}
