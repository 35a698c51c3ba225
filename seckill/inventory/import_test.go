package inventory

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// delivery is an import of a delivery and a count.
func delivery() Import {
	return Import{Key: "monday", Actor: "ann", Reason: "delivered 送到", Rows: []ImportRow{
		{Goods: "pen", By: 5},
		{Goods: "cup", To: ptr[int64](20), Reason: "counted"},
		{Goods: "mat", To: ptr[int64](7)},
		{Goods: "rug", To: ptr[int64](3)},
		{Goods: "jug", By: 2},
	}}
}

// stockOfDelivery has 10 cups, of which 4 are reserved and 3 allotted, 1 pen and 3 rugs.
func (f *fixture) stockOfDelivery() {
	f.t.Helper()
	f.stock("cup", 10)
	f.stock("pen", 1)
	f.stock("rug", 3)
	_, err := f.Sell(f.t.Context(), order("1", Line{"cup", 4}))
	require.NoError(f.t, err)
	require.NoError(f.t, f.within(func(tx *gorm.DB) error { return f.Allot(tx, 7, "ann", "", map[string]int64{"cup": 3}) }))
}

var deliveryDoes = []ImportedRow{
	{Goods: "pen", Before: 1, After: 6},
	{Goods: "cup", Before: 10, After: 20},
	{Goods: "mat", After: 7, New: true},
	{Goods: "rug", Before: 3, After: 3},
	{Goods: "jug", After: 2, New: true},
}

func TestAnImportChangesWhatItsPreviewShows(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stockOfDelivery()
		rug, err := f.InvDetail(ctx, "rug")
		require.NoError(t, err)
		preview, err := f.PreviewImport(ctx, delivery())
		require.NoError(t, err)
		require.Equal(t, deliveryDoes, preview)
		f.is("cup", 3, 4, 3, 0)

		f.clock.Advance(time.Minute)
		done, err := f.Import(ctx, delivery())
		require.NoError(t, err)
		require.Equal(t, Imported{At: f.clock.Now(), Rows: deliveryDoes}, done)
		f.is("cup", 13, 4, 3, 0)
		f.is("pen", 6, 0, 0, 0)
		f.is("mat", 7, 0, 0, 0)
		f.is("jug", 2, 0, 0, 0)
		unchanged, err := f.InvDetail(ctx, "rug")
		require.NoError(t, err)
		require.Equal(t, rug, unchanged, "what changes nothing is no change")

		for goods, want := range map[string]Change{
			"pen": {Quantity: 5, Reason: "delivered 送到"},
			"cup": {Quantity: 10, Reason: "counted"},
			"mat": {Quantity: 7, Reason: "delivered 送到"},
			"jug": {Quantity: 2, Reason: "delivered 送到"},
			"rug": {Quantity: 3, Reason: "delivered", At: start},
		} {
			changes, err := f.History(ctx, HistoryQuery{Goods: goods, Limit: 1})
			require.NoError(t, err)
			want.ID, want.Goods, want.Kind, want.User = changes[0].ID, goods, KindSet, "ann"
			if want.At.IsZero() {
				want.At = f.clock.Now()
			}
			require.Equal(t, want, changes[0])
		}
		f.addsUp()
	})
}

func TestAnImportCountsOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stockOfDelivery()
		_, err := f.Import(ctx, delivery())
		require.NoError(t, err)
		f.clock.Advance(time.Hour)

		again := delivery()
		again.Actor = "bob"
		slices.Reverse(again.Rows)
		done, err := f.Import(ctx, again)
		require.NoError(t, err)
		require.Equal(t, Imported{At: start, Repeated: true}, done, "it tells when it was done")
		f.is("pen", 6, 0, 0, 0)
		f.is("cup", 13, 4, 3, 0)

		for name, change := range map[string]func(*Import){
			"number": func(im *Import) { im.Rows[0].By = 6 },
			"kind":   func(im *Import) { im.Rows[0] = ImportRow{Goods: "pen", To: ptr[int64](5)} },
			"goods":  func(im *Import) { im.Rows[0].Goods = "pan" },
			"reason": func(im *Import) { im.Reason = "found" },
			"fewer":  func(im *Import) { im.Rows = im.Rows[1:] },
		} {
			other := delivery()
			change(&other)
			_, err = f.Import(ctx, other)
			require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err), name)
			require.ErrorIs(t, err, seckill.ErrKeyReused, name)
			require.ErrorContains(t, err, "something else was imported at 2026-05-01T12:00:00Z", name)
		}
		f.is("pen", 6, 0, 0, 0)

		next := delivery()
		next.Key = "tuesday"
		_, err = f.Import(ctx, next)
		require.NoError(t, err)
		f.is("pen", 11, 0, 0, 0)
		f.addsUp()
	})
}

