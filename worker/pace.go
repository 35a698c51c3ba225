package worker

import (
	"math"
	"time"

	"github.com/seckill-go/seckill/seckill/gate"
)

// paceMemory is the time constant of the average: a measurement of a second
// counts for about a tenth, so that the grain of settling (a transaction takes
// hundreds of orders at once) is smoothed, and after half a minute hardly
// anything is left of a pace that is not kept any more, which is well within the
// holds for which the limit is what bounds the wait.
const paceMemory = 10 * time.Second

// pace measures how many orders a second are settled for one sale while there is
// work, which is the only time when the settlers show what they can do.
type pace struct {
	rate  float64 // orders a second
	known bool

	// An interval that may become a measurement: settling has had work since.
	open     bool
	since    time.Time
	settled  int64
	caughtUp int64
}

// resumedPace goes on with a rate that was measured before, by this process or
// another; 0 means that none was.
func resumedPace(rate float64) *pace { return &pace{rate: rate, known: rate > 0} }

// observe takes a look at a backlog. An interval ends when something was settled
// in it: as long as nothing is, nobody can tell a slow transaction from one that
// never ends, and the rate stays as it was. (How long orders wait then is what
// stops admission.)
func (p *pace) observe(now time.Time, b gate.Backlog) {
	busy := p.open && b.Waiting && b.CaughtUp == p.caughtUp && b.Settled >= p.settled && now.After(p.since)
	switch done := b.Settled - p.settled; {
	case busy && done == 0:
		return
	case busy:
		took := now.Sub(p.since)
		p.learn(float64(done)/took.Seconds(), took)
	}
	p.open, p.since, p.settled, p.caughtUp = b.Waiting, now, b.Settled, b.CaughtUp
}

// learn adds a measurement to the average. Its weight is bounded however long its
// interval was, since that may have been an outage.
func (p *pace) learn(rate float64, took time.Duration) {
	if !p.known {
		p.rate, p.known = rate, true
		return
	}
	weight := 1 - math.Exp(-min(1, took.Seconds()/paceMemory.Seconds()))
	p.rate += weight * (rate - p.rate)
}

// limit is how many orders are settled within their share of a hold, within
// bounds; most while the pace is not known.
func (p *pace) limit(hold time.Duration, least, most int64) int64 {
	if !p.known {
		return most
	}
	orders := p.rate * hold.Seconds() * gate.HoldShare
	return int64(max(float64(least), min(orders, float64(most))))
}
