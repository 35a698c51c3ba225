package seckill

import (
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"
)

// ID names a sale, an order or a payment. It is a 64-bit number that grows with
// time: 41 bits of milliseconds since 2024, 10 bits of worker number, 12 bits
// of sequence. In JSON and in URLs it is a decimal string, since a browser's
// numbers end at 2^53.
type ID int64

const (
	idWorkerBits   = 10
	idSequenceBits = 12
	idSequenceMask = 1<<idSequenceBits - 1

	// IDWorkers is how many processes can make ids at the same time.
	IDWorkers = 1 << idWorkerBits
)

// idEpoch is where the milliseconds of an ID start: 2024-01-01T00:00:00Z. The
// 41 bits last until 2093.
var idEpoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// ParseID reads the decimal form; anything but a positive 64-bit number in its
// shortest form is refused, so that an id has one spelling.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != s {
		return 0, Errorf(CodeInvalidRequest, "not an id")
	}
	return ID(n), nil
}

// Short is the id in base 36, at most 13 characters: the form in Redis, where each
// order's id stands several times, and in messages.
func (id ID) Short() string { return strconv.FormatInt(int64(id), 36) }

// ParseShortID reads the short form, as strictly as ParseID the decimal one.
func ParseShortID(s string) (ID, error) {
	n, err := strconv.ParseInt(s, 36, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 36) != s {
		return 0, Errorf(CodeInvalidRequest, "not an id")
	}
	return ID(n), nil
}

func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }

// Time tells when the id was made, by the clock of the process that made it.
func (id ID) Time() time.Time {
	return UnixMilli(int64(id)>>(idWorkerBits+idSequenceBits) + idEpoch)
}

func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}

var _ json.Marshaler = ID(0)

// MarshalJSON writes the decimal string.
func (id ID) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, id.String()), nil }

// ErrNoIDLease says that this process holds no worker number just now, so that
// an id that it made could be another's.
var ErrNoIDLease = errors.New("no valid lease on a worker number for ids")

// IDGenerator makes ids for one process. Two processes never make the same id
// as long as each makes them under a lease: a worker number that nobody else
// holds before the lease ends. The generator stops at that end by itself, even
// when the process was frozen in between, and it never goes back in time.
type IDGenerator struct {
	clock Clock

	mu       sync.Mutex
	worker   int64
	until    int64 // unix milliseconds; no id carries this time or a later one
	last     int64 // unix milliseconds of the newest id
	sequence int64
}

// NewIDGenerator makes a generator that holds no lease yet.
func NewIDGenerator(clock Clock) *IDGenerator { return &IDGenerator{clock: clock} }

// Lease gives the generator a worker number, valid until just before the given
// time. A renewal passes the same number again.
func (g *IDGenerator) Lease(worker int, until time.Time) {
	if worker < 0 || worker >= IDWorkers {
		panic("seckill: worker number out of range: " + strconv.Itoa(worker))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.worker != int64(worker) {
		g.last, g.sequence = 0, 0
	}
	g.worker, g.until = int64(worker), until.UnixMilli()
}

// Next makes an id, or returns ErrNoIDLease.
func (g *IDGenerator) Next() (ID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ms := max(g.clock().UnixMilli(), g.last)
	if ms == g.last {
		g.sequence++
		if g.sequence > idSequenceMask {
			// 4,096 ids in one millisecond: borrow from the next one. The lease's
			// end still bounds how far this can run ahead of the clock.
			ms, g.sequence = ms+1, 0
		}
	} else {
		g.sequence = 0
	}
	if ms >= g.until {
		return 0, ErrNoIDLease
	}
	g.last = ms
	return ID((ms-idEpoch)<<(idWorkerBits+idSequenceBits) | g.worker<<idSequenceBits | g.sequence), nil
}
