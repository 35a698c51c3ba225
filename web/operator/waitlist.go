package operator

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

// placeBody is one place in a waitlist.
type placeBody struct {
	Buyer    string               `json:"buyer"`
	SKU      string               `json:"sku"`
	Quantity int64                `json:"quantity"`
	Status   seckill.WaiterStatus `json:"status"`
	// OrderID is the order of one who was offered units.
	OrderID  *seckill.ID `json:"order_id,omitempty"`
	JoinedAt string      `json:"joined_at"`
}

// waitlist lists who waits for units of a sale, the longest waiting first, and everybody
// who did.
func (s *API) waitlist(c *gin.Context, id seckill.ID) {
	limit, ok := s.Limit(c)
	if !ok {
		return
	}
	after, ok := s.rowCursor(c)
	if !ok {
		return
	}
	q := ledger.WaiterQuery{Sale: id, After: after, Limit: limit + 1}
	ctx := c.Request.Context()
	if _, err := s.cfg.Ledger.Sale(ctx, id); err != nil {
		s.Fail(c, err)
		return
	}
	list, err := s.cfg.Ledger.Waiters(ctx, q)
	if err != nil {
		s.Fail(c, err)
		return
	}
	waiting, err := s.cfg.Ledger.Waiting(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = strconv.FormatInt(list[limit-1].ID, 10)
	}
	bodies := make([]placeBody, len(list))
	for i, w := range list {
		bodies[i] = placeBody{Buyer: w.Buyer, SKU: w.SKU, Quantity: w.Quantity, Status: w.Status, JoinedAt: web.FormatTime(w.JoinedAt)}
		if w.Status == seckill.WaiterOffered {
			bodies[i].OrderID = &list[i].OrderID
		}
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Waiting    map[string]int64 `json:"waiting"`
		Places     []placeBody      `json:"places"`
		NextCursor string           `json:"next_cursor,omitempty"`
	}{waiting, bodies, next})
}
