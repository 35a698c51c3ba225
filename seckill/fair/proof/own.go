package proof

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"sort"
	"strings"
	"time"
)

// Own looks for a buyer's entry in the list.
func (p *Proof) Own(sku, buyer, salt string) Finding {
	f := Finding{Check: "own entry"}
	text := strings.Join([]string{rule, p.SaleID, sku, buyer, salt}, "\n") + "\n"
	hash := sha256.Sum256([]byte(text))
	i := sort.Search(len(p.Entries), func(i int) bool { return bytes.Compare(p.Entries[i].Hash[:], hash[:]) >= 0 })
	switch {
	case i == len(p.Entries) || p.Entries[i].Hash != hash:
		f.Wrong = fmt.Sprintf("%x is not in the list", hash)
	case p.Entries[i].SKU != sku:
		f.Wrong = fmt.Sprintf("%x is in the list for %s, and was made for %s", hash, p.Entries[i].SKU, sku)
	case p.Entries[i].Rank > 0:
		f.Note = fmt.Sprintf("%x is in the list, with rank %d of %s", hash, p.Entries[i].Rank, sku)
	default:
		f.Note = fmt.Sprintf("%x is in the list", hash)
	}
	return f
}

// Of tells whether the proof is of a sale.
func (p *Proof) Of(sale string) Finding {
	f := Finding{Check: "sale"}
	if p.SaleID != sale {
		f.Wrong = fmt.Sprintf("asked for was the draw of sale %s, and this is that of %s", sale, p.SaleID)
	}
	return f
}

// Since compares with what was saved earlier of the same draw, and names what differs.
func (p *Proof) Since(saved *Proof) Finding {
	f := Finding{Check: "what was saved"}
	switch {
	case saved.SaleID != p.SaleID:
		f.Wrong = "is of another sale, " + saved.SaleID
		return f
	case saved.Commitment == nil:
		f.Wrong = "has no commitment"
		return f
	case saved.Beacon != p.Beacon || saved.PlannedRound != p.PlannedRound || !saved.EntriesUntil.Equal(p.EntriesUntil):
		f.Wrong = fmt.Sprintf("had another beacon or plan: round %d of %s, entries until %s", saved.PlannedRound, saved.Beacon.ChainHash, saved.EntriesUntil.Format(time.RFC3339))
	case p.Commitment != nil && *saved.Commitment != *p.Commitment:
		f.Wrong = fmt.Sprintf("had another commitment: root %s over %d entries, round %d", saved.Commitment.Root, saved.Commitment.Entries, saved.Commitment.Round)
	}
	var changes []string
	a, b := saved.Entries, p.Entries
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && bytes.Compare(a[0].Hash[:], b[0].Hash[:]) < 0:
			changes, a = append(changes, fmt.Sprintf("%x was dropped", a[0].Hash)), a[1:]
		case len(a) == 0 || bytes.Compare(a[0].Hash[:], b[0].Hash[:]) > 0:
			changes, b = append(changes, fmt.Sprintf("%x was added", b[0].Hash)), b[1:]
		default:
			switch {
			case a[0].SKU != b[0].SKU:
				changes = append(changes, fmt.Sprintf("%x was for %s and is for %s", a[0].Hash, a[0].SKU, b[0].SKU))
			case a[0].Rank != 0 && a[0].Rank != b[0].Rank:
				changes = append(changes, fmt.Sprintf("%x had rank %d and has %d", a[0].Hash, a[0].Rank, b[0].Rank))
			case a[0].Status == offered && b[0].Status != offered:
				changes = append(changes, fmt.Sprintf("%x had been offered a unit, and is said not to have been", a[0].Hash))
			}
			a, b = a[1:], b[1:]
		}
	}
	if len(changes) == 0 {
		return f
	}
	const most = 5
	text := "entry " + strings.Join(changes[:min(most, len(changes))], ", entry ")
	if len(changes) > most {
		text += fmt.Sprintf(", and %d more", len(changes)-most)
	}
	if f.Wrong != "" {
		text = f.Wrong + "; " + text
	}
	f.Wrong = text
	return f
}
