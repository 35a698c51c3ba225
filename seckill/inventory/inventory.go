package inventory

import (
	"fmt"
	"sync/atomic"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Config says what an inventory works with.
type Config struct {
	// DB is where it is kept, with the schema of this build. Required; closing it is
	// its opener's affair, after the inventory.
	DB *database.DB
	// Strategy is how goods are sold that have no strategy of their own; default
	// Conditional.
	Strategy string
	// Locker gives the locks of the strategy RedisLock; without it there is no such
	// strategy.
	Locker Locker
	// Clock stamps records and ends holds. Default seckill.SystemClock.
	Clock seckill.Clock
}

// Inventory is the shop's stock of goods. It is safe for concurrent use.
type Inventory struct {
	db    *database.DB
	clock seckill.Clock

	strategies map[string]strategy
	standard   strategy // of goods that have none of their own
	chosen     chosen
	grouped    *grouped
	stale      atomic.Int64 // looks that were out of date
}

// New makes an inventory. The database need not be there yet.
func New(cfg Config) (*Inventory, error) {
	if cfg.Strategy == "" {
		cfg.Strategy = Conditional
	}
	i := &Inventory{db: cfg.DB, clock: cfg.Clock}
	if i.clock == nil {
		i.clock = seckill.SystemClock
	}
	i.grouped = newGrouped(i)
	i.strategies = map[string]strategy{
		Conditional: conditional{i}, Pessimistic: pessimistic{i}, Optimistic: optimistic{i}, Grouped: i.grouped,
	}
	if cfg.Locker != nil {
		i.strategies[RedisLock] = redisLock{i, cfg.Locker}
	}
	if i.standard = i.strategies[cfg.Strategy]; i.standard == nil {
		return nil, fmt.Errorf("inventory: %w", i.noStrategy(cfg.Strategy))
	}
	return i, nil
}

// Retried counts what was begun anew since others were at the same goods: transactions of
// the database, and looks of the strategy Optimistic.
func (i *Inventory) Retried() int64 { return i.db.Retried() + i.stale.Load() }

// Close refuses further calls that would wait for others, and waits for those that were
// let in.
func (i *Inventory) Close() error {
	i.grouped.close()
	return nil
}

// now is the time that goes into records, in unix milliseconds.
func (i *Inventory) now() int64 { return i.clock().UnixMilli() }
