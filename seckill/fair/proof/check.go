package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/cloudflare/circl/sign/bls"
)

const rule = "seckill-draw-1"

// Quicknet is the chain of drand whose key and times everybody can look up elsewhere. The
// times belong to it: with others an old round, whose value is known, would be to come.
const (
	quicknetGenesis = 1692803367
	quicknetPeriod  = 3

	QuicknetHash = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
	QuicknetKey  = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)

// Finding is what one check says.
type Finding struct {
	// Check names what was looked at.
	Check string `json:"check"`
	// Wrong is what is wrong; empty: nothing.
	Wrong string `json:"wrong,omitempty"`
	// Note says more of what was found. With Mind it is something that a person has to
	// judge: the check alone does not say that all is right.
	Note string `json:"note,omitempty"`
	Mind bool   `json:"mind,omitempty"`
}

// Wrong tells whether any check failed.
func Wrong(findings []Finding) bool {
	for _, f := range findings {
		if f.Wrong != "" {
			return true
		}
	}
	return false
}

// Check recomputes everything that can be of a draw: of one that is committed the
// commitment, of one that is drawn also randomness, ranks, and who had a turn. now is the
// time by which a round is due.
func (p *Proof) Check(now time.Time) []Finding {
	if p.Rule != rule {
		return []Finding{{Check: "rule", Wrong: fmt.Sprintf("is %s; this program knows %s alone", p.Rule, rule)}}
	}
	if p.Commitment == nil {
		return []Finding{{Check: "commitment", Wrong: "there is none yet: the draw is " + p.State}}
	}
	findings := []Finding{p.checkList(), p.checkCount(), p.checkRoot(), p.checkRound(), p.checkBeacon()}
	if p.Outcome == nil {
		return append(findings, p.checkUndrawn(now))
	}
	findings = append(findings, p.checkRandomness())
	if findings[len(findings)-1].Wrong != "" {
		return findings // ranks by a value that anybody might have chosen say nothing
	}
	return append(findings, p.checkRanks(), p.checkTurns())
}

// overdue is how long after its time a round may be missing from what is published.
const overdue = 5 * time.Minute

// checkUndrawn: without an outcome nothing follows from it.
func (p *Proof) checkUndrawn(now time.Time) Finding {
	f := Finding{Check: "randomness", Mind: true}
	for i := range p.Entries {
		if e := &p.Entries[i]; e.Rank != 0 || e.Status != "" {
			f.Wrong = fmt.Sprintf("there is none, and entry %x has a rank or had a turn", e.Hash)
			return f
		}
	}
	at := p.roundTime(p.Commitment.Round)
	due := fmt.Sprintf("round %d, which is of %s", p.Commitment.Round, at.Format(time.RFC3339))
	switch {
	case p.State == drawn:
		f.Wrong = "there is none, and the draw is said to be drawn"
	case p.State == void:
		f.Note = "there is none: the sale was closed before it was drawn, and nobody has had a turn"
	case now.After(at.Add(overdue)):
		f.Wrong = "is missing, and long due: " + due + ". Either the draw waits for its beacon, or its outcome was left out"
	default:
		f.Note = "is still to come: " + due
	}
	return f
}

func (p *Proof) checkList() Finding {
	f := Finding{Check: "list"}
	for i := 1; i < len(p.Entries); i++ {
		switch bytes.Compare(p.Entries[i-1].Hash[:], p.Entries[i].Hash[:]) {
		case 0:
			f.Wrong = fmt.Sprintf("entry %x is there twice", p.Entries[i].Hash)
			return f
		case 1:
			f.Wrong = fmt.Sprintf("entry %x is out of order (line %d)", p.Entries[i].Hash, i+2)
			return f
		}
	}
	return f
}

func (p *Proof) checkCount() Finding {
	f := Finding{Check: "number of entries"}
	switch listed, committed := int64(len(p.Entries)), p.Commitment.Entries; {
	case listed > committed:
		f.Wrong = fmt.Sprintf("%d are listed, %d were committed to: %d were added", listed, committed, listed-committed)
	case listed < committed:
		f.Wrong = fmt.Sprintf("%d are listed, %d were committed to: %d were dropped", listed, committed, committed-listed)
	case p.Document.Entries != committed:
		f.Wrong = fmt.Sprintf("the draw says %d, and was committed to %d", p.Document.Entries, committed)
	default:
		f.Wrong = p.wrongItems()
	}
	return f
}

// wrongItems tells where what the draw says of its items is not what is listed.
func (p *Proof) wrongItems() string {
	listed := make(map[string]int64)
	for i := range p.Entries {
		listed[p.Entries[i].SKU]++
	}
	for _, it := range p.Items {
		if n := listed[it.SKU]; n != it.Entries {
			return fmt.Sprintf("of %s there are %d, and the draw says %d", it.SKU, n, it.Entries)
		}
		delete(listed, it.SKU)
	}
	for sku, n := range listed {
		return fmt.Sprintf("%d are for %s, which is no item of the draw", n, sku)
	}
	return ""
}

