package gate

import (
	"context"
	"errors"
	"fmt"

	"github.com/seckill-go/seckill/seckill"
)

// releasesPerCall keeps one script call short.
const releasesPerCall = 200

// Release gives the units of orders back, once for each order; one that is
// unknown or released already changes nothing. Call it again after any error.
//
// An order whose units would push available above the total is refused with
// CodeConflict, after the others are released: the counters have drifted. A sale
// that is not loaded is CodeNotFound and one that is being loaded unavailable:
// then the orders must stay pending, for the snapshot that is being loaded may
// have them as held.
func (g *Gate) Release(ctx context.Context, sale seckill.ID, orders []seckill.ID) error {
	var refused []error
	for len(orders) > 0 {
		n := min(len(orders), releasesPerCall)
		err := g.release(ctx, sale, orders[:n])
		if seckill.CodeOf(err) == seckill.CodeConflict && err != nil {
			refused = append(refused, err)
		} else if err != nil {
			return err
		}
		orders = orders[n:]
	}
	return errors.Join(refused...)
}

func (g *Gate) release(ctx context.Context, sale seckill.ID, orders []seckill.ID) error {
	k := g.keys(sale)
	args := make([]any, len(orders))
	for i, id := range orders {
		args[i] = id.String()
	}
	word, rest, err := g.callWord(ctx, releaseScript,
		[]string{k.meta(), k.stock(), k.totals(), k.buyers(), k.orders(), k.released()}, args...)
	if err != nil {
		return err
	}
	if word != "ok" {
		return loaded(sale, word)
	}
	if len(rest) == 0 {
		return errors.New("gate: release replied nothing")
	}
	if rest[0] != int64(0) {
		g.stockMoved(ctx, sale)
	}
	if refused := rest[1:]; len(refused) > 0 {
		e := seckill.Errorf(seckill.CodeConflict, "more units would be available than the sale has")
		e.Cause = fmt.Errorf("orders %v of sale %s stay held", refused, sale)
		return e
	}
	return nil
}
