package buyer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/web"
)

// idSlack is how far the clock of the process that made an order's id may be
// from Redis's, when the id's time is held against a sale's window.
const idSlack = 5 * time.Minute

func idOf(o seckill.Order) seckill.ID { return o.ID }

// isSoldOut tells whether a failed order's reason says so; the ledger begins its
// reasons with a stable word.
func isSoldOut(reason string) bool { return strings.HasPrefix(reason, string(seckill.CodeSoldOut)) }

func writeOrder(c *gin.Context, status int, o seckill.Order) {
	c.Data(status, "application/json", web.OrderJSON(o))
}

func (s *API) listOrders(c *gin.Context, buyer string) {
	cursor, limit, ok := s.Page(c)
	if !ok {
		return
	}
	orders, err := s.cfg.Ledger.OrdersOfBuyer(c.Request.Context(), buyer, cursor, limit+1)
	if err != nil {
		s.Fail(c, err)
		return
	}
	orders, next := web.Cut(orders, limit, idOf)
	bodies := make([]json.RawMessage, len(orders))
	for i, o := range orders {
		bodies[i] = web.OrderJSON(o)
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Orders     []json.RawMessage `json:"orders"`
		NextCursor *seckill.ID       `json:"next_cursor,omitempty"`
	}{bodies, next})
}

func (s *API) getOrder(c *gin.Context, buyer string) {
	id, ok := s.PathID(c, "order")
	if !ok {
		return
	}
	order, err := s.findOrder(c.Request.Context(), id, buyer)
	if err != nil {
		s.Fail(c, err)
		return
	}
	writeOrder(c, http.StatusOK, order)
}

// findOrder finds a buyer's order in SQL, or in Redis as long as it is not in
// SQL yet. Another buyer's takes the same way to the same answer as one that does not
// exist, so that neither the words nor the time tell that it does.
func (s *API) findOrder(ctx context.Context, id seckill.ID, buyer string) (seckill.Order, error) {
	order, err := recordedOr(
		func() (seckill.Order, error) { return s.cfg.Ledger.OrderOfBuyer(ctx, id, buyer) },
		func() (seckill.Order, error) { return s.queuedOrder(ctx, id, buyer) })
	if web.IsNotFound(err) {
		err = s.perhapsLost(ctx, id)
	}
	return order, err
}

// recordedOr gives an order as SQL has it, else as Redis has it. SQL is asked
// again when Redis has it no more: the order may have been recorded, and given
// up, between the two looks.
func recordedOr(recorded, queued func() (seckill.Order, error)) (seckill.Order, error) {
	order, err := recorded()
	if !web.IsNotFound(err) {
		return order, err
	}
	if order, err = queued(); !web.IsNotFound(err) {
		return order, err
	}
	return recorded()
}

// perhapsLost is "not found", with a word more when Redis had to be restored after the
// order's id was made: an order that was accepted in the moment before is lost if
// the process that accepted it is gone as well, and nobody else knows of it.
func (s *API) perhapsLost(ctx context.Context, id seckill.ID) error {
	if s.cfg.Ack == AckSettled {
		return noSuchOrder()
	}
	at, found, err := s.cfg.Ledger.RestoredAfter(ctx, id.Time())
	switch {
	case err != nil:
		return err
	case !found:
		return noSuchOrder()
	}
	return seckill.Errorf(seckill.CodeNotFound, "There is no such order. The sale had to be restored at %s: an order that was accepted"+
		" in the moment before may have been lost. If yours was, it does not count, and nothing was charged.", web.FormatTime(at))
}

// anybody stands for no buyer in particular.
const anybody = ""

// queuedOrder looks for a buyer's order through the sales that ran when the id was
// made: an id does not tell its sale.
func (s *API) queuedOrder(ctx context.Context, id seckill.ID, buyer string) (seckill.Order, error) {
	sales, err := s.catalogue.queueing(ctx, id.Time())
	if err != nil {
		return seckill.Order{}, err
	}
	for sale, open := range sales {
		order, err := s.cfg.Gate.QueuedOrder(ctx, sale, id)
		if open && errors.Is(err, gate.ErrNotLoaded) {
			return order, seckill.Unavailable(err, "The sale is being restored. Please ask again in a moment.")
		}
		if web.IsNotFound(err) || err == nil && buyer != anybody && order.Buyer != buyer {
			continue
		}
		return order, err
	}
	return seckill.Order{}, noSuchOrder()
}

func noSuchOrder() error { return seckill.Errorf(seckill.CodeNotFound, "There is no such order.") }

func (s *API) cancelOrder(c *gin.Context, buyer string) {
	id, ok := s.PathID(c, "order")
	if !ok || !s.TakesNoFields(c) {
		return
	}
	ctx := c.Request.Context()
	order, err := s.cfg.Ledger.Cancel(ctx, id, buyer)
	if err != nil {
		s.Fail(c, s.orQueued(ctx, err, id, buyer))
		return
	}
	if err := fault.Point(ctx, fault.CancelCommitted); err != nil {
		s.Fail(c, err)
		return
	}
	s.announce(order)
	writeOrder(c, http.StatusOK, order)
}

// orQueued turns SQL's "not found" into a conflict when the order is only not
// recorded yet.
func (s *API) orQueued(ctx context.Context, err error, id seckill.ID, buyer string) error {
	if !web.IsNotFound(err) {
		return err
	}
	if _, err := s.queuedOrder(ctx, id, buyer); web.IsNotFound(err) {
		return s.perhapsLost(ctx, id)
	} else if err != nil {
		return err
	}
	return &seckill.Error{Code: seckill.CodeConflict, State: string(seckill.OrderQueued), RetryAfter: time.Second,
		Detail: "The order is still being recorded. Please try again in a moment."}
}

// announce tells waiting clients of an order's new status. When it fails they
// find out by asking.
func (s *API) announce(o seckill.Order) {
	s.cfg.Gate.Announce(seckill.Change{OrderID: o.ID, Status: o.Status})
}
