package inventory

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestTheHistoryIsPagedByGoodsOrderAndUser(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.stock("cup", 10)
		f.stock("pen", 10)
		o := order("1", Line{"cup", 1}, Line{"pen", 2})
		o.User = "eve"
		_, err := f.Sell(ctx, o)
		require.NoError(t, err)
		_, err = f.Rollback(ctx, "1")
		require.NoError(t, err)

		kinds := func(q HistoryQuery) (told []string) {
			t.Helper()
			changes, err := f.History(ctx, q)
			require.NoError(t, err)
			for _, c := range changes {
				require.Equal(t, start, c.At)
				told = append(told, c.Goods+" "+c.Kind.String())
			}
			return told
		}
		require.Equal(t, []string{"cup rollback", "cup sell", "cup set"}, kinds(HistoryQuery{Goods: "cup"}))
		all := []string{"pen rollback", "cup rollback", "pen sell", "cup sell"}
		require.Equal(t, all, kinds(HistoryQuery{OrderNo: "1"}))
		require.Equal(t, all, kinds(HistoryQuery{User: "eve"}))
		first, err := f.History(ctx, HistoryQuery{OrderNo: "1", Limit: 3})
		require.NoError(t, err)
		require.Len(t, first, 3)
		require.Equal(t, []string{"cup sell"}, kinds(HistoryQuery{OrderNo: "1", Limit: 3, Cursor: first[2].ID}))
		require.Empty(t, kinds(HistoryQuery{Goods: "nothing"}))
		for name, q := range map[string]HistoryQuery{"none": {}, "two": {Goods: "cup", User: "eve"}} {
			_, err := f.History(ctx, q)
			require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), name)
		}
	})
}

func TestTheAuditNamesWhatDoesNotAddUp(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		for _, goods := range []string{"cup", "pen", "mat"} {
			f.stock(goods, 10)
		}
		_, err := f.Sell(ctx, order("1", Line{"cup", 3}, Line{"pen", 1}))
		require.NoError(t, err)
		f.addsUp()
		require.NoError(t, f.db.Writes.Exec("UPDATE inventory SET available = available - 1 WHERE goods = 'cup'").Error)
		require.NoError(t, f.db.Writes.Exec("UPDATE deductions SET state = 2").Error)
		findings, err := f.Audit(ctx)
		require.NoError(t, err)
		require.Len(t, findings, 2)
		cup := findings[0]
		require.Equal(t, []int64{6, 3, 7, 3, 0}, []int64{cup.Goods.Available, cup.Goods.Reserved, cup.Available, cup.Reserved, cup.Deducted})
		require.Equal(t, "pen", findings[1].Goods.Goods)
	})
}

func TestManyGoodsAreReadInTheOrderInWhichTheyAreAskedFor(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for n, goods := range []string{"b", "a", "c"} {
			f.stock(goods, int64(n))
		}
		list, err := f.BatchInvDetail(t.Context(), []string{"c", "a", "c"})
		require.NoError(t, err)
		require.Equal(t, []string{"c", "a", "c"}, []string{list[0].Goods, list[1].Goods, list[2].Goods})
		_, err = f.BatchInvDetail(t.Context(), []string{"y", "a", "x", "y"})
		requireCode(t, seckill.CodeNotFound, err)
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
		require.Equal(t, []string{"y", "x"}, unknown.Goods)
		_, err = f.BatchInvDetail(t.Context(), make([]string, MaxBatch+1))
		requireCode(t, seckill.CodeInvalidRequest, err)

		list, err = f.List(t.Context(), "a", 1)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, "b", list[0].Goods)
	})
}
