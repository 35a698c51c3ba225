package inventory

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// Order is what an order of the shop asks for.
type Order struct {
	OrderNo, User string
	Lines         []Line
	// Hold is after how long the units come back by themselves, unless they are
	// confirmed; 0 is never.
	Hold time.Duration
}

// checked is the order with its lines summed.
func (o Order) checked() (Order, error) {
	if err := validateOrderNo(o.OrderNo); err != nil {
		return o, err
	}
	if seckill.ValidateBuyer(o.User) != nil {
		return o, seckill.Invalid("user", "must be 1 to %d printable characters", seckill.MaxBuyerRunes)
	}
	if o.Hold != 0 && (o.Hold < seckill.MinHold || o.Hold > seckill.MaxHold || o.Hold%time.Millisecond != 0) {
		return o, seckill.Invalid("hold", "must be whole milliseconds from %s to %s, or nothing", seckill.MinHold, seckill.MaxHold)
	}
	lines, err := summed(o.Lines)
	o.Lines = lines
	return o, err
}

// deduction is what the order takes at a time.
func (o Order) deduction(now int64) Deduction {
	d := Deduction{OrderNo: o.OrderNo, User: o.User, Lines: o.Lines, State: Reserved,
		CreatedAt: seckill.UnixMilli(now), UpdatedAt: seckill.UnixMilli(now)}
	if o.Hold > 0 {
		d.HoldUntil = d.CreatedAt.Add(o.Hold)
	}
	return d
}

// Sell takes the units of an order, those of all lines or none. The same order again
// gets the same answer. Under the number of another, or of one that was rolled back, the
// error is seckill.CodeConflict; goods that do not exist are seckill.CodeNotFound with an
// UnknownError; where units are missing it is seckill.CodeSoldOut with a ShortError.
func (i *Inventory) Sell(ctx context.Context, o Order) (Deduction, error) {
	o, err := o.checked()
	if err != nil {
		return Deduction{}, err
	}
	s, err := i.strategyFor(ctx, o.Lines)
	if err != nil {
		return Deduction{}, err
	}
	return s.sell(ctx, o)
}

// errShort says that a transaction found too few units of a goods, or no such goods.
var errShort = errors.New("too few units")

// looks bounds how often an order is sold anew that found too few units where there are
// enough a moment later.
const looks = 3

// deduct runs one order's transaction. The deduction is written first and take moves the
// units then, so that what others wait for is locked for the shortest time. take says
// errShort where units are missing.
func (i *Inventory) deduct(ctx context.Context, o Order, take func(tx *gorm.DB) error) (Deduction, error) {
	for look := 1; ; look++ {
		d, err := i.deductOnce(ctx, o, take)
		if !errors.Is(err, errShort) {
			return d, err
		}
		// What is missing is looked up when the transaction is gone, whose own changes
		// it would see.
		if err := i.whatIsMissing(ctx, o.Lines); err != nil {
			return Deduction{}, err
		}
		if look == looks {
			return Deduction{}, seckill.Unavailable(err, "the stock changes too quickly; try again")
		}
	}
}

func (i *Inventory) deductOnce(ctx context.Context, o Order, take func(tx *gorm.DB) error) (d Deduction, err error) {
	err = i.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		now := i.now()
		d = o.deduction(now)
		inserted, err := i.insertDeduction(tx, d, now)
		if err != nil {
			return err
		}
		if !inserted {
			known, err := oneDeduction(tx, o.OrderNo)
			if err != nil {
				return err
			}
			d, err = known.again(o)
			return err
		}
		if err := insertLines(tx, []Deduction{d}, now); err != nil {
			return err
		}
		return take(tx)
	})
	return d, err
}
