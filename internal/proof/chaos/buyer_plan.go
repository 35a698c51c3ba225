package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// BuyerPlan is what one buyer will do.
type BuyerPlan struct {
	Name string
	At   time.Duration // when they come
	Sale int
	// Lines are what they want.
	Lines []Line
	// Key: their requests carry an idempotency key.
	Key bool
	// Clicks at the same moment, all for one order.
	Clicks int
	// Web is the process that they ask first.
	Web int
	// Conduct is what they do once they have an order.
	Conduct Conduct
	// Waits: behind an item that is sold out they wait for one.
	Waits bool
	// Enters: they enter the draw of the sale, and do not buy themselves. TakesBack: they
	// take their entry back, and half of them enter again.
	Enters, TakesBack bool
	// Queues: they take a place in the sale's queue. Absent: they do not come when it is
	// their turn.
	Queues, Absent bool
	// Draw seeds what is drawn as it goes on: pauses, delays.
	Draw uint64
}

// Line is one item of an order, with JSON names as the API has them.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// Conduct is what a buyer does with an order.
type Conduct string

// What buyers do.
const (
	pays          Conduct = "pays"
	paysTwice     Conduct = "pays twice"           // two payments of one order
	paysLate      Conduct = "pays late"            // after the hold has ended
	paysAfterFail Conduct = "pays after a failure" // a failed attempt, told late
	paysWrong     Conduct = "pays wrong"           // amount, currency, or a forged signature
	cancels       Conduct = "cancels"
	cancelsPaying Conduct = "cancels while paying" // both at once
	leaves        Conduct = "leaves"               // lets the hold end
)

// drawWaits lets a third of the buyers wait where it is sold out.
func drawWaits(r *rand.Rand, p *Plan) {
	for i := range p.Buyers {
		p.Buyers[i].Waits = r.IntN(3) == 0
	}
}

// drawBuyers lets half of them come at once, as a rush does, and the others
// drop in over the time of the load.
func drawBuyers(r *rand.Rand, p *Plan) []BuyerPlan {
	buyers := make([]BuyerPlan, 150+r.IntN(250))
	for i := range buyers {
		sale := r.IntN(len(p.Sales))
		b := BuyerPlan{
			Name:    fmt.Sprintf("buyer-%d", i),
			Sale:    sale,
			At:      millis(r, 0, int(p.Load.Milliseconds())),
			Lines:   drawLines(r, p.Sales[sale]),
			Key:     r.IntN(4) != 0,
			Clicks:  pick(r, 1, 1, 2),
			Web:     r.IntN(webs),
			Conduct: pick(r, pays, pays, pays, pays, paysTwice, paysLate, paysAfterFail, paysWrong, cancels, cancelsPaying, leaves, leaves),
			Draw:    r.Uint64(),
		}
		if i%2 == 0 {
			b.At = p.Sales[sale].Opens + millis(r, -100, 600)
		}
		buyers[i] = b
	}
	return buyers
}

func drawLines(r *rand.Rand, s SalePlan) []Line {
	var lines []Line
	for _, i := range r.Perm(len(s.Items))[:1+r.IntN(len(s.Items))] {
		lines = append(lines, Line{SKU: s.Items[i].SKU, Quantity: 1 + r.Int64N(s.Items[i].Limit)})
		if r.IntN(3) != 0 {
			break
		}
	}
	return lines
}
