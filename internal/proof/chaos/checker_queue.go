package chaos

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// firstArrival is the number of the first place after the start.
const firstArrival = int64(1) << 62

// checkQueues: nobody bought without a turn, nobody lost a place that he was told of or got
// another one, places of before the start are where the seed puts them, and turns were given
// in the order of the places.
func checkQueues(e Evidence) (found []Violation) {
	for _, q := range e.State.Queues {
		wrong := func(buyer, order, format string, args ...any) {
			found = append(found, Violation{fairQueue, fmt.Sprintf(format, args...), order, buyer})
		}
		if !q.Opened {
			found = append(found, Violation{Promise: nothingLost, Words: "the queue of sale " + q.Sale + " was never opened"})
		}
		rows := map[string]PlaceRow{}
		for _, p := range e.State.Places {
			if p.Sale != q.Sale {
				continue
			}
			rows[p.Buyer] = p
			switch waits := p.State == "waiting"; {
			case waits && p.Number <= q.CalledTo:
				wrong(p.Buyer, "", "%s waits at %d, and turns were given up to %d", p.Buyer, p.Number, q.CalledTo)
			case !waits && p.Number > q.CalledTo:
				wrong(p.Buyer, "", "%s at %d had a turn, and turns were given up to %d", p.Buyer, p.Number, q.CalledTo)
			}
			if shuffled := shuffledNumber(q, p.Buyer); p.Number < firstArrival && p.Number != shuffled {
				wrong(p.Buyer, "", "%s is at %d, and the shuffle says %d", p.Buyer, p.Number, shuffled)
			}
		}
		called := map[string]bool{}
		last := map[string]PlaceCall{}
		again := map[string]bool{} // buyers who have joined once more
		for _, p := range e.Places {
			if p.Sale != q.Sale {
				continue
			}
			before, told := last[p.Buyer]
			if told && before.Number != p.Number && before.State != "served" && before.State != "lapsed" {
				wrong(p.Buyer, "", "%s was told of the place %s (%s), and then of %s", p.Buyer, before.Number, before.State, p.Number)
			}
			if told && before.Number == p.Number && before.Place != 0 && p.Place != 0 && before.Place != p.Place {
				wrong(p.Buyer, "", "%s was told that the place is %d, and then %d", p.Buyer, before.Place, p.Place)
			}
			again[p.Buyer] = again[p.Buyer] || told && before.Number != p.Number
			last[p.Buyer] = p
			called[p.Buyer] = called[p.Buyer] || p.Pass != ""
		}
		for buyer, p := range last {
			if row, there := rows[buyer]; !there || fmt.Sprintf("%016x", row.Number) != p.Number && p.State != "served" && p.State != "lapsed" {
				wrong(buyer, "", "%s was told of the place %s, and it is not there", buyer, p.Number)
			}
		}
		for _, o := range e.State.Orders {
			switch row := rows[o.Buyer]; {
			case o.Sale != q.Sale:
			case !called[o.Buyer]:
				wrong(o.Buyer, o.ID, "%s has order %s, and never had a turn", o.Buyer, o.ID)
			case o.Status != "failed" && row.State != "served" && !again[o.Buyer]:
				wrong(o.Buyer, o.ID, "%s has order %s, and the turn is %q", o.Buyer, o.ID, row.State)
			}
		}
	}
	return found
}

// shuffledNumber is where the seed puts a buyer, as anybody can compute it.
func shuffledNumber(q QueueRow, buyer string) int64 {
	seed, _ := hex.DecodeString(q.Seed)
	mac := hmac.New(sha256.New, seed)
	fmt.Fprintf(mac, "seckill-queue-1\n%s\n%s", q.Sale, buyer)
	return int64(binary.BigEndian.Uint64(mac.Sum(nil)) << 2 >> 2)
}
