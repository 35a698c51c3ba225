// Package stocklock gives the shop's stock the locks of package lock. Neither of the two
// knows the other.
package stocklock

import (
	"context"
	"errors"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/seckill/lock"
)

// Locker is an inventory.Locker.
type Locker struct{ Locks *lock.Lock }

var _ inventory.Locker = Locker{}

// Lock is inventory.Locker's.
func (l Locker) Lock(ctx context.Context, name string, above int64) (inventory.Lock, error) {
	held, err := l.Locks.Acquire(ctx, name, lock.Above(above))
	switch {
	case errors.Is(err, lock.ErrTaken):
		return nil, seckill.Unavailable(err, "others have the goods for too long; try again")
	case err != nil:
		return nil, err
	}
	return held, nil
}
