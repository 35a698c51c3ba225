package operator

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// stock tops a running sale up, or reduces it by units that nobody has.
func (s *API) stock(c *gin.Context, id seckill.ID) {
	var in struct {
		Delta  int64  `json:"delta"`
		Reason string `json:"reason"`
	}
	if !s.ReadJSON(c, &in) {
		return
	}
	if in.Delta == 0 || in.Delta > seckill.MaxStock || in.Delta < -seckill.MaxStock {
		s.Fail(c, seckill.Invalid("delta", "must be -%d to %d, and not 0", seckill.MaxStock, seckill.MaxStock))
		return
	}
	in.Reason = strings.TrimSpace(in.Reason)
	if why := seckill.WrongText(in.Reason, 1, seckill.MaxReasonRunes); why != "" {
		s.Fail(c, seckill.Invalid("reason", "%s", why))
		return
	}
	s.stockMu.Lock()
	defer s.stockMu.Unlock()
	ctx := c.Request.Context()
	sale, err := s.cfg.Ledger.Sale(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	item, found := sale.Item(c.Param("sku"))
	switch {
	case !found:
		s.Fail(c, seckill.Errorf(seckill.CodeNotFound, "There is no such item in this sale."))
		return
	case sale.State == seckill.SaleDraft, sale.State == seckill.SaleClosed:
		s.Fail(c, stateConflict(sale.State, "Stock is changed while a sale is loaded; a draft is changed as a whole."))
		return
	}
	defer s.cfg.Shop.Forget(id)
	change := totalChange{delta: in.Delta, reason: in.Reason, actor: actorOf(c)}
	inEffect := true
	if in.Delta > 0 {
		sale, inEffect, err = s.addStock(ctx, id, item.SKU, change)
	} else {
		sale, err = s.takeStock(ctx, sale, item, change)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	item, _ = sale.Item(item.SKU)
	s.logAct(c, "changed the stock of an item", sale, slog.String("sku", item.SKU), slog.Int64("delta", in.Delta), slog.Int64("total", item.Total))
	web.WriteJSON(c, http.StatusOK, struct {
		SaleID   seckill.ID `json:"sale_id"`
		SKU      string     `json:"sku"`
		Total    int64      `json:"total"`
		Revision int64      `json:"revision"`
		InEffect bool       `json:"in_effect"`
	}{id, item.SKU, item.Total, sale.Revision, inEffect})
}

// totalChange is what an operator wants of an item's total, and who they are.
type totalChange struct {
	delta         int64
	reason, actor string
}

// addStock tells SQL first, which then lets the new units be reserved, and Redis
// second, which sells them. When Redis cannot be told the units are there all
// the same: the worker brings them in. To answer with an error would make the
// operator add them twice.
func (s *API) addStock(ctx context.Context, id seckill.ID, sku string, by totalChange) (seckill.Sale, bool, error) {
	sale, err := s.cfg.Ledger.ChangeTotal(ctx, id, sku, by.delta, by.actor, by.reason)
	if err != nil {
		return sale, false, err
	}
	item, _ := sale.Item(sku)
	return sale, s.tellTotal(ctx, sale, item), nil
}

// takeStock takes the units out of Redis first, so that nobody can buy them any
// more, and then out of SQL; Redis alone knows what is still available. It does
// so under SQL's present revision: should the second step never come, SQL's
// total is not older than the one in Redis, and the worker puts the units back.
func (s *API) takeStock(ctx context.Context, sale seckill.Sale, item seckill.Item, by totalChange) (seckill.Sale, error) {
	target := item.Total + by.delta
	if target < 0 {
		return sale, &seckill.Error{Code: seckill.CodeConflict, State: string(sale.State), Detail: "There are not so many units."}
	}
	if err := s.cfg.Gate.SetTotal(ctx, sale.ID, item.SKU, target, sale.Revision); err != nil {
		return sale, err
	}
	// Redis keeps silent about a total older than its own; then nothing was taken.
	if counters, err := s.cfg.Gate.Counters(ctx, sale.ID); err != nil || counters[item.SKU].Total != target {
		return sale, seckill.Unavailable(err, "The stock is being changed by someone else. Look at the sale and ask again.")
	}
	changed, err := s.recordTaken(ctx, sale.ID, item.SKU, by)
	if code := seckill.CodeOf(err); err != nil && (code == seckill.CodeConflict || code == seckill.CodeInvalidRequest) {
		// SQL has said no, so the units go back on sale.
		if again := s.cfg.Gate.SetTotal(ctx, sale.ID, item.SKU, item.Total, sale.Revision); again != nil {
			s.cfg.Logger.WarnContext(ctx, "units are out of Redis and not out of SQL", "sale_id", sale.ID.String(), "sku", item.SKU, "error", again)
		}
		return sale, err
	}
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "units are out of Redis and not out of SQL", "sale_id", sale.ID.String(), "sku", item.SKU, "error", err)
		return sale, seckill.Unavailable(err, "The units are off sale, but the change is not recorded. Look at the sale before asking again.")
	}
	// Once more under SQL's new revision, which makes what is older harmless, and
	// right the total if another process changed it in between.
	now, _ := changed.Item(item.SKU)
	s.tellTotal(ctx, changed, now)
	return changed, nil
}

func (s *API) recordTaken(ctx context.Context, id seckill.ID, sku string, by totalChange) (seckill.Sale, error) {
	if err := fault.Point(ctx, fault.StockTaken); err != nil {
		return seckill.Sale{}, err
	}
	return s.cfg.Ledger.ChangeTotal(ctx, id, sku, by.delta, by.actor, by.reason)
}

// tellTotal tells Redis of a total that SQL has, and whether that worked. If it
// did not, the worker brings it in.
func (s *API) tellTotal(ctx context.Context, sale seckill.Sale, item seckill.Item) bool {
	err := fault.Point(ctx, fault.StockChanged)
	if err == nil {
		err = s.cfg.Gate.SetTotal(ctx, sale.ID, item.SKU, item.Total, sale.Revision)
	}
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "a new total is not in Redis yet", "sale_id", sale.ID.String(), "sku", item.SKU, "error", err)
	}
	return err == nil
}
