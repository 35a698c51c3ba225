package inventory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// The strategies. All are safe, and safe beside each other: which one is best depends on
// how many buy the same goods at once; docs/inventory.md tells more.
const (
	// Conditional takes units by one update that has the condition in it.
	Conditional = "conditional"
	// Pessimistic locks the goods, looks, and takes.
	Pessimistic = "pessimistic"
	// Optimistic looks without a lock, and takes if the goods have not changed since;
	// else it begins anew.
	Optimistic = "optimistic"
	// RedisLock does so under a lock in Redis, whose fence the update checks.
	RedisLock = "redis_lock"
	// Grouped takes the units of orders that arrive together in one transaction.
	Grouped = "grouped"
)

// Strategies lists all that there are.
var Strategies = []string{Conditional, Pessimistic, Optimistic, RedisLock, Grouped}

// strategy is one way to take the units of an order.
type strategy interface {
	// sell does what Sell promises, of an order that is checked.
	sell(ctx context.Context, o Order) (Deduction, error)
}

func (i *Inventory) noStrategy(name string) error {
	return seckill.Invalid("strategy", "must be one of %s, not %.70q", strings.Join(slices.Sorted(maps.Keys(i.strategies)), ", "), name)
}

// chosenFor is how long what goods have chosen is remembered. As all strategies are safe
// beside each other, an old choice harms nobody.
const chosenFor = time.Second

// chosen remembers the goods that have a strategy of their own.
type chosen struct {
	mu    sync.Mutex
	of    map[string]string
	until time.Time
}

// strategyFor is that of an order's goods, if they have chosen the same one.
func (i *Inventory) strategyFor(ctx context.Context, lines []Line) (strategy, error) {
	of, err := i.choices(ctx)
	if err != nil {
		return nil, err
	}
	name := of[lines[0].Goods]
	for _, l := range lines[1:] {
		if of[l.Goods] != name {
			return i.standard, nil
		}
	}
	if s := i.strategies[name]; s != nil {
		return s, nil
	}
	return i.standard, nil
}

// choices are read by one caller at a time, and others wait for it.
func (i *Inventory) choices(ctx context.Context) (map[string]string, error) {
	i.chosen.mu.Lock()
	defer i.chosen.mu.Unlock()
	if time.Now().Before(i.chosen.until) {
		return i.chosen.of, nil
	}
	var rows []struct{ Goods, Strategy string }
	err := i.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT goods, strategy FROM inventory WHERE strategy IS NOT NULL").Scan(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	of := make(map[string]string, len(rows))
	for _, r := range rows {
		of[r.Goods] = r.Strategy
	}
	i.chosen.of, i.chosen.until = of, time.Now().Add(chosenFor)
	return of, nil
}
