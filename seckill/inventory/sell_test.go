package inventory

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

func TestAnOrderTakesAllOfItsLinesOnce(t *testing.T) {
	withEachStrategy(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stock("cup", 10)
		f.stock("pen", 5)
		o := order("1", Line{"pen", 2}, Line{"cup", 3}, Line{"pen", 1})
		d, err := f.Sell(ctx, o)
		require.NoError(t, err)
		require.Equal(t, Deduction{OrderNo: "1", User: "user-1", Lines: []Line{{"cup", 3}, {"pen", 3}}, State: Reserved, CreatedAt: start, UpdatedAt: start}, d,
			"lines of the same goods are one")
		f.is("cup", 7, 3, 0, 0)
		f.is("pen", 2, 3, 0, 0)

		f.clock.Advance(time.Hour)
		again, err := f.Sell(ctx, o)
		require.NoError(t, err)
		require.Equal(t, d, again, "the same order has the same answer")
		again, err = f.Deduction(ctx, "1")
		require.NoError(t, err)
		require.Equal(t, d, again)
		f.is("cup", 7, 3, 0, 0)

		other := o
		other.Lines = []Line{{"cup", 3}, {"pen", 2}}
		_, err = f.Sell(ctx, other)
		requireCode(t, seckill.CodeConflict, err)
		other = o
		other.User = "mallory"
		_, err = f.Sell(ctx, other)
		requireCode(t, seckill.CodeConflict, err)
		f.is("pen", 2, 3, 0, 0)
		f.addsUp()
	})
}

func TestWhereUnitsAreMissingNothingIsTakenAndAllIsNamed(t *testing.T) {
	withEachStrategy(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stock("cup", 10)
		f.stock("pen", 5)
		f.stock("mat", 1)
		_, err := f.Sell(ctx, order("1", Line{"pen", 3}, Line{"cup", 1}, Line{"mat", 2}, Line{"pen", 3}))
		requireCode(t, seckill.CodeSoldOut, err)
		var short *ShortError
		require.ErrorAs(t, err, &short)
		require.Equal(t, []Short{{"mat", 2, 1}, {"pen", 6, 5}}, short.Goods)

		_, err = f.Sell(ctx, order("1", Line{"cup", 1}, Line{"fork", 1}, Line{"axe", 1}))
		requireCode(t, seckill.CodeNotFound, err)
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
		require.Equal(t, []string{"axe", "fork"}, unknown.Goods)

		for goods, units := range map[string]int64{"cup": 10, "pen": 5, "mat": 1} {
			f.is(goods, units, 0, 0, 0)
		}
		_, err = f.Deduction(ctx, "1")
		requireCode(t, seckill.CodeNotFound, err)
		_, err = f.Sell(ctx, order("1", Line{"pen", 5}))
		require.NoError(t, err, "a refused number can be sold under")
		f.addsUp()
	})
}

func TestNothingIsOversoldNorUndersoldByManyAtOnce(t *testing.T) {
	withEachStrategy(t, func(t *testing.T, f *fixture) {
		const units = 40
		f.stock("cup", units)
		processes := []*Inventory{f.Inventory, f.process()}
		var mu sync.Mutex
		sold := int64(0)
		race(f.callers(48), func(n int) {
			for k := range 3 {
				quantity := int64(1 + (n+k)%2)
				err := untilSettled(func() error {
					_, err := processes[n%2].Sell(t.Context(), order(number(number("o", n), k), Line{"cup", quantity}))
					return err
				})
				if err != nil {
					var short *ShortError
					if !errors.As(err, &short) {
						t.Errorf("a caller is told %v", err)
					}
					continue
				}
				mu.Lock()
				sold += quantity
				mu.Unlock()
			}
		})
		g, err := f.InvDetail(t.Context(), "cup")
		require.NoError(t, err)
		require.Equal(t, sold, g.Reserved)
		require.Equal(t, units-sold, g.Available)
		if f.driver != "sqlite" {
			require.LessOrEqual(t, g.Available, int64(1), "as many as there were wanted: only a unit for which somebody wanted two may be left")
		}
		f.addsUp()
	})
}

// untilSettled repeats what may be repeated: optimistic gives up after many tries.
func untilSettled(call func() error) error {
	var err error
	for range 20 {
		if err = call(); seckill.CodeOf(err) != seckill.CodeUnavailable || err == nil {
			return err
		}
	}
	return err
}

