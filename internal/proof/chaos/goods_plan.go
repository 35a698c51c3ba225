package chaos

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// GoodsPlan is one goods of the shop's stock.
type GoodsPlan struct {
	Name  string
	Units int64
}

// ShopOrderPlan is an ordinary order of the shop, which takes from the same stock as the
// sales do.
type ShopOrderPlan struct {
	No      string
	At      time.Duration
	Lines   []GoodsLine
	Hold    time.Duration // 0: until it is confirmed or rolled back
	Web     int           // the process that is asked first
	Conduct ShopConduct
	Draw    uint64
}

// GoodsLine is one goods of an order, with JSON names as the service has them.
type GoodsLine struct {
	Goods    string `json:"goods"`
	Quantity int64  `json:"quantity"`
}

// ShopConduct is what the shop does about an order.
type ShopConduct string

// What the shop does.
const (
	shopConfirms     ShopConduct = "confirms"
	shopSellsTwice   ShopConduct = "sells twice"    // at both processes at once; then it confirms
	shopRollsBack    ShopConduct = "rolls back"     // twice
	shopRollsBackNow ShopConduct = "rolls back now" // while it sells
	shopForgets      ShopConduct = "forgets"        // lets the hold end
)

// drawGoods lets half of the runs sell from the shop's stock, and an operator close a
// sale in the middle of half of these.
func drawGoods(r *rand.Rand, p *Plan) {
	if r.IntN(2) != 0 {
		return
	}
	p.Strategy = pick(r, "conditional", "conditional", "grouped", "optimistic", "pessimistic")
	for i := range 2 {
		p.Goods = append(p.Goods, GoodsPlan{Name: fmt.Sprintf("goods-%d", i), Units: 20 + r.Int64N(80)})
	}
	for i := range p.Sales {
		for j := range p.Sales[i].Items {
			it := &p.Sales[i].Items[j]
			if r.IntN(3) == 0 {
				continue
			}
			g := &p.Goods[r.IntN(len(p.Goods))]
			it.Goods = g.Name
			g.Units += it.Stock
		}
	}
	for i := range 40 + r.IntN(80) {
		p.ShopOrders = append(p.ShopOrders, drawShopOrder(r, p, i))
	}
	if r.IntN(2) == 0 {
		drawClose(r, p)
	}
}

func drawShopOrder(r *rand.Rand, p *Plan, n int) ShopOrderPlan {
	o := ShopOrderPlan{
		No: fmt.Sprintf("shop-%d", n), At: millis(r, 0, int(p.Load.Milliseconds())), Web: r.IntN(webs), Draw: r.Uint64(),
		Conduct: pick(r, shopConfirms, shopConfirms, shopSellsTwice, shopRollsBack, shopRollsBackNow, shopForgets),
	}
	for _, i := range r.Perm(len(p.Goods))[:1+r.IntN(len(p.Goods))] {
		o.Lines = append(o.Lines, GoodsLine{p.Goods[i].Name, 1 + r.Int64N(3)})
	}
	if o.Conduct == shopForgets || r.IntN(3) == 0 {
		o.Hold = millis(r, 1000, 2500)
	}
	return o
}

// drawClose ends a sale of the shop's stock while buyers come, after all else that the
// operator does with it.
func drawClose(r *rand.Rand, p *Plan) {
	sale, at := r.IntN(len(p.Sales)), p.Load/2+millis(r, 0, int(p.Load.Milliseconds())/2)
	if !p.Sales[sale].ofStock() {
		return
	}
	p.Operations = slices.DeleteFunc(p.Operations, func(o Operation) bool { return o.Sale == sale && o.At+o.For >= at })
	p.Operations = append(p.Operations, Operation{At: at, Sale: sale, Close: true})
	slices.SortStableFunc(p.Operations, func(a, b Operation) int { return cmp.Compare(a.At, b.At) })
}

// ofStock tells whether the sale has units of the shop's stock.
func (s SalePlan) ofStock() bool {
	return slices.ContainsFunc(s.Items, func(it ItemPlan) bool { return it.Goods != "" })
}
