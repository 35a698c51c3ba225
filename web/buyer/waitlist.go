package buyer

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// placesFresh is how old the count of those ahead may be: however many watch their
// places, SQL is asked once in that time for a sale.
const placesFresh = time.Second

// waiterBody is what a buyer is told of his place.
type waiterBody struct {
	SaleID   seckill.ID           `json:"sale_id"`
	SKU      string               `json:"sku"`
	Quantity int64                `json:"quantity"`
	Status   seckill.WaiterStatus `json:"status"`
	// Ahead is how many wait for the same item and came before; of one who waits.
	Ahead *int `json:"ahead,omitempty"`
	// OrderID is the order of one who was offered the units.
	OrderID  *seckill.ID `json:"order_id,omitempty"`
	JoinedAt string      `json:"joined_at"`
}

// joinWaitlist gives the buyer a place behind a sale that is sold out.
func (s *API) joinWaitlist(c *gin.Context, buyer string) {
	saleID, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	var want struct {
		SKU      string `json:"sku"`
		Quantity int64  `json:"quantity"`
	}
	if !s.ReadJSON(c, &want) {
		return
	}
	ctx := c.Request.Context()
	w, joined, err := s.join(ctx, seckill.Waiter{SaleID: saleID, Buyer: buyer, SKU: want.SKU, Quantity: want.Quantity})
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.writeWaiter(c, takenStatus(joined), w)
}

func (s *API) join(ctx context.Context, w seckill.Waiter) (now seckill.Waiter, joined bool, err error) {
	sale, err := s.catalogue.forBuying(ctx, w.SaleID)
	if err != nil {
		return now, false, err
	}
	item, found := sale.Item(w.SKU)
	switch {
	case sale.Entry == seckill.EntryDraw:
		return now, false, noWaitlist()
	case sale.Entry == seckill.EntryQueue:
		return now, false, queueInstead()
	case !found:
		return now, false, seckill.Invalid("sku", "is not an item of this sale")
	case w.Quantity < 1 || w.Quantity > item.LimitPerBuyer:
		return now, false, seckill.Invalid("quantity", "must be 1 to %d, which is what one buyer may have", item.LimitPerBuyer)
	}
	before, err := s.cfg.Ledger.Waiter(ctx, w.SaleID, w.Buyer)
	if err != nil && !web.IsNotFound(err) {
		return now, false, err
	}
	if err != nil || !before.Status.Open() {
		if err := s.mayJoin(ctx, sale, item, w); err != nil {
			return now, false, err
		}
	}
	if w.OrderID, err = web.NextID(s.cfg.IDs, "Nobody can join at the moment. Please try again."); err != nil {
		return now, false, err
	}
	if now, joined, err = s.cfg.Ledger.Join(ctx, w); err != nil {
		return now, false, err
	}
	// Whether or not it is heard: SQL has the place, and a worker sees to it that Redis knows.
	if err := s.cfg.Gate.SetWaited(ctx, w.SaleID, w.SKU); err == nil {
		s.catalogue.counters.Forget(w.SaleID)
	}
	if joined {
		s.catalogue.places.Forget(w.SaleID)
	}
	return now, joined, nil
}

// mayJoin refuses where waiting is of no use.
func (s *API) mayJoin(ctx context.Context, sale seckill.Sale, item seckill.Item, w seckill.Waiter) error {
	now := s.clock.Now(ctx)
	switch {
	case sale.State == seckill.SaleClosed || !now.Before(sale.EndsAt):
		return over(sale, now)
	case now.Before(sale.StartsAt):
		return &seckill.Error{Code: seckill.CodeNotStarted, Detail: "The sale has not started.", At: sale.StartsAt, RetryAfter: sale.StartsAt.Sub(now)}
	}
	has, newest, err := s.cfg.Ledger.UnitsOf(ctx, sale.ID, w.Buyer, w.SKU)
	if err != nil {
		return err
	}
	if has+w.Quantity > item.LimitPerBuyer {
		return &seckill.Error{Code: seckill.CodeLimitExceeded, OrderID: newest, Detail: "With what you have, this is more than one buyer may have."}
	}
	if err := s.soldOut(ctx, sale.ID, w); err != nil {
		return err
	}
	places, err := s.places(ctx, sale.ID)
	if err != nil {
		return err
	}
	waiting := 0
	for _, ids := range places {
		waiting += len(ids)
	}
	if waiting >= seckill.MaxWaiters {
		return &seckill.Error{Code: seckill.CodeConflict, State: "full", Detail: "The waitlist is full."}
	}
	return nil
}