func TestOrdersWithTheirLinesInAnyOrderNeverFailEachOther(t *testing.T) {
	withEachStrategy(t, func(t *testing.T, f *fixture) {
		goods := []string{"a", "b", "c", "d", "e"}
		for _, g := range goods {
			f.stock(g, 1_000)
		}
		processes := []*Inventory{f.Inventory, f.process()}
		each := testkit.Sized(20, 4)
		callers := f.callers(24)
		race(callers, func(n int) {
			for k := range each {
				var lines []Line
				for _, i := range rand.Perm(len(goods))[:3] {
					lines = append(lines, Line{goods[i], 1})
				}
				err := untilSettled(func() error {
					_, err := processes[n%2].Sell(t.Context(), order(number(number("o", n), k), lines...))
					return err
				})
				if err != nil {
					t.Errorf("a caller is told %v", err)
				}
			}
		})
		list, err := f.BatchInvDetail(t.Context(), goods)
		require.NoError(t, err)
		reserved := int64(0)
		for _, g := range list {
			reserved += g.Reserved
		}
		require.Equal(t, int64(callers*each*3), reserved)
		f.addsUp()
	})
}

func TestOneOrderThatComesManyTimesAtOnceIsTakenOnce(t *testing.T) {
	withEachStrategy(t, func(t *testing.T, f *fixture) {
		f.stock("cup", 100)
		processes := []*Inventory{f.Inventory, f.process()}
		var answers [12]Deduction
		race(len(answers), func(n int) {
			err := untilSettled(func() (err error) {
				answers[n], err = processes[n%2].Sell(t.Context(), order("1", Line{"cup", 7}))
				return err
			})
			if err != nil {
				t.Errorf("caller %d is told %v", n, err)
			}
		})
		for _, a := range answers {
			require.Equal(t, answers[0], a)
		}
		f.is("cup", 93, 7, 0, 0)
		f.addsUp()
	})
}

func TestARollbackThatMeetsItsSellLeavesNothingTaken(t *testing.T) {
	withEachStrategy(t, func(t *testing.T, f *fixture) {
		f.stock("cup", 100)
		other := f.process()
		for round := range testkit.Sized(40, 8) {
			o := order(number("o", round), Line{"cup", 7})
			race(2, func(n int) {
				err := untilSettled(func() (err error) {
					if n == 0 {
						_, err = f.Sell(t.Context(), o)
					} else {
						_, err = other.Rollback(t.Context(), o.OrderNo)
					}
					return err
				})
				if err != nil && (n != 0 || seckill.CodeOf(err) != seckill.CodeConflict) {
					t.Errorf("%v", err)
				}
			})
			f.is("cup", 100, 0, 0, 0)
			_, err := f.Sell(t.Context(), o)
			requireCode(t, seckill.CodeConflict, err)
		}
		f.addsUp()
	})
}

func TestWhatAnOrderMayNotBeChangesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		f.stock("cup", 10)
		many := make([]Line, MaxLines+1)
		for n := range many {
			many[n] = Line{"cup", 1}
		}
		for name, o := range map[string]Order{
			"no number":         {User: "u", Lines: []Line{{"cup", 1}}},
			"number of 65":      {OrderNo: strings.Repeat("x", 65), User: "u", Lines: []Line{{"cup", 1}}},
			"number with space": {OrderNo: "a b", User: "u", Lines: []Line{{"cup", 1}}},
			"no user":           {OrderNo: "1", Lines: []Line{{"cup", 1}}},
			"long user":         {OrderNo: "1", User: strings.Repeat("世", 65), Lines: []Line{{"cup", 1}}},
			"no lines":          {OrderNo: "1", User: "u"},
			"too many lines":    {OrderNo: "1", User: "u", Lines: many},
			"no units":          {OrderNo: "1", User: "u", Lines: []Line{{"cup", 0}}},
			"negative":          {OrderNo: "1", User: "u", Lines: []Line{{"cup", -1}}},
			"huge":              {OrderNo: "1", User: "u", Lines: []Line{{"cup", MaxUnits + 1}}},
			"overflowing":       {OrderNo: "1", User: "u", Lines: []Line{{"cup", 1 << 62}, {"cup", 1 << 62}}},
			"no goods":          {OrderNo: "1", User: "u", Lines: []Line{{"", 1}}},
			"odd goods":         {OrderNo: "1", User: "u", Lines: []Line{{"cup ", 1}}},
			"short hold":        {OrderNo: "1", User: "u", Lines: []Line{{"cup", 1}}, Hold: time.Millisecond},
			"long hold":         {OrderNo: "1", User: "u", Lines: []Line{{"cup", 1}}, Hold: 25 * time.Hour},
			"negative hold":     {OrderNo: "1", User: "u", Lines: []Line{{"cup", 1}}, Hold: -time.Minute},
		} {
			_, err := f.Sell(t.Context(), o)
			require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), "%s: %v", name, err)
		}
		f.is("cup", 10, 0, 0, 0)
		changes, err := f.History(t.Context(), HistoryQuery{Goods: "cup"})
		require.NoError(t, err)
		require.Len(t, changes, 1)
	})
}
