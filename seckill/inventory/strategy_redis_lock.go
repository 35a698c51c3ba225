package inventory

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Locker gives locks, one holder at a time.
type Locker interface {
	// Lock waits for the lock of a name, for as long as it is set up to. Its fence is
	// above a number, if one is given.
	Lock(ctx context.Context, name string, above int64) (Lock, error)
}

// Lock is a lock that is held, as far as its holder can know.
type Lock interface {
	// Fence is higher than that of everybody who held the lock before.
	Fence() int64
	// Context ends as soon as the lock is lost, or may be. Its Err knows it first, in a
	// process that was stopped and goes on.
	Context() context.Context
	Release(ctx context.Context) error
}

// redisLock looks and takes while it holds the lock of each goods. A lock can be lost
// while its holder sleeps, and he cannot know it before he wakes up. So the update
// checks the lock's fence: who comes with a lower number than somebody before him has
// lost his lock, and takes nothing. Without Redis nothing is sold.
type redisLock struct {
	*Inventory
	locker Locker
}

// errFenced says that somebody has held the lock since.
var errFenced = errors.New("the lock was lost, and somebody else has written since")

func (r redisLock) sell(ctx context.Context, o Order) (Deduction, error) {
	d, err := r.sellAbove(ctx, o, 0)
	if !errors.Is(err, errFenced) {
		return d, err
	}
	// Most likely the lock was lost. But where Redis has lost all that it knew, its
	// numbers may be below those of the goods, and would be for ever.
	var highest int64
	readErr := r.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT MAX(fence) FROM inventory WHERE goods IN ?", goodsOf(o.Lines)).Scan(&highest).Error
	})
	if readErr != nil {
		return Deduction{}, readErr
	}
	return r.sellAbove(ctx, o, highest)
}

func (r redisLock) sellAbove(ctx context.Context, o Order, fence int64) (Deduction, error) {
	held := make(map[string]Lock, len(o.Lines))
	defer func() {
		for _, l := range held {
			// The lock ends by itself where this fails.
			_ = l.Release(context.WithoutCancel(ctx))
		}
	}()
	for _, l := range o.Lines { // in the same order everywhere, so that nobody waits in a circle
		lock, err := r.locker.Lock(ctx, "goods:"+l.Goods, fence)
		if err != nil {
			return Deduction{}, err
		}
		held[l.Goods] = lock
	}
	return r.deduct(ctx, o, func(tx *gorm.DB) error {
		available, err := availableOf(tx, o.Lines, "", "")
		if err != nil {
			return err
		}
		if err := missing(o.Lines, available); err != nil {
			return err
		}
		return r.write(tx, o.Lines, held)
	})
}

// write takes the units, if each lock is still held as far as can be known, and nobody
// has written under a later one. What is available it checks once more, since a change by
// an operator or a sale needs no lock.
func (r redisLock) write(tx *gorm.DB, lines []Line, held map[string]Lock) error {
	for _, l := range held {
		if l.Context().Err() != nil { // which looks at the clock
			return lost(context.Cause(l.Context()))
		}
	}
	fence, args := perGoods(lines, func(l Line) int64 { return held[l.Goods].Fence() })
	n, err := database.Exec(tx, "UPDATE inventory"+r.db.ByPrimary+" SET fence = "+fence+" WHERE goods IN ? AND fence < "+fence,
		append(append(append([]any{}, args...), goodsOf(lines)), args...)...)
	if err != nil {
		return err
	}
	if n != int64(len(lines)) {
		return lost(errFenced)
	}
	if n, err = r.units(tx, selling, lines, ""); err == nil && n != int64(len(lines)) {
		err = errShort
	}
	return err
}

func lost(cause error) error {
	return seckill.Unavailable(cause, "the lock of the goods was lost; try again")
}
