package inventory

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func ptr[T any](v T) *T { return &v }

func TestWhatIsOnHandIsSetToANumberOrByADifference(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		g, err := f.SetInv(ctx, Set{Goods: "cup", To: ptr[int64](10), Actor: "ann", Reason: "delivered 送到"})
		require.NoError(t, err)
		require.Equal(t, Goods{Goods: "cup", Available: 10, Version: 1, UpdatedAt: start}, g)
		_, err = f.Sell(ctx, order("1", Line{"cup", 4}))
		require.NoError(t, err)

		f.clock.Advance(time.Minute)
		g, err = f.SetInv(ctx, Set{Goods: "cup", To: ptr[int64](12), Actor: "bob"})
		require.NoError(t, err)
		require.Equal(t, Goods{Goods: "cup", Available: 8, Reserved: 4, Version: 3, UpdatedAt: f.clock.Now()}, g, "what is reserved is on hand")
		g, err = f.SetInv(ctx, Set{Goods: "cup", By: -8, Actor: "bob", Reason: "broken"})
		require.NoError(t, err)
		require.Zero(t, g.Available)
		require.Equal(t, int64(4), g.OnHand())
		for name, s := range map[string]Set{
			"to": {Goods: "cup", To: ptr[int64](3), Actor: "bob"},
			"by": {Goods: "cup", By: -1, Actor: "bob"},
		} {
			_, err = f.SetInv(ctx, s)
			require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err), name)
			require.ErrorContains(t, err, "of 4 units on hand 4 are reserved by orders and 0 allotted to sales: at most 0 can be taken away", name)
		}
		stored, err := f.InvDetail(ctx, "cup")
		require.NoError(t, err)
		require.Equal(t, g, stored)
		g, err = f.SetInv(ctx, Set{Goods: "cup", To: ptr[int64](4), Actor: "bob"})
		require.NoError(t, err)
		require.Equal(t, stored, g, "what changes nothing is no change")
		g, err = f.SetInv(ctx, Set{Goods: "pen", By: 5, Actor: "bob"})
		require.NoError(t, err)
		require.Equal(t, int64(5), g.Available)

		changes, err := f.History(ctx, HistoryQuery{Goods: "cup"})
		require.NoError(t, err)
		var told []any
		for _, c := range changes {
			told = append(told, []any{c.Kind.String(), c.Quantity, c.User, c.Reason})
		}
		require.Equal(t, []any{
			[]any{"set", int64(-8), "bob", "broken"},
			[]any{"set", int64(2), "bob", ""},
			[]any{"sell", int64(4), "user-1", ""},
			[]any{"set", int64(10), "ann", "delivered 送到"},
		}, told)
		f.addsUp()
	})
}

func TestAnExpectedVersionKeepsAChangeFromBeingMadeTwice(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		made := Set{Goods: "cup", By: 10, Version: ptr[int64](0), Actor: "ann"}
		g, err := f.SetInv(ctx, made)
		require.NoError(t, err)
		_, err = f.SetInv(ctx, made)
		requireCode(t, seckill.CodeConflict, err)
		more := Set{Goods: "cup", By: 5, Version: &g.Version, Actor: "ann"}
		_, err = f.SetInv(ctx, more)
		require.NoError(t, err)
		_, err = f.SetInv(ctx, more)
		requireCode(t, seckill.CodeConflict, err)
		f.is("cup", 15, 0, 0, 0)
		_, err = f.SetInv(ctx, Set{Goods: "pen", By: 5, Version: ptr[int64](3), Actor: "ann"})
		requireCode(t, seckill.CodeNotFound, err)
	})
}

func TestManyWhoMakeTheSameGoodsAddUp(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		race(8, func(int) {
			if _, err := f.SetInv(t.Context(), Set{Goods: "cup", By: 5, Actor: "ann"}); err != nil {
				t.Errorf("%v", err)
			}
		})
		f.is("cup", 40, 0, 0, 0)
		f.addsUp()
	})
}

func TestWhatAChangeMayNotBeChangesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		f.stock("cup", 10)
		for name, s := range map[string]Set{
			"neither":        {Goods: "cup", Actor: "ann"},
			"both":           {Goods: "cup", To: ptr[int64](3), By: 3, Actor: "ann"},
			"negative":       {Goods: "cup", To: ptr[int64](-1), Actor: "ann"},
			"too many":       {Goods: "cup", To: ptr[int64](MaxOnHand + 1), Actor: "ann"},
			"by too many":    {Goods: "cup", By: MaxOnHand, Actor: "ann"},
			"overflow":       {Goods: "cup", By: math.MaxInt64, Actor: "ann"},
			"underflow":      {Goods: "cup", By: math.MinInt64, Actor: "ann"},
			"no goods":       {By: 1, Actor: "ann"},
			"odd goods":      {Goods: "-cup", By: 1, Actor: "ann"},
			"nobody":         {Goods: "cup", By: 1},
			"long reason":    {Goods: "cup", By: 1, Actor: "ann", Reason: strings.Repeat("世", 201)},
			"terminal":       {Goods: "cup", By: 1, Actor: "ann", Reason: "\x1b[2J"},
			"two lines":      {Goods: "cup", By: 1, Actor: "ann", Reason: "a\nb"},
			"odd reason":     {Goods: "cup", By: 1, Actor: "ann", Reason: "\xff"},
			"version":        {Goods: "cup", By: 1, Actor: "ann", Version: ptr[int64](-1)},
			"other strategy": {Goods: "cup", By: 1, Actor: "ann", Strategy: ptr("hope")},
		} {
			_, err := f.SetInv(t.Context(), s)
			require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), "%s: %v", name, err)
		}
		_, err := f.SetInv(t.Context(), Set{Goods: "pen", By: -1, Actor: "ann"})
		requireCode(t, seckill.CodeNotFound, err)
		f.is("cup", 10, 0, 0, 0)
	})
}

func TestGoodsAreSoldAsTheyHaveChosen(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		_, err := f.SetInv(ctx, Set{Goods: "cup", By: 5, Strategy: ptr(Grouped), Actor: "ann"})
		require.NoError(t, err)
		f.stock("pen", 5)
		other := f.process()
		for goods, want := range map[string]strategy{"cup": other.grouped, "pen": conditional{other}} {
			got, err := other.strategyFor(ctx, []Line{{goods, 1}})
			require.NoError(t, err)
			require.Equal(t, want, got, goods)
		}
		mixed, err := other.strategyFor(ctx, []Line{{"cup", 1}, {"pen", 1}})
		require.NoError(t, err)
		require.Equal(t, conditional{other}, mixed, "goods that differ are sold as configured")
		g, err := f.SetInv(ctx, Set{Goods: "cup", Strategy: ptr(""), Actor: "ann"})
		require.NoError(t, err)
		require.Empty(t, g.Strategy)
		require.Equal(t, int64(5), g.Available)
		_, err = f.SetInv(ctx, Set{Goods: "mat", Strategy: ptr(Grouped), Actor: "ann"})
		requireCode(t, seckill.CodeNotFound, err)
	})
}
