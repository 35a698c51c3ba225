package inventory

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// optimistic looks at the goods outside of any transaction, and takes if their versions
// are still the same. Each try is a transaction of its own: within one whose reads all
// see the same moment, the old version would be seen for ever.
type optimistic struct{ *Inventory }

const (
	// optimisticTries is how often goods may change under an order. With many buyers of
	// one goods most tries are in vain; other strategies are for those.
	optimisticTries = 64
	optimisticPause = 20 * time.Millisecond
)

// errStale says that goods have changed since the look.
var errStale = errors.New("the goods have changed meanwhile")

func (o optimistic) sell(ctx context.Context, order Order) (Deduction, error) {
	for try := range optimisticTries {
		if err := pause(ctx, try); err != nil {
			return Deduction{}, err
		}
		seen, err := o.look(ctx, order.Lines)
		if err != nil {
			return Deduction{}, err
		}
		d, err := o.deductOnce(ctx, order, func(tx *gorm.DB) error {
			if err := missing(order.Lines, seen.available); err != nil {
				return err
			}
			version, args := perGoods(order.Lines, func(l Line) int64 { return seen.versions[l.Goods] })
			n, err := o.units(tx, selling, order.Lines, " AND version = "+version, args...)
			if err == nil && n != int64(len(order.Lines)) {
				err = errStale
			}
			return err
		})
		if !errors.Is(err, errStale) {
			return d, err
		}
		o.stale.Add(1)
	}
	return Deduction{}, seckill.Unavailable(errStale, "the stock changes too quickly; try again")
}

// look is what the goods were at one moment each.
type look struct{ available, versions map[string]int64 }

func (o optimistic) look(ctx context.Context, lines []Line) (look, error) {
	seen := look{map[string]int64{}, map[string]int64{}}
	err := o.db.Read(ctx, func(db *gorm.DB) error {
		var rows []struct {
			Goods              string
			Available, Version int64
		}
		err := db.Raw("SELECT goods, available, version FROM inventory WHERE goods IN ?", goodsOf(lines)).Scan(&rows).Error
		for _, r := range rows {
			seen.available[r.Goods], seen.versions[r.Goods] = r.Available, r.Version
		}
		return err
	})
	return seen, err
}

// pause waits a random while before another try, so that those who met do not meet
// again.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	timer := time.NewTimer(rand.N(min(optimisticPause, time.Millisecond<<min(try, 10))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return seckill.Unavailable(context.Cause(ctx), "the request ended before the stock held still")
	}
}
