package gate

import (
	"context"

	"github.com/seckill-go/seckill/seckill"
)

// adoptionsPerCall keeps one script call short.
const adoptionsPerCall = 100

// Adopt takes the units of orders that SQL has and Redis does not know, once for
// each order: they were settled although the outbox entry that they came from was
// lost. One that is known, held or released, changes nothing. available can fall
// below 0.
func (g *Gate) Adopt(ctx context.Context, sale seckill.ID, orders []seckill.Order) error {
	for len(orders) > 0 {
		n := min(len(orders), adoptionsPerCall)
		args := make([]any, 0, 5*n)
		for _, o := range orders[:n] {
			args = append(args, o.ID.Short(), o.Ticket, o.CreatedAt.UnixMilli(), o.RequestKey, orderBody(o))
		}
		word, _, err := g.callWord(ctx, adoptScript, sale, args...)
		if err != nil {
			return err
		}
		if word != "ok" {
			return loaded(sale, word)
		}
		orders = orders[n:]
	}
	return nil
}

// Intact tells whether a sale is loaded and can be relied on; if not, Load makes
// it so.
func (g *Gate) Intact(ctx context.Context, sale seckill.ID) (bool, error) {
	word, err := g.call(ctx, intactScript, sale).Text()
	if err != nil {
		return false, readFailed(err)
	}
	return word == "intact", nil
}
