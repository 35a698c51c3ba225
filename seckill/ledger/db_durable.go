package ledger

import (
	"context"
	"math/rand/v2"
)

// flushSlots keeps processes that flush at the same time from waiting for each
// other's row.
const flushSlots = 64

// Durable returns once everything that was read from the ledger before is on disk.
//
// InnoDB shows a commit to others a moment before it has written it: what was read
// in that moment is gone when the server is killed then. Within the ledger that
// harms nobody, as everything that was built on it is gone as well. But whoever is
// about to tell Redis, the broker, a provider or a buyer of what he read has to
// wait for it first. The log is written in the order of the commits, so one more
// commit is enough. What a call of this package wrote itself is durable when it
// returns, and so is what it lists for an agent to act on.
func (l *Ledger) Durable(ctx context.Context) error {
	if !l.db.VisibleBeforeDurable {
		return nil
	}
	return l.db.WriteOne(ctx, "INSERT INTO flushes (slot, count) VALUES (?, 1) ON DUPLICATE KEY UPDATE count = count + 1",
		rand.IntN(flushSlots))
}
