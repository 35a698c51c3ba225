package operator

import (
	"bufio"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

// csvPage is how many orders an export reads at a time, and so how many it has
// in memory.
const csvPage = 100

func (s *API) orders(c *gin.Context, id seckill.ID) {
	query, ok := s.orderQuery(c)
	if !ok {
		return
	}
	query.Sale = id
	ctx := c.Request.Context()
	if _, err := s.cfg.Ledger.Sale(ctx, id); err != nil {
		s.Fail(c, err)
		return
	}
	if wantsCSV(c.GetHeader("Accept")) {
		s.exportOrders(c, query)
		return
	}
	s.writeOrders(c, query)
}

// findOrders finds a buyer's orders in all sales.
func (s *API) findOrders(c *gin.Context) {
	query, ok := s.orderQuery(c)
	if !ok {
		return
	}
	if query.Buyer == "" {
		s.Fail(c, seckill.Invalid("buyer", "is required"))
		return
	}
	s.writeOrders(c, query)
}

// orderQuery reads which orders are asked for; ok is false when it has answered
// already.
func (s *API) orderQuery(c *gin.Context) (q ledger.OrderQuery, ok bool) {
	if q.Cursor, q.Limit, ok = s.Page(c); !ok {
		return q, false
	}
	q.Status = seckill.OrderStatus(c.Query("status"))
	if q.Status != "" && !slices.Contains(seckill.OrderStatuses, q.Status) {
		s.Fail(c, seckill.Invalid("status", "must be one of %s", listed(seckill.OrderStatuses)))
		return q, false
	}
	if q.Buyer = c.Query("buyer"); q.Buyer != "" && seckill.ValidateBuyer(q.Buyer) != nil {
		s.Fail(c, seckill.Invalid("buyer", "must be 1 to %d printable characters", seckill.MaxBuyerRunes))
		return q, false
	}
	return q, true
}

func (s *API) writeOrders(c *gin.Context, query ledger.OrderQuery) {
	limit := query.Limit
	query.Limit++
	orders, err := s.cfg.Ledger.Orders(c.Request.Context(), query)
	if err != nil {
		s.Fail(c, err)
		return
	}
	orders, next := web.Cut(orders, limit, func(o seckill.Order) seckill.ID { return o.ID })
	bodies := make([]json.RawMessage, len(orders))
	for i, o := range orders {
		bodies[i] = web.OrderJSONForOperator(o)
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Orders     []json.RawMessage `json:"orders"`
		NextCursor *seckill.ID       `json:"next_cursor,omitempty"`
	}{bodies, next})
}

// wantsCSV: it is named, and JSON is not.
func wantsCSV(accept string) bool {
	asked := false
	for _, part := range strings.Split(accept, ",") {
		switch t, _, _ := mime.ParseMediaType(strings.TrimSpace(part)); t {
		case "text/csv":
			asked = true
		case "application/json":
			return false
		}
	}
	return asked
}

var csvHeader = []string{"order_id", "sale_id", "buyer", "key", "status", "ticket", "lines", "amount", "currency", "created_at", "hold_until", "reason"}

// exportOrders streams all orders of a query, page by page. When a page cannot be read any
// more the connection is cut: a short file must not look like a whole one.
func (s *API) exportOrders(c *gin.Context, query ledger.OrderQuery) {
	ctx := c.Request.Context()
	ctl := http.NewResponseController(c.Writer)
	query.Cursor, query.Limit = 0, csvPage
	page, err := s.cfg.Ledger.Orders(ctx, query)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="orders-`+query.Sale.String()+`.csv"`)
	w := csvWriter{bufio.NewWriter(c.Writer)}
	w.row(csvHeader)
	for {
		web.GiveTime(ctl)
		for _, o := range page {
			w.row(csvRow(o))
		}
		if w.Flush() != nil {
			return // the client is gone
		}
		if len(page) < csvPage {
			return
		}
		query.Cursor = page[len(page)-1].ID
		if page, err = s.cfg.Ledger.Orders(ctx, query); err != nil {
			s.cfg.Logger.WarnContext(ctx, "an export of orders broke off", "sale_id", query.Sale.String(), "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}

func csvRow(o seckill.Order) []string {
	lines := make([]string, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = fmt.Sprintf("%s x %d @ %d", l.SKU, l.Quantity, l.Price)
	}
	return []string{o.ID.String(), o.SaleID.String(), o.Buyer, o.RequestKey, string(o.Status),
		strconv.FormatInt(o.Ticket, 10), strings.Join(lines, "; "), strconv.FormatInt(o.Amount, 10), o.Currency,
		web.FormatTime(o.CreatedAt), web.FormatTime(o.HoldUntil), o.Reason}
}

// listed are the values that a parameter takes, as people list them.
func listed[S ~string](values []S) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}
