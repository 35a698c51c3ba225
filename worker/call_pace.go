package worker

import (
	"math"
	"time"
)

const (
	// callBurst is how much that was not used is kept: after a quiet time a sale gives no
	// more turns at once than of so long.
	callBurst = time.Second
	// callSlot and callSlots are what the pace is read from: the turns of so many seconds,
	// one by one.
	callSlot  = time.Second
	callSlots = 60
	// callShort is the part of them that is called lately.
	callShort = 10
)

// callPace says when turns are due, and how fast they came lately: what somebody who waits
// is told is made of it.
type callPace struct {
	at     time.Time
	unused float64

	began     time.Time
	slots     [callSlots]int64
	slot      int64 // the one that is being filled, counted from began
	low, high float64
}

func newCallPace(now time.Time) *callPace { return &callPace{at: now, began: now} }

// due is how many turns have become due since it was asked last, at a rate a second, besides
// those that were not given.
func (p *callPace) due(now time.Time, rate float64) int64 {
	passed := max(0, now.Sub(p.at).Seconds())
	p.at = now
	p.unused = min(p.unused+passed*rate, max(1, rate*callBurst.Seconds()))
	return int64(p.unused)
}

// observe takes note of turns that were given. Once a second it tells how many a second that
// makes, over a short and over a long while, the lower first; changed where that is news.
func (p *callPace) observe(now time.Time, called int64) (low, high float64, changed bool) {
	p.unused = max(0, p.unused-float64(called))
	slot := max(p.slot, int64(now.Sub(p.began)/callSlot))
	for past := max(p.slot, slot-callSlots) + 1; past <= slot; past++ {
		p.slots[past%callSlots] = 0
	}
	moved := slot != p.slot
	p.slot = slot
	p.slots[slot%callSlots] += called
	if !moved {
		return p.low, p.high, false
	}
	short, long := p.mean(callShort), p.mean(callSlots-1)
	low, high = min(short, long), max(short, long)
	if near(low, p.low) && near(high, p.high) {
		return p.low, p.high, false
	}
	p.low, p.high = low, high
	return low, high, true
}

// mean is over the last seconds that are whole.
func (p *callPace) mean(slots int64) float64 {
	slots = min(slots, p.slot)
	sum := int64(0)
	for past := p.slot - slots; past < p.slot; past++ {
		sum += p.slots[past%callSlots]
	}
	return float64(sum) / float64(max(1, slots))
}

// near tells whether nobody who waits would notice the difference.
func near(a, b float64) bool { return math.Abs(a-b) <= 0.1*max(a, b) }
