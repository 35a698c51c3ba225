package chaos

import (
	"fmt"
	"maps"
	"slices"
)

// stockAtEveryMoment checks in a snapshot of SQL that each unit of the shop's stock is
// in one place: with an order of the shop, with a sale, sold, or there to be sold.
func stockAtEveryMoment(s State, plan []GoodsPlan) (found []Violation) {
	reserved, confirmed := map[string]int64{}, map[string]int64{}
	for _, d := range s.Deductions {
		for goods, n := range d.Units {
			switch d.State {
			case deductionReserved:
				reserved[goods] += n
			case deductionConfirmed:
				confirmed[goods] += n
			}
		}
	}
	type part struct{ sale, goods string }
	allotted, totals, sold := map[string]int64{}, map[part]int64{}, map[part]int64{}
	for _, it := range s.Items {
		if it.Goods != "" {
			totals[part{it.Sale, it.Goods}] += it.Total
			sold[part{it.Sale, it.Goods}] += it.Sold
		}
	}
	for _, a := range s.Allotments {
		p := part{a.Sale, a.Goods}
		allotted[a.Goods] += a.Units
		if a.Units != totals[p] {
			found = append(found, Violation{Promise: conserved, Words: fmt.Sprintf("sale %s was allotted %d of %s, and sells %d", a.Sale, a.Units, a.Goods, totals[p])})
		}
		delete(sold, p) // it counts once the sale is settled
	}
	for p, n := range sold {
		confirmed[p.goods] += n
	}
	for _, p := range plan {
		g := s.Goods[p.Name]
		m := g.Moves
		has := []int64{g.Available, g.Reserved, g.Allotted, g.Sold}
		history := []int64{
			m[goodsSet] - m[goodsSell] + m[goodsRollBack] - m[goodsAllot] + m[goodsAllotmentBack],
			m[goodsSell] - m[goodsConfirm] - m[goodsRollBack],
			m[goodsAllot] - m[goodsAllotmentBack] - m[goodsAllotmentSold],
			m[goodsConfirm] + m[goodsAllotmentSold],
		}
		want := []int64{p.Units - reserved[p.Name] - allotted[p.Name] - confirmed[p.Name], reserved[p.Name], allotted[p.Name], confirmed[p.Name]}
		switch {
		case slices.Min(want) < 0:
			found = append(found, Violation{Promise: neverOversold, Words: fmt.Sprintf("%s: of %d units, orders and sales have %d", p.Name, p.Units, p.Units-want[0])})
		case !slices.Equal(has, want):
			found = append(found, Violation{Promise: conserved, Words: fmt.Sprintf("%s: available, reserved, allotted and sold are %v, orders and sales make it %v", p.Name, has, want)})
		case !slices.Equal(has, history):
			found = append(found, Violation{Promise: conserved, Words: fmt.Sprintf("%s: available, reserved, allotted and sold are %v, the history adds up to %v", p.Name, has, history)})
		}
	}
	return found
}

// checkStock: in the end nothing of the shop's stock is held any more, and closed sales
// have given back what they did not sell.
func checkStock(e Evidence) (found []Violation) {
	for _, a := range e.State.Allotments {
		found = append(found, Violation{Promise: neverUndersold, Words: fmt.Sprintf("sale %s is closed and keeps %d of %s", a.Sale, a.Units, a.Goods)})
	}
	return append(found, stockAtEveryMoment(e.State, e.Plan.Goods)...)
}

// checkShopOrders: what the shop was told of its orders is so in the end.
func checkShopOrders(e Evidence) (found []Violation) {
	told := map[string]map[string]int{} // by order and method: the last status
	for _, a := range e.ShopAnswers {
		if told[a.Order] == nil {
			told[a.Order] = map[string]int{}
		}
		if a.HTTP == 0 {
			found = append(found, Violation{Promise: goesOn, Words: fmt.Sprintf("%s of the shop's order %s is never answered", a.Method, a.Order), Order: a.Order})
		}
		told[a.Order][a.Method] = a.HTTP
	}
	for _, o := range e.Plan.ShopOrders {
		d, there := e.State.Deductions[o.No]
		wants := map[string]int64{}
		for _, l := range o.Lines {
			wants[l.Goods] += l.Quantity
		}
		wrong := ""
		switch t := told[o.No]; {
		case d.State == deductionReserved:
			wrong = "still holds its units"
		case t["Confirm"] == 200 && d.State != deductionConfirmed:
			wrong = "was told to be confirmed, and is not"
		case t["Rollback"] == 200 && d.State != deductionReturned:
			wrong = "was told to be rolled back, and is not"
		case d.State == deductionConfirmed && t["Confirm"] != 200:
			wrong = "is confirmed, and nobody was told so"
		case t["Sell"] == 200 && !there:
			wrong = "was told to have its units, and is not there"
		case len(d.Units) > 0 && !maps.Equal(d.Units, wants):
			wrong = fmt.Sprintf("took %v for %v", d.Units, wants)
		}
		if wrong != "" {
			found = append(found, Violation{Promise: nothingLost, Words: fmt.Sprintf("the shop's order %s (%s) %s", o.No, o.Conduct, wrong), Order: o.No})
		}
	}
	return found
}
