package proof

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
)

// checkRanks recomputes the rank of each entry among those of its item.
func (p *Proof) checkRanks() Finding {
	f := Finding{Check: "ranks"}
	randomness, err := hex.DecodeString(p.Outcome.Randomness)
	if err != nil {
		f.Wrong = "the randomness is not hexadecimal"
		return f
	}
	byRank := p.ranked(randomness)
	next := make(map[string]int64)
	for _, i := range byRank {
		e := &p.Entries[i]
		next[e.SKU]++
		if e.Rank != next[e.SKU] {
			f.Wrong = fmt.Sprintf("entry %x has rank %d of %s by the rule, and was given %d", e.Hash, next[e.SKU], e.SKU, e.Rank)
			return f
		}
	}
	return f
}

// ranked gives the positions of all entries, the first rank first.
func (p *Proof) ranked(randomness []byte) []int {
	keys := make([][sha256.Size]byte, len(p.Entries))
	order := make([]int, len(p.Entries))
	mac := hmac.New(sha256.New, randomness)
	for i := range p.Entries {
		mac.Reset()
		mac.Write(p.Entries[i].Hash[:])
		mac.Sum(keys[i][:0])
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool {
		if c := bytes.Compare(keys[order[a]][:], keys[order[b]][:]); c != 0 {
			return c < 0
		}
		return bytes.Compare(p.Entries[order[a]].Hash[:], p.Entries[order[b]].Hash[:]) < 0
	})
	return order
}

// checkTurns looks whether anybody had a turn before one of a better rank.
func (p *Proof) checkTurns() Finding {
	f := Finding{Check: "turns"}
	skipped := make(map[string]*Entry) // by item, the best rank whose turn has not come
	last := make(map[string]*Entry)    // by item, the last rank that has had units
	for i := range p.Entries {
		e := &p.Entries[i]
		switch e.Status {
		case offered:
			if l := last[e.SKU]; l == nil || e.Rank > l.Rank {
				last[e.SKU] = e
			}
		case "":
			if s := skipped[e.SKU]; s == nil || e.Rank < s.Rank {
				skipped[e.SKU] = e
			}
		}
	}
	for sku, l := range last {
		if s := skipped[sku]; s != nil && s.Rank < l.Rank {
			f.Wrong = fmt.Sprintf("rank %d of %s was offered a unit before rank %d (entry %x)", l.Rank, sku, s.Rank, s.Hash)
			return f
		}
	}
	had, gone := 0, 0
	for i := range p.Entries {
		switch e := &p.Entries[i]; {
		case e.Status == offered:
			had++
		case e.Status != "" && last[e.SKU] != nil && e.Rank < last[e.SKU].Rank:
			gone++
		}
	}
	f.Note = fmt.Sprintf("%d of %d entries have been offered a unit", had, len(p.Entries))
	if gone > 0 {
		f.Mind = true
		f.Note += fmt.Sprintf("; of %d with a better rank it is said that they left, or could not have one: each knows that of himself", gone)
	}
	return f
}
