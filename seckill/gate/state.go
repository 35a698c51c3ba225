package gate

import (
	"context"
	"fmt"

	"github.com/seckill-go/seckill/seckill"
)

// SetState gives the sale the state that SQL has at a revision. changed is false
// when it had it already, or when Redis knows of a newer state. A sale that is
// not loaded is CodeNotFound.
func (g *Gate) SetState(ctx context.Context, sale seckill.ID, state seckill.SaleState, revision int64) (changed bool, err error) {
	switch state {
	case seckill.SaleReady, seckill.SalePaused, seckill.SaleRecovering, seckill.SaleClosed:
	default:
		return false, seckill.Invalid("state", "%q is not a state of a loaded sale", state)
	}
	reply, err := g.call(ctx, setStateScript, sale, string(state), revision).Text()
	if err != nil {
		return false, writeFailed(err)
	}
	switch reply {
	case "changed":
		g.stockMoved(ctx, sale)
		return true, nil
	case "same", "old":
		return false, nil
	}
	return false, loaded(sale, reply)
}

// SetTotal makes an item's total what SQL has at a revision, and moves its
// available units by the difference. It is a target, so it can be repeated, and
// an older one than Redis has changes nothing. CodeConflict means that the
// difference is more than what is available, CodeNotFound that the sale is not
// loaded or the item not in it.
func (g *Gate) SetTotal(ctx context.Context, sale seckill.ID, sku string, total, revision int64) error {
	if total < 0 || total > seckill.MaxStock {
		return seckill.Invalid("stock", "must be 0 to %d units", seckill.MaxStock)
	}
	word, rest, err := g.callWord(ctx, setTotalScript, sale, sku, total, revision)
	if err != nil {
		return err
	}
	switch word {
	case "ok":
		g.stockMoved(ctx, sale)
		return nil
	case "old":
		return nil
	case "item":
		return seckill.Errorf(seckill.CodeNotFound, "there is no item %s in this sale", sku)
	case "short":
		e := seckill.Errorf(seckill.CodeConflict, "only %v units of %s are available", rest[0], sku)
		e.State = fmt.Sprintf("available=%v", rest[0])
		return e
	}
	return loaded(sale, word)
}
