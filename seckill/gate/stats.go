package gate

import "sync/atomic"

// Stats counts what a Gate has done since it was made, for metrics.
type Stats struct {
	// Requests for admission, and how many of them the sold-out memory answered.
	Requests, FromMemory int64
	// Batches are script calls for admission; Batched is the requests in them.
	Batches, Batched int64
	// Resends are batches that were sent again because an answer got lost.
	Resends int64
	// Unknown are requests whose outcome stayed unknown after that.
	Unknown int64
	// BuyerReads is how often the sold-out memory read a sale's buyers.
	BuyerReads int64
	// TakenAgain are orders that Redis had lost and that were admitted once more;
	// Lost are those for which no units were left.
	TakenAgain, Lost int64
	// Reconnects is how often the subscription had to be made again.
	Reconnects int64
}

type counters struct {
	requests, fromMemory, batches, batched, resends, unknown, buyerReads, takenAgain, lost, reconnects atomic.Int64
}

// Stats reads the counters.
func (g *Gate) Stats() Stats {
	return Stats{
		Requests:   g.stats.requests.Load(),
		FromMemory: g.stats.fromMemory.Load(),
		Batches:    g.stats.batches.Load(),
		Batched:    g.stats.batched.Load(),
		Resends:    g.stats.resends.Load(),
		Unknown:    g.stats.unknown.Load(),
		BuyerReads: g.stats.buyerReads.Load(),
		TakenAgain: g.stats.takenAgain.Load(),
		Lost:       g.stats.lost.Load(),
		Reconnects: g.stats.reconnects.Load(),
	}
}