func (p *Proof) checkRoot() Finding {
	f := Finding{Check: "commitment"}
	if root := hex.EncodeToString(merkleRoot(p.Entries)); root != p.Commitment.Root {
		f.Wrong = fmt.Sprintf("the list has the root %s, committed to was %s: an entry was changed, added or dropped", root, p.Commitment.Root)
	}
	return f
}

// merkleRoot is the root of RFC 6962, section 2.1.
func merkleRoot(entries []Entry) []byte {
	var sum [32]byte
	switch n := len(entries); n {
	case 0:
		sum = sha256.Sum256(nil)
	case 1:
		leaf := make([]byte, 0, 1+32+64)
		leaf = append(append(append(leaf, 0), entries[0].Hash[:]...), entries[0].SKU...)
		sum = sha256.Sum256(leaf)
	default:
		split := 1
		for 2*split < n {
			split *= 2
		}
		node := make([]byte, 0, 1+2*32)
		node = append(append(append(node, 1), merkleRoot(entries[:split])...), merkleRoot(entries[split:])...)
		sum = sha256.Sum256(node)
	}
	return sum[:]
}

func (p *Proof) roundTime(round uint64) time.Time {
	return time.Unix(p.Beacon.Genesis+int64(round-1)*p.Beacon.Period, 0).UTC()
}

// roundFor is the round to which a commitment of a time is: the planned one, unless half of
// what lies between the last entry and it has passed by then, and else the first one that
// is as far away as that was to be.
func (p *Proof) roundFor(at time.Time) uint64 {
	lead := p.roundTime(p.PlannedRound).Sub(p.EntriesUntil)
	if !p.roundTime(p.PlannedRound).Before(at.Add(lead / 2)) {
		return p.PlannedRound
	}
	later := at.Add(lead)
	round := uint64(1)
	if b := p.Beacon; later.Unix() > b.Genesis {
		round += uint64((later.Unix() - b.Genesis) / b.Period)
	}
	for p.roundTime(round).Before(later) {
		round++
	}
	return round
}

func (p *Proof) checkRound() Finding {
	f := Finding{Check: "round"}
	c, at := p.Commitment, p.roundTime(p.Commitment.Round)
	when := c.CommittedAt.Format(time.RFC3339)
	switch {
	case c.CommittedAt.Before(p.EntriesUntil):
		f.Wrong = fmt.Sprintf("the commitment is of %s, when entries were still taken (until %s)", when, p.EntriesUntil.Format(time.RFC3339))
	case !at.After(c.CommittedAt):
		f.Wrong = fmt.Sprintf("round %d is of %s, when the commitment (%s) was not made yet: its value may have been known", c.Round, at.Format(time.RFC3339), when)
	case c.Round != p.roundFor(c.CommittedAt):
		f.Wrong = fmt.Sprintf("is %d, and by the rule %d: announced was %d, and the commitment was made at %s", c.Round, p.roundFor(c.CommittedAt), p.PlannedRound, when)
	case c.Round != p.PlannedRound:
		f.Note, f.Mind = fmt.Sprintf("is %d and not %d, which was announced: the commitment, of %s, came too late for that", c.Round, p.PlannedRound, when), true
	}
	return f
}

func (p *Proof) checkBeacon() Finding {
	f := Finding{Check: "beacon"}
	switch b := p.Beacon; {
	case b.Kind == "drand" && b.ChainHash == QuicknetHash && b.PublicKey == QuicknetKey && b.Genesis == quicknetGenesis && b.Period == quicknetPeriod:
		f.Note = "drand quicknet, which no single party controls"
	case b.ChainHash == QuicknetHash:
		f.Wrong = "is called drand quicknet, and has another key or other times"
	case b.Kind == "drand":
		f.Note, f.Mind = "a chain of drand that this program does not know: compare "+b.ChainHash+", its key, genesis and period with where they are published", true
	default:
		f.Mind, f.Note = true, "the shop's own: whoever has its key knew the outcome beforehand, and has to be trusted"
	}
	return f
}

func (p *Proof) checkRandomness() Finding {
	f := Finding{Check: "randomness"}
	if p.State != drawn {
		f.Wrong = "is there, and the draw is said to be " + p.State
		return f
	}
	signature, err := hex.DecodeString(p.Outcome.Signature)
	if err != nil {
		f.Wrong = "the signature is not hexadecimal"
		return f
	}
	raw, err := hex.DecodeString(p.Beacon.PublicKey)
	key := new(bls.PublicKey[bls.KeyG2SigG1])
	if err == nil {
		err = key.UnmarshalBinary(raw)
	}
	if err != nil || !key.Validate() {
		f.Wrong = "the beacon's public key is none"
		return f
	}
	round := sha256.Sum256(binary.BigEndian.AppendUint64(nil, p.Commitment.Round))
	if !bls.Verify(key, round[:], signature) {
		f.Wrong = fmt.Sprintf("the signature is not the beacon's for round %d", p.Commitment.Round)
		return f
	}
	if sum := sha256.Sum256(signature); hex.EncodeToString(sum[:]) != p.Outcome.Randomness {
		f.Wrong = "is not SHA-256 of the signature"
	}
	return f
}