func TestAnImportWithRefusedRowsNamesThemAllAndChangesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stockOfDelivery()
		wrong := Import{Key: "k", Actor: "ann", Rows: []ImportRow{
			{Goods: "pen", By: 5},
			{Goods: "cup", To: ptr[int64](6)},
			{Goods: "pan", By: -1},
			{Goods: "rug", By: MaxOnHand},
			{Goods: "mat", To: ptr[int64](MaxOnHand + 1)},
			{Goods: "-", To: ptr[int64](1)},
			{Goods: "jug"},
			{Goods: "bag", By: 1, Reason: "two\nlines"},
		}}
		refused := []RefusedRow{
			{1, "cup", "of 10 units on hand 4 are reserved by orders and 3 allotted to sales: at most 3 can be taken away"},
			{2, "pan", "no such goods: pan"},
			{3, "rug", "on_hand: makes more than 1000000000 units"},
			{4, "mat", "on_hand: must be 0 to 1000000000 units"},
			{5, "-", `goods: must be 1 to 64 letters, digits, '.', '_' or '-', and start with a letter or digit, not "-"`},
			{6, "jug", "on_hand: give a number, or a difference that is not 0, and not both"},
			{7, "bag", "reason: must not contain U+000A, a tab or the end of a line"},
		}
		_, err := f.Import(ctx, wrong)
		requireCode(t, seckill.CodeConflict, err)
		require.NotErrorIs(t, err, seckill.ErrKeyReused)
		var rows *RefusedError
		require.ErrorAs(t, err, &rows)
		require.Equal(t, refused, rows.Rows)
		for _, r := range refused {
			require.ErrorContains(t, err, r.Goods+": "+r.Why)
		}
		preview, err := f.PreviewImport(ctx, wrong)
		require.NoError(t, err)
		require.Equal(t, ImportedRow{Goods: "pen", Before: 1, After: 6}, preview[0])
		for _, r := range refused {
			require.Equal(t, r.Why, preview[r.Row].Wrong)
			require.Equal(t, preview[r.Row].Before, preview[r.Row].After)
			require.False(t, preview[r.Row].New)
		}
		f.is("pen", 1, 0, 0, 0)
		f.is("cup", 3, 4, 3, 0)

		wrong.Rows = wrong.Rows[:1]
		done, err := f.Import(ctx, wrong)
		require.NoError(t, err)
		require.False(t, done.Repeated, "a key under which all was refused can be used")
		f.is("pen", 6, 0, 0, 0)
		f.addsUp()
	})
}

func TestAnImportThatCannotBeOneIsRefused(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for name, c := range map[string]struct {
			change func(*Import)
			want   string
		}{
			"no key":      {func(im *Import) { im.Key = "" }, "key: must be 1 to 64"},
			"odd key":     {func(im *Import) { im.Key = "a b" }, "key: must be 1 to 64"},
			"nobody":      {func(im *Import) { im.Actor = "" }, "actor: must be"},
			"long reason": {func(im *Import) { im.Reason = strings.Repeat("世", 201) }, "reason: must be"},
			"no row":      {func(im *Import) { im.Rows = nil }, "rows: must be 1 to 1000, not 0"},
			"many rows":   {func(im *Import) { im.Rows = make([]ImportRow, 1001) }, "rows: must be 1 to 1000, not 1001"},
			"goods twice": {func(im *Import) { im.Rows[3].Goods = "cup" }, `rows[3].goods: "cup" is in rows[1] already`},
		} {
			im := delivery()
			c.change(&im)
			_, err := f.Import(t.Context(), im)
			require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), name)
			require.ErrorContains(t, err, c.want, name)
			if !strings.HasSuffix(name, "key") {
				_, err = f.PreviewImport(t.Context(), im)
				require.ErrorContains(t, err, c.want, name)
			}
		}
		list, err := f.List(t.Context(), "", 0)
		require.NoError(t, err)
		require.Empty(t, list)
	})
}

// Each of a few imports is sent by several at the same moment, beside each other and
// beside orders of the same goods, which the first of them makes.
func TestImportsAtTheSameMomentCountOnceEach(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		const imports, times = 4, 4
		var done atomic.Int64
		race(imports*times, func(n int) {
			im := Import{Key: number("key", n%imports), Actor: "ann", Rows: []ImportRow{{Goods: "pen", By: 10}, {Goods: "cup", By: 10}, {Goods: number("own", n%imports), By: 10}}}
			if n%2 == 0 {
				slices.Reverse(im.Rows)
			}
			told, err := f.Import(t.Context(), im)
			if err != nil {
				t.Errorf("%v", err)
			} else if !told.Repeated {
				done.Add(1)
			}
			_, err = f.Sell(t.Context(), order(number("order", n), Line{"cup", 1}, Line{"pen", 1}))
			if err != nil {
				t.Errorf("%v", err)
			}
		})
		require.EqualValues(t, imports, done.Load())
		f.is("cup", 10*imports-imports*times, imports*times, 0, 0)
		f.is("pen", 10*imports-imports*times, imports*times, 0, 0)
		f.is("own-0", 10, 0, 0, 0)
		f.addsUp()
	})
}

func TestAnImportMayBeSoLong(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		im := Import{Key: "long", Actor: "ann", Reason: "counted"}
		for n := range seckill.MaxImportRows {
			im.Rows = append(im.Rows, ImportRow{Goods: number("goods", n), By: int64(n + 1)})
		}
		for n, key := range []string{"first", "second"} {
			im.Key = key
			done, err := f.Import(t.Context(), im)
			require.NoError(t, err)
			require.Len(t, done.Rows, seckill.MaxImportRows)
			for _, goods := range []int{0, 99, 100, 500, 999} {
				f.is(number("goods", goods), int64((n+1)*(goods+1)), 0, 0, 0)
			}
		}
		f.addsUp()
	})
}
