package inventory

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// within runs a part of a sale's transaction.
func (f *fixture) within(part func(tx *gorm.DB) error) error {
	return f.db.Write(f.t.Context(), func(tx *gorm.DB, _ int) error { return part(tx) })
}

func TestASaleHasItsUnitsOfTheStockUntilItIsOver(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		const sale = seckill.ID(7)
		f.stock("cup", 10)
		f.stock("pen", 10)
		_, err := f.Sell(t.Context(), order("1", Line{"cup", 3}))
		require.NoError(t, err)
		require.NoError(t, f.within(func(tx *gorm.DB) error {
			return f.Allot(tx, sale, "ann", "", map[string]int64{"pen": 4, "cup": 5})
		}))
		f.is("cup", 2, 3, 5, 0)
		f.is("pen", 6, 0, 4, 0)
		f.addsUp()

		err = f.within(func(tx *gorm.DB) error { return f.Allot(tx, sale, "ann", "", map[string]int64{"pen": 1, "cup": 3}) })
		requireCode(t, seckill.CodeConflict, err)
		require.ErrorContains(t, err, "cup: 3 wanted, 2 there")
		for _, n := range []int64{0, 1} {
			err = f.within(func(tx *gorm.DB) error { return f.Allot(tx, sale, "ann", "", map[string]int64{"mat": n, "cup": 3}) })
			requireCode(t, seckill.CodeConflict, err)
			require.ErrorContains(t, err, "no such goods: mat; cup: 3 wanted, 2 there")
		}
		_, err = f.SetInv(t.Context(), Set{Goods: "cup", To: ptr[int64](7), Actor: "ann"})
		requireCode(t, seckill.CodeConflict, err)
		f.is("pen", 6, 0, 4, 0)

		require.NoError(t, f.within(func(tx *gorm.DB) error { return f.Allot(tx, sale, "ann", "", map[string]int64{"cup": 2}) }))
		require.NoError(t, f.within(func(tx *gorm.DB) error { return f.GiveBack(tx, sale, "ann", "broken", map[string]int64{"cup": 1}) }))
		changes, err := f.History(t.Context(), HistoryQuery{Goods: "cup", Limit: 1})
		require.NoError(t, err)
		require.Equal(t, "broken", changes[0].Reason, "an operator's reason stands with the goods too")
		require.Error(t, f.within(func(tx *gorm.DB) error { return f.GiveBack(tx, sale, "ann", "", map[string]int64{"cup": 7}) }), "more than it has")
		of, err := f.Allotments(t.Context(), "cup")
		require.NoError(t, err)
		require.Equal(t, []Allotment{{sale, 6}}, of)
		f.is("cup", 1, 3, 6, 0)

		require.Error(t, f.within(func(tx *gorm.DB) error { return f.Settle(tx, sale, "settler", map[string]int64{"cup": 7}) }), "more than it had")
		f.is("cup", 1, 3, 6, 0)
		for range 2 {
			require.NoError(t, f.within(func(tx *gorm.DB) error { return f.Settle(tx, sale, "settler", map[string]int64{"cup": 4, "pen": 4}) }))
			f.is("cup", 3, 3, 0, 4)
			f.is("pen", 6, 0, 0, 4)
		}
		sales, err := f.AllottedSales(t.Context())
		require.NoError(t, err)
		require.Empty(t, sales)
		f.addsUp()
		changes, err = f.History(t.Context(), HistoryQuery{Goods: "pen"})
		require.NoError(t, err)
		require.Equal(t, []string{"allotment_settled", "allot", "set"}, []string{changes[0].Kind.String(), changes[1].Kind.String(), changes[2].Kind.String()})
		require.Equal(t, sale, changes[0].SaleID)
	})
}

func TestOrdersAndSalesTogetherNeverTakeMoreThanThereIs(t *testing.T) {
	withEachStrategy(t, func(t *testing.T, f *fixture) {
		f.stock("cup", 30)
		other := f.process()
		race(f.callers(24), func(n int) {
			var err error
			switch n % 3 {
			case 0:
				err = f.within(func(tx *gorm.DB) error { return f.Allot(tx, seckill.ID(n+1), "ann", "", map[string]int64{"cup": 2}) })
			case 1:
				err = untilSettled(func() error { _, err := other.Sell(t.Context(), order(number("o", n), Line{"cup", 3})); return err })
			default:
				if _, err = f.SetInv(t.Context(), Set{Goods: "cup", By: -1, Actor: "bob"}); err == nil {
					_, err = f.SetInv(t.Context(), Set{Goods: "cup", By: 1, Actor: "bob"})
				}
			}
			if code := seckill.CodeOf(err); err != nil && code != seckill.CodeConflict && code != seckill.CodeSoldOut {
				t.Errorf("%v", err)
			}
		})
		g, err := f.InvDetail(t.Context(), "cup")
		require.NoError(t, err)
		require.Equal(t, int64(30), g.OnHand())
		f.addsUp()
	})
}
