package chaos

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stockScene is the scene in which the phones are of the shop's stock, the sale is closed
// and settled, and the shop has had orders of its own: one is confirmed, one was rolled
// back, one was rolled back before it was sold, and one was refused.
func stockScene() Evidence {
	const goods = "cup"
	e := scene()
	e.State.Items[0].Goods, e.State.Items[0].Total = goods, 1
	e.Redis["1"].Available["phone"] = 0
	e.Plan.Goods = []GoodsPlan{{Name: goods, Units: 20}}
	e.State.Goods = map[string]GoodsRow{goods: {Goods: goods, Available: 17, Sold: 3, Moves: map[int]int64{
		goodsSet: 20, goodsAllot: 10, goodsAllotmentBack: 9, goodsAllotmentSold: 1, goodsSell: 3, goodsConfirm: 2, goodsRollBack: 1,
	}}}
	e.State.Deductions = map[string]DeductionRow{}
	order := func(no string, state int, units int64, answers ...ShopAnswer) {
		e.Plan.ShopOrders = append(e.Plan.ShopOrders, ShopOrderPlan{No: no, Lines: []GoodsLine{{goods, max(1, units)}}})
		for _, a := range answers {
			a.Order = no
			e.ShopAnswers = append(e.ShopAnswers, a)
		}
		if state > 0 {
			d := DeductionRow{State: state, Units: map[string]int64{}}
			if units > 0 {
				d.Units[goods] = units
			}
			e.State.Deductions[no] = d
		}
	}
	order("shop-1", deductionConfirmed, 2, ShopAnswer{Method: "Sell", HTTP: 200}, ShopAnswer{Method: "Confirm", HTTP: 200})
	order("shop-2", deductionReturned, 1, ShopAnswer{Method: "Sell", HTTP: 200}, ShopAnswer{Method: "Rollback", HTTP: 200})
	order("shop-3", deductionReturned, 0, ShopAnswer{Method: "Rollback", HTTP: 200}, ShopAnswer{Method: "Sell", HTTP: 412})
	order("shop-4", 0, 0, ShopAnswer{Method: "Sell", HTTP: 412})
	return e
}

func (e Evidence) changeGoods(f func(*GoodsRow)) {
	g := e.State.Goods["cup"]
	f(&g)
	e.State.Goods["cup"] = g
}

func (e Evidence) changeDeduction(no string, f func(*DeductionRow)) {
	d := e.State.Deductions[no]
	f(&d)
	e.State.Deductions[no] = d
}

func TestARunThatKeptTheShopsStockIsFoundGood(t *testing.T) {
	require.Empty(t, check(stockScene()))
}

func TestTheCheckerSeesWhatIsWrongWithTheShopsStock(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(*Evidence)
		want   string
	}{
		"a unit too many":                        {func(e *Evidence) { e.changeGoods(func(g *GoodsRow) { g.Available++ }) }, conserved},
		"a unit too few":                         {func(e *Evidence) { e.changeGoods(func(g *GoodsRow) { g.Available-- }) }, conserved},
		"reserved by nobody":                     {func(e *Evidence) { e.changeGoods(func(g *GoodsRow) { g.Available--; g.Reserved++ }) }, conserved},
		"a history that does not add up":         {func(e *Evidence) { e.changeGoods(func(g *GoodsRow) { g.Moves[goodsSell]++ }) }, conserved},
		"more than there are":                    {func(e *Evidence) { e.changeDeduction("shop-1", func(d *DeductionRow) { d.Units["cup"] = 20 }) }, neverOversold},
		"other units than were asked for":        {func(e *Evidence) { e.changeDeduction("shop-2", func(d *DeductionRow) { d.Units["cup"] = 2 }) }, nothingLost},
		"a closed sale that keeps units":         {func(e *Evidence) { e.State.Allotments = []AllotmentRow{{Sale: "1", Goods: "cup", Units: 1}} }, neverUndersold},
		"a sale that sells what it has not":      {func(e *Evidence) { e.State.Allotments = []AllotmentRow{{Sale: "1", Goods: "cup", Units: 9}} }, conserved},
		"what a sale sold was never taken":       {func(e *Evidence) { e.changeGoods(func(g *GoodsRow) { g.Available++; g.Sold-- }) }, conserved},
		"an order that holds its units":          {func(e *Evidence) { e.changeDeduction("shop-2", func(d *DeductionRow) { d.State = deductionReserved }) }, nothingLost},
		"confirmed and returned":                 {func(e *Evidence) { e.changeDeduction("shop-1", func(d *DeductionRow) { d.State = deductionReturned }) }, nothingLost},
		"rolled back and confirmed":              {func(e *Evidence) { e.changeDeduction("shop-2", func(d *DeductionRow) { d.State = deductionConfirmed }) }, nothingLost},
		"confirmed without anybody's being told": {func(e *Evidence) { e.ShopAnswers[1].HTTP = 412 }, nothingLost},
		"sold and gone":                          {func(e *Evidence) { delete(e.State.Deductions, "shop-2"); e.ShopAnswers[3].HTTP = 412 }, nothingLost},
		"never answered":                         {func(e *Evidence) { e.ShopAnswers[len(e.ShopAnswers)-1].HTTP = 0 }, goesOn},
	} {
		t.Run(name, func(t *testing.T) {
			e := stockScene()
			c.breaks(&e)
			var promises []string
			for _, v := range check(e) {
				promises = append(promises, v.Promise)
			}
			assert.Contains(t, promises, c.want)
		})
	}
}

func TestHalfOfThePlansSellFromTheShopsStock(t *testing.T) {
	ofStock, closing := 0, 0
	for seed := range uint64(500) {
		p := NewPlan(seed)
		if len(p.Goods) == 0 {
			require.Empty(t, p.ShopOrders)
			require.False(t, slices.ContainsFunc(p.Sales, SalePlan.ofStock))
			continue
		}
		ofStock++
		require.NotEmpty(t, p.ShopOrders)
		for i, o := range p.Operations {
			if o.Close {
				closing++
				require.True(t, p.Sales[o.Sale].ofStock())
				require.False(t, slices.ContainsFunc(p.Operations[i+1:], func(later Operation) bool { return later.Sale == o.Sale }))
			}
		}
	}
	require.InDelta(t, 250, ofStock, 75)
	require.InDelta(t, 100, closing, 60)
}
