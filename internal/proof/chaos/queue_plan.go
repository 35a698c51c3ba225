package chaos

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
)

// turnsOf is how long a turn in a queue is in a run: absent buyers must not hold it up.
const turnsOf = 1500 * time.Millisecond

// addQueue gives a third of the runs one more sale, into which buyers are let one after the
// other: some are there before it opens, some never come when it is their turn, and machines
// try without one.
func addQueue(r *rand.Rand, p *Plan) {
	if r.IntN(3) != 0 {
		return
	}
	n := len(p.Sales)
	s := SalePlan{Opens: millis(r, 800, 2000), Queue: true}
	queuers := 15 + r.IntN(15)
	s.Items = append(s.Items, ItemPlan{SKU: "queued-0", Stock: int64(3 + r.IntN(queuers)), Limit: 1 + r.Int64N(2), Price: 100 + r.Int64N(50_000)})
	p.Sales = append(p.Sales, s)
	for i := range queuers + 3 {
		b := BuyerPlan{
			Name: fmt.Sprintf("queuer-%d", i), Sale: n, At: millis(r, 0, int(p.Load.Milliseconds())), Lines: []Line{{s.Items[0].SKU, 1}}, Key: r.IntN(4) != 0,
			Clicks: pick(r, 1, 1, 2), Web: r.IntN(webs), Draw: r.Uint64(), Queues: i < queuers, Absent: r.IntN(4) == 0,
			Conduct: pick(r, pays, pays, pays, pays, paysTwice, paysLate, paysAfterFail, paysWrong, cancels, cancelsPaying, leaves, leaves),
		}
		if i%2 == 0 {
			b.At = millis(r, 0, int(s.Opens.Milliseconds()))
		}
		p.Buyers = append(p.Buyers, b)
	}
	for i := range p.Faults {
		if f := &p.Faults[i]; f.Kind == "redis: key deleted" {
			drawSaleKey(r, p, f)
		}
	}
	if r.IntN(2) == 0 {
		p.Faults = append(p.Faults, Fault{Kind: "fault point", At: max(0, s.Opens-millis(r, 0, 500)), For: 3 * time.Second,
			Slot: webs + r.IntN(workers), Key: string(fault.UsherCalled) + pick(r, "=kill@1", "=kill@2", "=error@1-3", "=pause:1500ms@1")})
		slices.SortStableFunc(p.Faults, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
	}
}
