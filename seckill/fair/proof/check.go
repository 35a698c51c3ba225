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
	// Note is what a person has to know beside it.
	Note string `json:"note,omitempty"`
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
// commitment, of one that is drawn also randomness, ranks, and who had a turn.
func (p *Proof) Check() []Finding {
	if p.Rule != rule {
		return []Finding{{Check: "rule", Wrong: fmt.Sprintf("is %q; this program knows %q alone", p.Rule, rule)}}
	}
	if p.Commitment == nil {
		return []Finding{{Check: "commitment", Wrong: "there is none yet: the draw is " + p.State}}
	}
	findings := []Finding{p.checkList(), p.checkCount(), p.checkRoot(), p.checkRound(), p.checkBeacon()}
	if p.Outcome == nil {
		return append(findings, Finding{Check: "randomness", Note: "is still to come: round " +
			fmt.Sprint(p.Commitment.Round) + " is of " + p.roundTime(p.Commitment.Round).Format(time.RFC3339)})
	}
	findings = append(findings, p.checkRandomness())
	if findings[len(findings)-1].Wrong != "" {
		return findings // ranks by a value that anybody might have chosen say nothing
	}
	return append(findings, p.checkRanks(), p.checkTurns())
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
	}
	return f
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

func (p *Proof) checkRound() Finding {
	f := Finding{Check: "round"}
	c := p.Commitment
	if c.Round == 0 || p.Beacon.Period < 1 {
		f.Wrong = "there is no such round"
		return f
	}
	switch at := p.roundTime(c.Round); {
	case !at.After(c.CommittedAt):
		f.Wrong = fmt.Sprintf("round %d is of %s, when the commitment (%s) was not made yet: its value may have been known",
			c.Round, at.Format(time.RFC3339), c.CommittedAt.Format(time.RFC3339))
	case c.Round < p.PlannedRound:
		f.Wrong = fmt.Sprintf("is %d, earlier than the one that was announced (%d)", c.Round, p.PlannedRound)
	case c.Round > p.PlannedRound:
		f.Note = fmt.Sprintf("is %d and not %d, which was announced: the commitment came too late for that", c.Round, p.PlannedRound)
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
		f.Note = "a chain of drand that this program does not know: compare " + b.ChainHash + " and its key with where it is published"
	default:
		f.Note = "the shop's own: whoever has its key knew the outcome beforehand, and has to be trusted"
	}
	return f
}

func (p *Proof) checkRandomness() Finding {
	f := Finding{Check: "randomness"}
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
