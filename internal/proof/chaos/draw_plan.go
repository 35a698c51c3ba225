package chaos

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
)

// drawerPoints are the steps of a draw.
var drawerPoints = []fault.Name{fault.DrawerClosed, fault.DrawerCommitted, fault.DrawerRanked, fault.DrawerPlaced}

// addDraw gives a third of the runs one more sale, whose fewer units are drawn among those
// who enter, while machines try to buy them all the time.
func addDraw(r *rand.Rand, p *Plan) {
	if r.IntN(3) != 0 {
		return
	}
	n := len(p.Sales)
	entrants := 10 + r.IntN(9)
	s := SalePlan{Entries: millis(r, 1500, 2500)}
	// Some open before the last entry, and some when all is drawn.
	s.Opens = pick(r, s.Entries, s.Entries, millis(r, 300, 1500), s.Entries+millis(r, 2500, 4000))
	items := pick(r, 1, 1, 2)
	for i := range items {
		stock := max(1, int64(entrants/items)*(1+r.Int64N(3))/4)
		s.Items = append(s.Items, ItemPlan{SKU: fmt.Sprintf("drawn-%d", i), Stock: stock, Limit: 1 + r.Int64N(2), Price: 100 + r.Int64N(50_000)})
	}
	p.Sales = append(p.Sales, s)
	buyer := func(name string, before time.Duration) BuyerPlan {
		return BuyerPlan{
			Name: name, Sale: n, At: millis(r, 0, int(before.Milliseconds())), Lines: []Line{{pick(r, s.Items...).SKU, 1}},
			Clicks: pick(r, 1, 1, 2), Web: r.IntN(webs), Draw: r.Uint64(),
			Conduct: pick(r, pays, pays, pays, pays, paysTwice, paysLate, paysAfterFail, paysWrong, cancels, cancelsPaying, leaves, leaves),
		}
	}
	for i := range entrants {
		b := buyer(fmt.Sprintf("entrant-%d", i), s.Entries+200*time.Millisecond) // some come too late
		b.Enters, b.TakesBack = true, r.IntN(4) == 0
		p.Buyers = append(p.Buyers, b)
	}
	for i := range 3 + r.IntN(4) {
		b := buyer(fmt.Sprintf("machine-%d", i), time.Second)
		b.Key, b.Waits = r.IntN(4) != 0, r.IntN(2) == 0
		p.Buyers = append(p.Buyers, b)
	}
	strikeDraw(r, p, n)
}

// strikeDraw lets what strikes a sale strike this one too, and adds what is about a draw
// alone.
func strikeDraw(r *rand.Rand, p *Plan, sale int) {
	for i := range p.Faults {
		switch f := &p.Faults[i]; {
		case f.Kind == "redis: key deleted":
			drawSaleKey(r, p, f)
		case strings.HasPrefix(f.Key, "sale "):
			drawSaleStruck(r, p, f)
		}
	}
	s := p.Sales[sale]
	if r.IntN(2) == 0 {
		p.Faults = append(p.Faults, Fault{Kind: "fault point", At: max(0, s.Entries-millis(r, 500, 2000)), For: 4 * time.Second,
			Slot: webs + r.IntN(workers), Key: string(pick(r, drawerPoints...)) + pick(r, "=kill@1", "=kill@1", "=error@1-3", "=pause:1500ms@1")})
		slices.SortStableFunc(p.Faults, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
	}
	if r.IntN(2) == 0 {
		o := Operation{At: s.Entries + millis(r, 0, int((p.Load-s.Entries).Milliseconds())), Sale: sale, For: millis(r, 200, 1000)}
		if r.IntN(3) != 0 {
			o.SKU, o.Delta = pick(r, s.Items...).SKU, pick(r, int64(1), 2, -1)
		}
		p.Operations = append(p.Operations, o)
		slices.SortStableFunc(p.Operations, func(a, b Operation) int { return cmp.Compare(a.At, b.At) })
	}
}
