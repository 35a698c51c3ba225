package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// csvPage is how many orders an export reads at a time, and so how many it has
// in memory.
const csvPage = 100

func (s *Server) adminOrders(c *gin.Context, id seckill.ID) {
	cursor, limit, ok := s.page(c)
	if !ok {
		return
	}
	status := seckill.OrderStatus(c.Query("status"))
	if status != "" && !slices.Contains(seckill.OrderStatuses, status) {
		s.fail(c, seckill.Invalid("status", "must be one of %v", seckill.OrderStatuses))
		return
	}
	ctx := c.Request.Context()
	if _, err := s.cfg.Ledger.Sale(ctx, id); err != nil {
		s.fail(c, err)
		return
	}
	if wantsCSV(c.GetHeader("Accept")) {
		s.exportOrders(c, id, status)
		return
	}
	orders, err := s.cfg.Ledger.OrdersOfSale(ctx, id, status, cursor, limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	orders, next := cut(orders, limit, idOf)
	bodies := make([]json.RawMessage, len(orders))
	for i, o := range orders {
		bodies[i] = adminOrderJSON(o)
	}
	writeJSON(c, http.StatusOK, struct {
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

// exportOrders streams all orders, page by page. When a page cannot be read any
// more the connection is cut: a short file must not look like a whole one.
func (s *Server) exportOrders(c *gin.Context, id seckill.ID, status seckill.OrderStatus) {
	ctx := c.Request.Context()
	ctl := http.NewResponseController(c.Writer)
	page, err := s.cfg.Ledger.OrdersOfSale(ctx, id, status, 0, csvPage)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="orders-`+id.String()+`.csv"`)
	w := csv.NewWriter(c.Writer)
	_ = w.Write(csvHeader)
	for {
		_ = ctl.SetWriteDeadline(time.Now().Add(streamWrite)) // see eventWriter.write
		for _, o := range page {
			_ = w.Write(csvRow(o))
		}
		if w.Flush(); w.Error() != nil {
			return // the client is gone
		}
		if len(page) < csvPage {
			return
		}
		if page, err = s.cfg.Ledger.OrdersOfSale(ctx, id, status, page[len(page)-1].ID, csvPage); err != nil {
			s.cfg.Logger.WarnContext(ctx, "an export of orders broke off", "sale_id", id.String(), "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}

func csvRow(o seckill.Order) []string {
	lines := make([]string, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = fmt.Sprintf("%s x %d @ %d", l.SKU, l.Quantity, l.Price)
	}
	return []string{o.ID.String(), o.SaleID.String(), csvText(o.Buyer), csvText(o.RequestKey), string(o.Status),
		strconv.FormatInt(o.Ticket, 10), strings.Join(lines, "; "), strconv.FormatInt(o.Amount, 10), o.Currency,
		formatTime(o.CreatedAt), formatTime(o.HoldUntil), csvText(o.Reason)}
}

// csvText keeps a spreadsheet from running what a buyer chose as a name: a cell
// that begins like a formula gets a quote in front.
func csvText(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}
