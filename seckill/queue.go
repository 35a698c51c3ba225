package seckill

import (
	"encoding/hex"
	"time"
)

// QueueRule names how the places of a queue are shuffled. It stands in all that is hashed.
const QueueRule = "seckill-queue-1"

// FirstArrival is the number of the first place that is taken once the queue is open. The
// numbers of those who came before are below it, so they come first, however they came.
const FirstArrival = int64(1) << 62

// QueueState is what a queue does.
type QueueState string

const (
	QueueGathering QueueState = "gathering" // before the start: places are to be shuffled
	QueueOpen      QueueState = "open"      // turns are given
	QueuePaused    QueueState = "paused"    // by an operator; who comes gets a place
	QueueOver      QueueState = "over"      // with its sale
)

// Queue lets buyers into a sale, one after the other.
type Queue struct {
	SaleID ID
	// Seed shuffles the places of those who come before the start. It is published when
	// the queue opens; Commitment, which is made of it, from the first load on.
	Seed       []byte
	Commitment string
	// PassKey signs passes. It is known to the processes alone.
	PassKey []byte
	// OpenedAt is when places were no longer shuffled; zero before.
	OpenedAt time.Time
	Paused   bool
	// Early places are shuffled; Arrivals were given since, with the numbers from
	// FirstArrival on.
	Early, Arrivals int64
	// CalledTo is the highest number whose turn has come.
	CalledTo int64
	// PaceLow and PaceHigh are turns a second, as they were given lately: the least and the
	// most of it; 0 where nothing is known.
	PaceLow, PaceHigh float64
}

// Joined is how many places were given.
func (q Queue) Joined() int64 { return q.Early + q.Arrivals }

// PublishedSeed is the seed in hexadecimal once everybody may know it: when it can shuffle
// nobody any more. Before that it is empty.
func (q Queue) PublishedSeed() string {
	if q.OpenedAt.IsZero() {
		return ""
	}
	return hex.EncodeToString(q.Seed)
}

// StateIn tells what the queue does in its sale at a time.
func (q Queue) StateIn(sale *Sale, now time.Time) QueueState {
	switch {
	case sale.State == SaleClosed, !now.Before(sale.EndsAt):
		return QueueOver
	case q.Paused || sale.State == SalePaused || sale.State == SaleRecovering:
		return QueuePaused
	case q.OpenedAt.IsZero():
		return QueueGathering
	}
	return QueueOpen
}

// PlaceState is where somebody stands who queues.
type PlaceState string

const (
	PlaceWaiting PlaceState = "waiting"
	PlaceCalled  PlaceState = "called" // may buy until the end of the turn
	PlaceServed  PlaceState = "served" // the turn has made an order
	PlaceLapsed  PlaceState = "lapsed" // the turn has passed, or the queue was flushed
)

// Open tells whether the place is of use to its buyer.
func (s PlaceState) Open() bool { return s == PlaceWaiting || s == PlaceCalled }

// Turn is the right to one order of a sale: the number of the buyer's place, and the sale's
// epoch in which it was given. When Redis has lost a sale it has lost which turns were
// used, so none of before is taken.
type Turn struct{ Number, Epoch int64 }

// Place is a buyer's place in the queue of a sale. A buyer has one in a sale.
type Place struct {
	SaleID ID
	Buyer  string
	// Number orders the places, and names the turn.
	Number   int64
	State    PlaceState
	JoinedAt time.Time
	// Until is the end of a turn.
	Until time.Time
}
