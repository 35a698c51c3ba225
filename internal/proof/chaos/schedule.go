package chaos

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
)

// drawFaults draws when what strikes whom: two to four faults, and what comes
// with some of them to make them worse.
func drawFaults(r *rand.Rand, p *Plan) []Fault {
	var faults []Fault
	for range 2 + r.IntN(3) {
		kind := drawKind(r, p)
		f := Fault{Kind: kind.name, At: drawMoment(r, p), For: millis(r, 300, 2500), Slot: r.IntN(webs + workers), Draw: r.Uint64()}
		if kind.draw != nil {
			kind.draw(r, p, &f)
		}
		faults = append(faults, f)
		if kind.redisLoss {
			faults = append(faults, drawCompany(r, f)...)
		}
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return int(a.At - b.At) })
	return faults
}

// drawMoment prefers the rush: that is when most is under way.
func drawMoment(r *rand.Rand, p *Plan) time.Duration {
	if r.IntN(2) == 0 {
		return pick(r, p.Sales...).Opens + millis(r, 50, 1000)
	}
	return millis(r, 400, int(p.Load.Milliseconds()))
}

// drawCompany makes the loss of Redis's memory matter. Orders are in SQL within
// milliseconds, so that mostly nothing is in flight to be lost: what is behind
// Redis is held up before. The web process that remembers its orders may die as
// well, or the worker that loads the sale again.
func drawCompany(r *rand.Rand, loss Fault) (company []Fault) {
	before := func(most int) time.Duration { return max(0, loss.At-millis(r, 100, most)) }
	switch r.IntN(6) {
	case 0:
	case 1:
		for slot := webs; slot < webs+workers; slot++ {
			company = append(company, Fault{Kind: "SIGSTOP", At: before(500), For: millis(r, 800, 2500), Slot: slot})
		}
	default:
		company = append(company, Fault{Kind: pick(r, "pause", "cut"), At: before(700), For: millis(r, 800, 2500), Slot: allSlots,
			Service: pick(r, "rabbitmq", "rabbitmq", "mysql")})
	}
	if r.IntN(3) == 0 {
		company = append(company, Fault{Kind: "kill -9", At: before(300) + millis(r, 0, 600), For: millis(r, 300, 1500), Slot: r.IntN(webs)})
	}
	if r.IntN(3) == 0 {
		load := pick(r, fault.LoadFenced, fault.LoadRead, fault.LoadWritten, fault.LoadOpened)
		company = append(company, Fault{Kind: "fault point", At: before(800), For: millis(r, 2000, 4000), Slot: webs + r.IntN(workers), Key: string(load) + "=kill@1"})
	}
	return company
}

func drawKind(r *rand.Rand, p *Plan) kind {
	total := 0
	for _, k := range kinds {
		if k.fits(p) {
			total += k.weight
		}
	}
	n := r.IntN(total)
	for _, k := range kinds {
		if !k.fits(p) {
			continue
		}
		if n -= k.weight; n < 0 {
			return k
		}
	}
	panic("the weights do not add up")
}
