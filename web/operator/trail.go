package operator

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// actionBody is one thing that someone did to a sale.
type actionBody struct {
	At       string `json:"at"`
	Actor    string `json:"actor"`
	Action   string `json:"action"`
	Revision int64  `json:"revision"`
	Detail   string `json:"detail,omitempty"`
	SKU      string `json:"sku,omitempty"`
	Delta    int64  `json:"delta,omitempty"`
	Total    *int64 `json:"total,omitempty"`
}

// logAct says in the process's log what an operator did to a sale. The line of the
// request names neither.
func (s *API) logAct(c *gin.Context, did string, sale seckill.Sale, more ...slog.Attr) {
	attrs := append([]slog.Attr{slog.String("sale", sale.ID.String()), slog.String("name", sale.Name), slog.String("by", actorOf(c)),
		slog.String("request_id", web.RequestID(c))}, more...)
	s.cfg.Logger.LogAttrs(c.Request.Context(), slog.LevelInfo, "operator: "+did, attrs...)
}

// trail tells who did what to a sale, the newest first. The page has no
// cursor: a sale with more than a hundred things done to it is asked for less far
// back, and SQL keeps all.
func (s *API) trail(c *gin.Context, id seckill.ID) {
	limit, ok := s.Limit(c)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	if _, err := s.cfg.Ledger.Sale(ctx, id); err != nil {
		s.Fail(c, err)
		return
	}
	trail, err := s.cfg.Ledger.AuditTrail(ctx, id, limit+1)
	if err != nil {
		s.Fail(c, err)
		return
	}
	more := len(trail) > limit
	trail = trail[:min(limit, len(trail))]
	bodies := make([]actionBody, len(trail))
	for i, a := range trail {
		bodies[i] = actionBody{At: web.FormatTime(a.At), Actor: a.Actor, Action: a.Action, Revision: a.Revision, Detail: a.Detail}
		if a.SKU != "" {
			bodies[i].SKU, bodies[i].Delta, bodies[i].Total = a.SKU, a.Delta, &trail[i].Total
		}
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Actions []actionBody `json:"actions"`
		More    bool         `json:"more"`
	}{bodies, more})
}
