package gate

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/seckill-go/seckill/seckill"
)

// Retake takes the units of an order again that had ended and was paid after all:
// those of all lines, or none if one item has too few, or if its buyer would have
// more than the limit with them. Then refusal is the reason; it is empty when they are
// taken, also if they were before. epoch is that of the load which says so.
//
// What is taken stays taken until ReleaseForGood; after that, Retake takes nothing
// any more. A sale that is not loaded is CodeNotFound, one that is being loaded or
// restored unavailable.
func (g *Gate) Retake(ctx context.Context, o seckill.Order) (refusal string, epoch int64, err error) {
	word, rest, err := g.callWord(ctx, retakeScript, o.SaleID,
		o.ID.Short(), o.Ticket, o.CreatedAt.UnixMilli(), o.RequestKey, orderBody(o))
	if err != nil {
		return "", 0, err
	}
	switch word {
	case "taken":
	case "limit":
		refusal = seckill.ReasonPaidLateLimit
	case "none":
		refusal = seckill.ReasonPaidLate
	default:
		return "", 0, loaded(o.SaleID, word)
	}
	if len(rest) != 1 {
		return "", 0, errors.New("gate: retake replied too little")
	}
	if epoch, err = strconv.ParseInt(fmt.Sprint(rest[0]), 10, 64); err != nil {
		return "", 0, fmt.Errorf("gate: epoch of sale %s: %w", o.SaleID, err)
	}
	return refusal, epoch, nil
}
