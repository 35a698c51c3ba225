package buyer

import (
	"context"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/web"
)

// What operators see through the buyers' side of this process, and change in it.

// Forget drops what is remembered of a sale that an operator changed here, so
// that they see their change at once. Other processes see it within saleFresh.
func (s *API) Forget(sale seckill.ID) { s.catalogue.forget(sale) }

// Left tells what buyers see of each item that is left. known is false when Redis cannot
// tell.
func (s *API) Left(ctx context.Context, sale seckill.ID) (counters map[string]gate.Counters, known bool) {
	return s.catalogue.left(ctx, sale)
}

// Active lists the sales that Redis has.
func (s *API) Active(ctx context.Context) ([]gate.ActiveSale, error) {
	return s.catalogue.activeSales(ctx)
}

// Refused counts the orders of a sale that this process refused, by code.
func (s *API) Refused(sale seckill.ID) map[seckill.Code]int64 { return s.refusals.of(sale) }

// BuyLatency is how long this process took for an order, for all sales.
func (s *API) BuyLatency() web.Latency {
	return s.server.LatencyOf(s.server.Buyers().BasePath() + routeBuy)
}

// QueuedOrder finds an order, whoever's, that SQL does not have yet.
func (s *API) QueuedOrder(ctx context.Context, order seckill.ID) (seckill.Order, error) {
	return s.queuedOrder(ctx, order, anybody)
}

// NoOrder is what is said of an order that is nowhere.
func (s *API) NoOrder(ctx context.Context, order seckill.ID) error {
	return s.perhapsLost(ctx, order)
}