// soldOut refuses a wait for what can be bought, and for more than there is.
func (s *API) soldOut(ctx context.Context, sale seckill.ID, w seckill.Waiter) error {
	counters, known := s.catalogue.left(ctx, sale)
	if known && counters[w.SKU].ForBuyers() >= w.Quantity {
		// Who was told a moment ago that it is sold out knows better than what is remembered.
		s.catalogue.counters.Forget(sale)
		counters, known = s.catalogue.left(ctx, sale)
	}
	switch c := counters[w.SKU]; {
	case !known:
		return seckill.Unavailable(nil, "Nobody can tell what is left just now. Please try again in a moment.")
	case c.ForBuyers() >= w.Quantity:
		return &seckill.Error{Code: seckill.CodeConflict, State: string(seckill.PhaseLive), Detail: "Units are left: buy them."}
	case c.Total < w.Quantity:
		return seckill.Invalid("quantity", "must be at most %d, which is all there is", c.Total)
	}
	return nil
}

// getWaiter tells the buyer's place.
func (s *API) getWaiter(c *gin.Context, buyer string) {
	if saleID, ok := s.PathID(c, "sale"); ok {
		w, err := s.cfg.Ledger.Waiter(c.Request.Context(), saleID, buyer)
		if err != nil {
			s.Fail(c, err)
			return
		}
		s.writeWaiter(c, http.StatusOK, w)
	}
}

// leaveWaitlist gives the buyer's place up.
func (s *API) leaveWaitlist(c *gin.Context, buyer string) {
	if saleID, ok := s.PathID(c, "sale"); ok {
		w, err := s.cfg.Ledger.Leave(c.Request.Context(), saleID, buyer)
		if err != nil {
			s.Fail(c, err)
			return
		}
		s.catalogue.places.Forget(saleID)
		s.writeWaiter(c, http.StatusOK, w)
	}
}

func (s *API) writeWaiter(c *gin.Context, status int, w seckill.Waiter) {
	if w.Status == seckill.WaiterOffering {
		// The time to pay runs since SQL has the order, and not since a worker has noted it.
		if o, err := s.cfg.Ledger.OrderOfBuyer(c.Request.Context(), w.OrderID, w.Buyer); err == nil && o.Status != seckill.OrderFailed {
			w.Status = seckill.WaiterOffered
		}
	}
	body := waiterBody{SaleID: w.SaleID, SKU: w.SKU, Quantity: w.Quantity, Status: w.Status, JoinedAt: web.FormatTime(w.JoinedAt)}
	switch w.Status {
	case seckill.WaiterOffering:
		body.Status, body.Ahead = seckill.WaiterWaiting, new(int)
	case seckill.WaiterWaiting:
		places, err := s.places(c.Request.Context(), w.SaleID)
		if err != nil {
			s.Fail(c, err)
			return
		}
		ahead, _ := slices.BinarySearch(places[w.SKU], w.ID)
		body.Ahead = &ahead
	case seckill.WaiterOffered:
		body.OrderID = &w.OrderID
	}
	web.WriteJSON(c, status, body)
}

// places are the ids of those who wait for each item, in order.
func (s *API) places(ctx context.Context, sale seckill.ID) (map[string][]int64, error) {
	return s.catalogue.places.Get(ctx, sale, func(ctx context.Context) (map[string][]int64, error) {
		return s.cfg.Ledger.Places(ctx, sale)
	})
}
