package gate

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/seckill-go/seckill/seckill"
)

// releasesPerCall keeps one script call short.
const releasesPerCall = 200

// Release gives the units of orders back, once for each order; one that is
// unknown or released already changes no stock. Call it again after any error.
// epoch is that of the load of the sale that has them back now: a later load does
// not know of it unless SQL does.
//
// An order whose units would push available above the total is refused with
// CodeConflict, after the others are released: the counters have drifted. A sale
// that is not loaded is CodeNotFound and one that is being loaded unavailable:
// then the orders must stay pending, for the snapshot that is being loaded may
// have them as held.
//
// Units that were taken again since, by Retake, stay taken.
func (g *Gate) Release(ctx context.Context, sale seckill.ID, orders []seckill.ID) (epoch int64, err error) {
	return g.releaseAll(ctx, sale, orders, false)
}

// ReleaseForGood is Release for orders that were paid late and are refused their
// units: it gives back what was taken again as well, and nothing takes it any more.
func (g *Gate) ReleaseForGood(ctx context.Context, sale seckill.ID, orders []seckill.ID) (epoch int64, err error) {
	return g.releaseAll(ctx, sale, orders, true)
}

func (g *Gate) releaseAll(ctx context.Context, sale seckill.ID, orders []seckill.ID, forGood bool) (epoch int64, err error) {
	var refused []error
	for first := true; len(orders) > 0; first = false {
		n := min(len(orders), releasesPerCall)
		under, err := g.release(ctx, sale, orders[:n], forGood)
		if seckill.CodeOf(err) == seckill.CodeConflict && err != nil {
			refused = append(refused, err)
		} else if err != nil {
			return 0, err
		}
		if !first && under != epoch {
			return 0, fenced(sale) // loaded anew in between
		}
		epoch, orders = under, orders[n:]
	}
	return epoch, errors.Join(refused...)
}

func (g *Gate) release(ctx context.Context, sale seckill.ID, orders []seckill.ID, forGood bool) (epoch int64, err error) {
	args := make([]any, 0, 2+len(orders))
	args = append(args, forGood, g.cfg.CoolDown.After > 0)
	for _, id := range orders {
		args = append(args, id.Short())
	}
	word, rest, err := g.callWord(ctx, releaseScript, sale, args...)
	if err != nil {
		return 0, err
	}
	if word != "ok" {
		return 0, loaded(sale, word)
	}
	if len(rest) < 2 {
		return 0, errors.New("gate: release replied too little")
	}
	if epoch, err = strconv.ParseInt(fmt.Sprint(rest[0]), 10, 64); err != nil {
		return 0, fmt.Errorf("gate: epoch of sale %s: %w", sale, err)
	}
	if rest[1] != int64(0) {
		g.stockMoved(ctx, sale)
	}
	if refused := rest[2:]; len(refused) > 0 {
		e := seckill.Errorf(seckill.CodeConflict, "more units would be available than the sale has")
		ids := make([]seckill.ID, len(refused))
		for i, short := range refused {
			ids[i], _ = seckill.ParseShortID(fmt.Sprint(short)) // as it was sent
		}
		e.Cause = fmt.Errorf("orders %v of sale %s stay held", ids, sale)
		return epoch, e
	}
	return epoch, nil
}
