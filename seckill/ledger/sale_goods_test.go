package ledger

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// toldGoods is a stock that keeps what it is told, in the table of leases, so that what
// is rolled back is not told.
type toldGoods struct{ refuses error }

func (g *toldGoods) tell(tx *gorm.DB, what string, sale seckill.ID, units map[string]int64) error {
	if g.refuses != nil {
		return g.refuses
	}
	return tx.Exec("INSERT INTO leases (name, owner, until_ms) VALUES (?, 'told', 0)", fmt.Sprintf("%s %d %v", what, sale, units)).Error
}

func (g *toldGoods) Allot(tx *gorm.DB, sale seckill.ID, _, _ string, units map[string]int64) error {
	return g.tell(tx, "allot", sale, units)
}

func (g *toldGoods) GiveBack(tx *gorm.DB, sale seckill.ID, _, _ string, units map[string]int64) error {
	return g.tell(tx, "back", sale, units)
}

func (g *toldGoods) Settle(tx *gorm.DB, sale seckill.ID, _ string, sold map[string]int64) error {
	return g.tell(tx, "settle", sale, sold)
}

// goodsSale is a draft of which two items are of the shop's stock.
func (f *fixture) goodsSale(goods Goods) seckill.Sale {
	f.t.Helper()
	f.goods = goods
	draft := f.draft(map[string]int64{"a": 5, "b": 6, "c": 7})
	draft.Items[0].GoodsID, draft.Items[1].GoodsID = "cup", "cup"
	sale, _, err := f.CreateSale(f.t.Context(), draft)
	require.NoError(f.t, err)
	require.Equal(f.t, "cup", sale.Items[1].GoodsID)
	return sale
}

func (f *fixture) told() (all []string) {
	f.t.Helper()
	require.NoError(f.t, f.db.Reads.Raw("SELECT name FROM leases WHERE owner = 'told' ORDER BY name").Scan(&all).Error)
	return all
}

func (f *fixture) move(sale seckill.ID, to seckill.SaleState) error {
	_, err := f.TransitionSale(f.t.Context(), sale, to, "ann")
	return err
}

func TestASaleIsLoadedWithTheUnitsOfItsGoodsOrNotAtAll(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		goods := &toldGoods{refuses: seckill.Errorf(seckill.CodeConflict, "cup: 11 wanted, 3 there")}
		sale := f.goodsSale(goods)
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(f.move(sale.ID, seckill.SaleReady)))
		now, err := f.Sale(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, seckill.SaleDraft, now.State)

		goods.refuses = nil
		for _, to := range []seckill.SaleState{seckill.SaleReady, seckill.SaleReady, seckill.SalePaused, seckill.SaleReady} {
			require.NoError(t, f.move(sale.ID, to))
		}
		want := []string{fmt.Sprintf("allot %d map[cup:11]", sale.ID)}
		require.Equal(t, want, f.told(), "once, for all its items")

		_, err = f.ChangeTotal(t.Context(), sale.ID, "a", 2, "ann", "more")
		require.NoError(t, err)
		_, err = f.ChangeTotal(t.Context(), sale.ID, "b", -1, "ann", "less")
		require.NoError(t, err)
		_, err = f.ChangeTotal(t.Context(), sale.ID, "c", 1, "ann", "of its own")
		require.NoError(t, err)
		want = append(want, fmt.Sprintf("allot %d map[cup:2]", sale.ID), fmt.Sprintf("back %d map[cup:1]", sale.ID))
		require.Equal(t, want, f.told())

		goods.refuses = seckill.Errorf(seckill.CodeConflict, "none left")
		_, err = f.ChangeTotal(t.Context(), sale.ID, "a", 2, "ann", "more")
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err))
		require.Equal(t, int64(7), f.counters(sale.ID)["a"].Total)
	})
}

func TestWhatAClosedSaleDidNotSellGoesBackOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		sale := f.goodsSale(&toldGoods{})
		require.NoError(t, f.move(sale.ID, seckill.SaleReady))
		settle := func() bool {
			t.Helper()
			_, settled, err := f.SettleAllotment(ctx, sale.ID, "settler")
			require.NoError(t, err)
			return settled
		}
		paid, unpaid := f.order(sale, 1), f.order(sale, 2)
		f.settle(paid, unpaid)
		f.pay(paid)
		f.confirm(paid.ID)
		require.False(t, settle(), "it is not closed")
		require.NoError(t, f.move(sale.ID, seckill.SaleClosed))
		require.False(t, settle(), "an order awaits its payment")
		_, err := f.Expire(ctx, []seckill.ID{unpaid.ID}, unpaid.HoldUntil)
		require.NoError(t, err)
		require.False(t, settle(), "a unit is still to come back to Redis")
		require.NoError(t, f.markReleased(unpaid.ID))

		after, settled, err := f.SettleAllotment(ctx, sale.ID, "settler")
		require.NoError(t, err)
		require.True(t, settled)
		sold := map[string]int64{}
		for _, c := range f.counters(sale.ID) {
			sold[c.SKU] = c.Sold
		}
		totals := map[string]int64{}
		for _, it := range after.Items {
			totals[it.SKU] = it.Total
		}
		require.Equal(t, map[string]int64{"a": sold["a"], "b": sold["b"], "c": 7}, totals)
		require.Contains(t, f.told(), fmt.Sprintf("settle %d map[cup:%d]", sale.ID, sold["a"]+sold["b"]))

		trail, err := f.AuditTrail(ctx, sale.ID, 0)
		require.NoError(t, err)
		require.Equal(t, reasonOver, trail[0].Detail)
	})
}
