package gate

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/seckill-go/seckill/seckill"
)

// Retake takes the units of an order again that had ended and was paid after all:
// those of all lines, or none if one item has too few. It does not mind the limit
// per buyer, for the order is this buyer's own. Asked again it says the same. epoch
// is that of the load that holds them now, or that has none.
//
// What is taken stays taken until ReleaseForGood; after that, Retake takes nothing
// any more. A sale that is not loaded is CodeNotFound, one that is being loaded or
// restored unavailable.
func (g *Gate) Retake(ctx context.Context, o seckill.Order) (taken bool, epoch int64, err error) {
	word, rest, err := g.callWord(ctx, retakeScript, o.SaleID,
		o.ID.Short(), o.Ticket, o.CreatedAt.UnixMilli(), o.RequestKey, orderBody(o))
	if err != nil {
		return false, 0, err
	}
	if word != "taken" && word != "none" {
		return false, 0, loaded(o.SaleID, word)
	}
	if len(rest) != 1 {
		return false, 0, errors.New("gate: retake replied too little")
	}
	if epoch, err = strconv.ParseInt(fmt.Sprint(rest[0]), 10, 64); err != nil {
		return false, 0, fmt.Errorf("gate: epoch of sale %s: %w", o.SaleID, err)
	}
	return word == "taken", epoch, nil
}
