package seckill

import "time"

// DrawRule names how a draw is made. It stands in all that is hashed, so that no other
// rule can be applied to the same entries.
const DrawRule = "seckill-draw-1"

// Kinds of beacons.
const (
	BeaconDrand = "drand"
	BeaconLocal = "local"
)

// Beacon describes a source of public randomness: a chain of rounds, each with a time, and
// a signature that nobody knows before it.
type Beacon struct {
	Kind      string `json:"kind"`
	ChainHash string `json:"chain_hash"`
	PublicKey string `json:"public_key"`
	// Genesis is when round 1 was, in unix seconds; Period is the seconds between two.
	Genesis int64 `json:"genesis_unix"`
	Period  int64 `json:"period_seconds"`
}

// Quicknet is drand's chain of a round each three seconds. Its scheme is
// bls-unchained-g1-rfc9380: keys in G2, signatures in G1 over SHA-256 of the round.
// Source: https://api.drand.sh/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971/info
var Quicknet = Beacon{
	Kind:      BeaconDrand,
	ChainHash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
	PublicKey: "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
	Genesis:   1692803367,
	Period:    3,
}

// TimeOf is when a round is due.
func (b Beacon) TimeOf(round uint64) time.Time {
	return time.Unix(b.Genesis+int64(round-1)*b.Period, 0).UTC()
}

// FirstAt is the first round that is not before a time.
func (b Beacon) FirstAt(t time.Time) uint64 {
	if !t.After(b.TimeOf(1)) {
		return 1
	}
	round := 1 + uint64((t.Unix()-b.Genesis)/b.Period)
	if b.TimeOf(round).Before(t) {
		round++
	}
	return round
}

// DrawState is how far a draw has come.
type DrawState string

const (
	DrawEntering  DrawState = "entering"  // entries are taken
	DrawClosing   DrawState = "closing"   // no more entries; the commitment is being made
	DrawCommitted DrawState = "committed" // the commitment is published, the randomness is to come
	DrawDrawn     DrawState = "drawn"     // each entry has its rank
	// DrawVoid is told of a draw whose sale was closed before it was drawn.
	DrawVoid DrawState = "void"
)

// Draw decides by public randomness who may buy what a sale has.
type Draw struct {
	SaleID       ID
	State        DrawState
	EntriesUntil time.Time
	// Beacon and PlannedRound are settled with the sale: the first round that is so long
	// after the last entry as is usual.
	Beacon       Beacon
	PlannedRound uint64
	// Of a draw that is committed: the root over its entries, their number, and the
	// beacon's round that decides, a later one than was planned where it was too late.
	Root        string
	Entries     int64
	Round       uint64
	CommittedAt time.Time
	// Of a draw that is drawn.
	Signature []byte
	DrawnAt   time.Time
	// Trouble is why a draw that is due waits; empty: it does not.
	Trouble string
	Items   []DrawItem
}

// RoundFor is the round to which a commitment made at a time is: the planned one, unless half
// of what lies between the last entry and it has passed, so that nobody had time to see
// the commitment. Then it is the first that is as far away as that one was to be. Nobody
// chooses it, and anybody can compute it from what is published.
func (d Draw) RoundFor(committed time.Time) uint64 {
	lead := d.Beacon.TimeOf(d.PlannedRound).Sub(d.EntriesUntil)
	if d.Beacon.TimeOf(d.PlannedRound).Before(committed.Add(lead / 2)) {
		return d.Beacon.FirstAt(committed.Add(lead))
	}
	return d.PlannedRound
}

// DrawItem is one item of a draw.
type DrawItem struct {
	SKU string
	// Entries is how many want it; Placed is how many of them, by rank, have had their
	// turn or are next.
	Entries, Placed int64
}

// DrawEntry is a buyer's entry in a draw. A buyer has one in a sale.
type DrawEntry struct {
	SaleID ID
	Buyer  string
	SKU    string
	// Salt is known to the buyer alone; Hash, which is published, is made with it.
	Salt      string
	Hash      string
	EnteredAt time.Time
	// Rank is the entry's among those of its item, from 1 on; 0 before the draw.
	Rank int64
	// Status is what became of it: empty while its turn has not come.
	Status WaiterStatus
	// OrderID is the order of one whose turn came.
	OrderID ID
}
