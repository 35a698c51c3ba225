package operator

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/web"
)

// goodsBody is the shop's stock of one goods.
type goodsBody struct {
	Goods     string `json:"goods"`
	OnHand    int64  `json:"on_hand"`
	Available int64  `json:"available"`
	Reserved  int64  `json:"reserved"`
	Allotted  int64  `json:"allotted"`
	Sold      int64  `json:"sold"`
	Version   int64  `json:"version"`
	Strategy  string `json:"strategy,omitempty"`
	UpdatedAt string `json:"updated_at"`
	// Sales that have some of it, where one goods is asked for.
	Sales []allotmentBody `json:"sales,omitempty"`
}

type allotmentBody struct {
	SaleID seckill.ID `json:"sale_id"`
	Units  int64      `json:"units"`
}

func goodsBodyOf(g inventory.Goods) goodsBody {
	return goodsBody{Goods: g.Goods, OnHand: g.OnHand(), Available: g.Available, Reserved: g.Reserved, Allotted: g.Allotted, Sold: g.Sold,
		Version: g.Version, Strategy: g.Strategy, UpdatedAt: web.FormatTime(g.UpdatedAt)}
}

// listGoods lists the shop's stock by name.
func (s *API) listGoods(c *gin.Context) {
	limit, ok := s.Limit(c)
	if !ok || !s.hasStock(c) {
		return
	}
	after := c.Query("cursor")
	if after != "" && !seckill.ValidSKU(after) {
		s.Fail(c, seckill.Invalid("cursor", "is not one that a page before gave"))
		return
	}
	list, err := s.cfg.Stock.List(c.Request.Context(), after, limit+1)
	if err != nil {
		s.Fail(c, err)
		return
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Goods
	}
	bodies := make([]goodsBody, len(list))
	for i, g := range list {
		bodies[i] = goodsBodyOf(g)
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Goods      []goodsBody `json:"goods"`
		NextCursor string      `json:"next_cursor,omitempty"`
	}{bodies, next})
}

