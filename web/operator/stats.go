package operator

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// statsItem is what an operator sees of an item's units. Available and in_flight
// come from Redis, reserved and sold from SQL, read one after the other: under
// load they may be a moment apart. The audit is the exact one.
type statsItem struct {
	SKU       string `json:"sku"`
	Total     int64  `json:"total"`
	Available int64  `json:"available"`
	InFlight  int64  `json:"in_flight"`
	Reserved  int64  `json:"reserved"`
	Sold      int64  `json:"sold"`
}

// reading reads a sale and its counters.
func (s *API) reading(ctx context.Context, id seckill.ID) (sale seckill.Sale, items []statsItem, loaded bool, err error) {
	if sale, err = s.cfg.Ledger.Sale(ctx, id); err != nil {
		return sale, nil, false, err
	}
	items, loaded, err = s.counters(ctx, id)
	return sale, items, loaded, err
}

// counters reads a sale's counters. What Redis does not have counts as 0; loaded
// tells whether it has the sale.
func (s *API) counters(ctx context.Context, id seckill.ID) (items []statsItem, loaded bool, err error) {
	stored, err := s.cfg.Ledger.Counters(ctx, id)
	if err != nil {
		return nil, false, err
	}
	inRedis, err := s.cfg.Gate.Counters(ctx, id)
	if err != nil && !web.IsNotFound(err) {
		return nil, false, err
	}
	items = make([]statsItem, len(stored))
	for i, n := range stored {
		r := inRedis[n.SKU]
		items[i] = statsItem{SKU: n.SKU, Total: n.Total, Available: r.Available, InFlight: r.InFlight, Reserved: n.Reserved, Sold: n.Sold}
	}
	return items, err == nil, nil
}

func (s *API) stats(c *gin.Context, id seckill.ID) {
	ctx := c.Request.Context()
	r, err := s.wholeReading(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	if r.orders == nil {
		r.orders = map[seckill.OrderStatus]int64{}
	}
	web.WriteJSON(c, http.StatusOK, struct {
		SaleID   seckill.ID                    `json:"sale_id"`
		State    seckill.SaleState             `json:"state"`
		Items    []statsItem                   `json:"items"`
		Orders   map[seckill.OrderStatus]int64 `json:"orders"`
		Refusals map[seckill.Code]int64        `json:"refusals"`
		*statsBacklog
	}{id, r.sale.State, r.items, r.orders, s.cfg.Shop.Refused(id), r.backlog})
}

// saleReading is a sale with its counters and what became of its orders.
type saleReading struct {
	sale    seckill.Sale
	items   []statsItem
	loaded  bool // Redis has it
	orders  map[seckill.OrderStatus]int64
	backlog *statsBacklog // nil unless loaded
}

// wholeReading reads what is in flight before it reads SQL: an order that is in flight
// no longer is counted in SQL then.
func (s *API) wholeReading(ctx context.Context, id seckill.ID) (r saleReading, err error) {
	if r.backlog, err = s.backlog(ctx, id); err != nil {
		return r, err
	}
	if r.sale, r.items, r.loaded, err = s.reading(ctx, id); err != nil {
		return r, err
	}
	r.orders, err = s.cfg.Ledger.OrderCounts(ctx, id)
	return r, err
}

// statsBacklog is how many orders wait for SQL, how many may, and the settled
// orders a second from which that follows, once they are measured.
type statsBacklog struct {
	Orders int64 `json:"orders_in_flight"`
	Limit  int64 `json:"in_flight_limit"`
	// Settled counts the orders that left the backlog since the sale was last loaded.
	Settled    int64   `json:"orders_settled"`
	SettleRate float64 `json:"settle_rate,omitempty"`
	// Lag is for how many seconds the orders that wait have waited.
	Lag float64 `json:"lag_seconds"`
}

// backlog is nil for a sale that Redis does not have.
func (s *API) backlog(ctx context.Context, id seckill.ID) (*statsBacklog, error) {
	all, err := s.cfg.Gate.Backlogs(ctx, []seckill.ID{id})
	b, loaded := all[id]
	if err != nil || !loaded {
		return nil, err
	}
	backlog := &statsBacklog{Orders: b.Orders, Limit: b.Limit, Settled: b.Settled, SettleRate: b.SettleRate}
	if b.Waiting {
		backlog.Lag = max(0, s.clock.Now(ctx).Sub(b.Since).Seconds())
	}
	return backlog, nil
}
