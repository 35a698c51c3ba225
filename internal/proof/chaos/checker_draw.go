package chaos

import (
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/seckill-go/seckill/seckill/fair/proof"
)

// checkDraws: each draw was drawn as was published, of who entered, and its units went to
// them in the order of their ranks before anybody else.
func checkDraws(e Evidence) (found []Violation) {
	for _, d := range e.State.Draws {
		if d.State != "drawn" || d.Unplaced > 0 {
			found = append(found, Violation{Promise: nothingLost, Words: e.State.drawUnrest()})
		}
		p := e.Proofs[d.Sale]
		if p == nil {
			found = append(found, Violation{Promise: fairDraw, Words: "nothing is published of the draw of sale " + d.Sale})
			continue
		}
		found = append(found, wrongs(p, p.Check(time.Now()))...)
		found = append(found, checkCommitments(e, d, p)...)
		found = append(found, checkEntries(e, d.Sale, p)...)
		found = append(found, checkList(e, d.Sale, p)...)
		found = append(found, checkTurns(e, d.Sale)...)
		found = append(found, checkStrangers(e, d.Sale)...)
	}
	return found
}

// checkCommitments: there was one commitment, whoever looked and whenever.
func checkCommitments(e Evidence, d DrawRow, p *proof.Proof) (found []Violation) {
	for _, c := range append([]Commitment{commitmentOf(p)}, e.Commitments...) {
		if c.Sale == d.Sale && c != d.Commitment {
			found = append(found, Violation{Promise: fairDraw, Words: fmt.Sprintf("the draw of sale %s was committed to %+v, and then to %+v", d.Sale, c, d.Commitment)})
		}
	}
	return found
}

// checkEntries: an entry that a buyer was told of is in the list, under its hash, unless it
// was taken back: then it is not.
func checkEntries(e Evidence, sale string, p *proof.Proof) (found []Violation) {
	listed := map[string]bool{}
	for _, entry := range p.Entries {
		listed[hex.EncodeToString(entry.Hash[:])] = true
	}
	wrong := func(c EntryCall, words string) {
		found = append(found, Violation{Promise: fairDraw, Buyer: c.Buyer, Words: fmt.Sprintf("entry %.8s of %s for %s %s", c.Hash, c.Buyer, c.SKU, words)})
	}
	has := map[string]EntryCall{} // by buyer
	// Whoever has sent a DELETE that was not answered may have no entry at any time after.
	doubtful := map[string]bool{}
	for _, c := range e.Entries {
		if c.Sale != sale {
			continue
		}
		before, entered := has[c.Buyer]
		switch {
		case c.told():
			if entered && before.Hash != c.Hash && !doubtful[c.Buyer] {
				wrong(c, fmt.Sprintf("is a second one, beside %.8s", before.Hash))
			}
			has[c.Buyer] = c
		case c.Method != "DELETE":
		case c.HTTP == 204 || c.HTTP == 404:
			if entered && listed[before.Hash] {
				wrong(before, "was taken back, and is in the list")
			}
			if entered && c.HTTP == 404 && !doubtful[c.Buyer] {
				wrong(before, "is not there when it is to be taken back")
			}
			delete(has, c.Buyer)
		case c.HTTP != 410:
			doubtful[c.Buyer] = true
		}
	}
	for buyer, c := range has {
		if !doubtful[buyer] && (!listed[c.Hash] || p.Own(c.SKU, buyer, c.Salt).Wrong != "") {
			wrong(c, "was acknowledged, and is not in the list")
		}
	}
	return found
}

// checkList: what is listed are the entries in SQL, of which each buyer has one.
func checkList(e Evidence, sale string, p *proof.Proof) (found []Violation) {
	rows := 0
	buyers := map[string]bool{}
	for _, row := range e.State.Entries {
		if row.Sale != sale {
			continue
		}
		rows++
		if p.Own(row.SKU, row.Buyer, row.Salt).Wrong != "" {
			found = append(found, Violation{fairDraw, fmt.Sprintf("the entry of %s is not in the list", row.Buyer), row.Order, row.Buyer})
		}
		if buyers[row.Buyer] {
			found = append(found, Violation{fairDraw, row.Buyer + " has two entries", row.Order, row.Buyer})
		}
		buyers[row.Buyer] = true
	}
	if rows != len(p.Entries) {
		found = append(found, Violation{Promise: fairDraw, Words: fmt.Sprintf("%d entries are listed of the draw of sale %s, and there are %d", len(p.Entries), sale, rows)})
	}
	return found
}

// checkTurns: ranks had their turns in their order, each once, and no unit is left while
// one waits.
func checkTurns(e Evidence, sale string) (found []Violation) {
	places := map[string]WaiterRow{} // by buyer
	for _, w := range e.State.Waiters {
		if w.Sale != sale {
			continue
		}
		if _, twice := places[w.Buyer]; twice {
			found = append(found, Violation{fairDraw, w.Buyer + " has two turns", w.Order, w.Buyer})
		}
		places[w.Buyer] = w
	}
	newest := map[string]OrderRow{} // by item, of the ranks so far
	for _, row := range e.State.Entries {
		if row.Sale != sale {
			continue
		}
		o, served := e.State.Orders[row.Order]
		last, left := newest[row.SKU], e.Redis[sale].Available[row.SKU]
		switch {
		case served && o.Created.Before(last.Created):
			if !e.redisForgot(o.Created) {
				found = append(found, Violation{fairDraw, fmt.Sprintf("rank %d of %s had order %s before a better rank had %s", row.Rank, row.SKU, o.ID, last.ID), o.ID, o.Buyer})
			}
		case served:
			newest[row.SKU] = o
		case left > 0 && waits(places, row):
			found = append(found, Violation{neverUndersold, fmt.Sprintf("rank %d of %s has not had its turn, and %d are available", row.Rank, row.SKU, left), "", row.Buyer})
		}
	}
	return found
}

// waits tells whether the turn of an entry has not come.
func waits(places map[string]WaiterRow, row EntryRow) bool {
	place, placed := places[row.Buyer]
	return !placed || place.Status == "waiting" || place.Status == "offering"
}

// checkStrangers: nobody who was not drawn got a unit before each rank had its turn.
func checkStrangers(e Evidence, sale string) (found []Violation) {
	drawn, lapsed := map[string]EntryRow{}, map[string]bool{} // by order
	for _, row := range e.State.Entries {
		drawn[row.Order] = row
	}
	for _, w := range e.State.Waiters {
		lapsed[w.Order] = w.Status == "lapsed"
	}
	for _, o := range e.State.Orders {
		if o.Sale != sale || drawn[o.ID].Buyer == o.Buyer || e.redisForgot(o.Created) {
			continue
		}
		for _, row := range e.State.Entries {
			turn, served := e.State.Orders[row.Order]
			wants := slices.ContainsFunc(o.Lines, func(l Line) bool { return l.SKU == row.SKU })
			if row.Sale == sale && wants && (!served && !lapsed[row.Order] || o.Created.Before(turn.Created)) {
				found = append(found, Violation{fairDraw, fmt.Sprintf("%s, who was not drawn, has order %s before rank %d of %s had its turn", o.Buyer, o.ID, row.Rank, row.SKU), o.ID, o.Buyer})
				break
			}
		}
	}
	return found
}

// redisForgot tells whether Redis may have forgotten later whose turn it was, so that it
// had to come again.
func (e Evidence) redisForgot(at time.Time) bool {
	for _, w := range e.RedisLosses {
		if at.Before(w.until) {
			return true
		}
	}
	return false
}