// getGoods shows one goods, and which sales have some of it.
func (s *API) getGoods(c *gin.Context) {
	if !s.hasStock(c) {
		return
	}
	ctx := c.Request.Context()
	g, err := s.cfg.Stock.InvDetail(ctx, c.Param("goods"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	body := goodsBodyOf(g)
	allotments, err := s.cfg.Stock.Allotments(ctx, g.Goods)
	if err != nil {
		s.Fail(c, err)
		return
	}
	for _, a := range allotments {
		body.Sales = append(body.Sales, allotmentBody(a))
	}
	web.WriteJSON(c, http.StatusOK, body)
}

// setGoods changes how many units are on hand.
func (s *API) setGoods(c *gin.Context) {
	var in struct {
		OnHand   *int64  `json:"on_hand"`
		By       int64   `json:"by"`
		Version  *int64  `json:"version"`
		Strategy *string `json:"strategy"`
		Reason   string  `json:"reason"`
	}
	if !s.ReadJSON(c, &in) || !s.hasStock(c) {
		return
	}
	in.Reason = strings.TrimSpace(in.Reason)
	if why := seckill.WrongText(in.Reason, 1, seckill.MaxReasonRunes); why != "" {
		s.Fail(c, seckill.Invalid("reason", "%s", why))
		return
	}
	g, err := s.cfg.Stock.SetInv(c.Request.Context(), inventory.Set{Goods: c.Param("goods"), To: in.OnHand, By: in.By, Version: in.Version,
		Strategy: in.Strategy, Actor: actorOf(c), Reason: in.Reason})
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.cfg.Logger.InfoContext(c.Request.Context(), "an operator changed the stock of goods", "goods", g.Goods, "on_hand", g.OnHand(), "actor", actorOf(c))
	web.WriteJSON(c, http.StatusOK, goodsBodyOf(g))
}

// changeBody is one change of the stock.
type changeBody struct {
	ID       int64       `json:"id,string"`
	Goods    string      `json:"goods"`
	Kind     string      `json:"kind"`
	Quantity int64       `json:"quantity"`
	OrderNo  string      `json:"order_no,omitempty"`
	SaleID   *seckill.ID `json:"sale_id,omitempty"`
	User     string      `json:"user"`
	Reason   string      `json:"reason,omitempty"`
	At       string      `json:"at"`
}

// rowCursor reads the cursor of a list of rows: the number of the last one that was seen;
// 0 where there is none.
func (s *API) rowCursor(c *gin.Context) (row int64, ok bool) {
	text := c.Query("cursor")
	if text == "" {
		return 0, true
	}
	row, err := strconv.ParseInt(text, 10, 64)
	if err != nil || row < 1 {
		s.Fail(c, seckill.Invalid("cursor", "is not one that a page before gave"))
		return 0, false
	}
	return row, true
}

// goodsHistory lists the changes of one goods, the newest first.
func (s *API) goodsHistory(c *gin.Context) {
	limit, ok := s.Limit(c)
	if !ok || !s.hasStock(c) {
		return
	}
	cursor, ok := s.rowCursor(c)
	if !ok {
		return
	}
	q := inventory.HistoryQuery{Goods: c.Param("goods"), Cursor: cursor, Limit: limit + 1}
	ctx := c.Request.Context()
	changes, err := s.cfg.Stock.History(ctx, q)
	if err == nil && len(changes) == 0 && q.Cursor == 0 {
		_, err = s.cfg.Stock.InvDetail(ctx, q.Goods) // else a mistyped name looks like goods that nothing happened to
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	next := ""
	if len(changes) > limit {
		changes = changes[:limit]
		next = strconv.FormatInt(changes[limit-1].ID, 10)
	}
	bodies := make([]changeBody, len(changes))
	for i, ch := range changes {
		bodies[i] = changeBody{ID: ch.ID, Goods: ch.Goods, Kind: ch.Kind.String(), Quantity: ch.Quantity, OrderNo: ch.OrderNo,
			User: ch.User, Reason: ch.Reason, At: web.FormatTime(ch.At)}
		if ch.SaleID != 0 {
			bodies[i].SaleID = &changes[i].SaleID
		}
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Changes    []changeBody `json:"changes"`
		NextCursor string       `json:"next_cursor,omitempty"`
	}{bodies, next})
}

// findingBody is a goods whose counters do not agree with what is recorded of it.
type findingBody struct {
	goodsBody
	Recorded struct {
		Available  int64 `json:"available"`
		Reserved   int64 `json:"reserved"`
		Allotted   int64 `json:"allotted"`
		Sold       int64 `json:"sold"`
		Deductions int64 `json:"deductions"`
		Allotments int64 `json:"allotments"`
	} `json:"recorded"`
}

// auditGoods lists goods whose counters differ from the history, the deductions or the
// allotments.
func (s *API) auditGoods(c *gin.Context) {
	if !s.hasStock(c) {
		return
	}
	findings, err := s.cfg.Stock.Audit(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	bodies := make([]findingBody, len(findings))
	for i, f := range findings {
		b := findingBody{goodsBody: goodsBodyOf(f.Goods)}
		b.Recorded.Available, b.Recorded.Reserved, b.Recorded.Allotted, b.Recorded.Sold = f.Available, f.Reserved, f.Allotted, f.Sold
		b.Recorded.Deductions, b.Recorded.Allotments = f.Deducted, f.OfSales
		bodies[i] = b
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Clean bool          `json:"clean"`
		Drift []findingBody `json:"drift"`
	}{len(bodies) == 0, bodies})
}

func (s *API) hasStock(c *gin.Context) bool {
	if s.cfg.Stock == nil {
		s.Fail(c, seckill.Unavailable(nil, "This server does not keep the shop's stock."))
		return false
	}
	return true
}
