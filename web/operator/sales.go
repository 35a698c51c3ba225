package operator

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/salefile"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

// readDraft reads a sale as an operator writes it; ok is false when it has answered
// already.
func (s *API) readDraft(c *gin.Context) (sale seckill.Sale, ok bool) {
	body, ok := s.JSONBody(c)
	if !ok {
		return sale, false
	}
	sale, err := salefile.Draft(body)
	if err != nil {
		s.Fail(c, err)
		return sale, false
	}
	sale.State = seckill.SaleDraft
	return sale, true
}

// noIDForSale is what operators read where buyers read that orders cannot be taken.
const noIDForSale = "This process cannot make new sales at the moment, as it has no lease on a number for ids. It tries to get one" +
	" from the database again and again; please try again too, or ask another web process."

// NewSaleID makes the id of a new sale.
func (s *API) NewSaleID() (seckill.ID, error) { return web.NextID(s.cfg.IDs, noIDForSale) }

// createSale writes a draft. A key that is known already, with the same
// content, gives the sale of before: a script may be run twice.
func (s *API) createSale(c *gin.Context) {
	sale, ok := s.readDraft(c)
	if !ok {
		return
	}
	var err error
	if sale.ID, err = s.NewSaleID(); err != nil {
		s.Fail(c, err)
		return
	}
	sale.CreatedAt = s.cfg.Clock().UTC().Truncate(time.Millisecond)
	sale, created, err := s.cfg.Ledger.CreateSale(acting(c), sale)
	if err != nil {
		s.Fail(c, err)
		return
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.Header("Location", "/api/v1/admin/sales/"+sale.ID.String())
		s.logAct(c, "created a sale", sale)
	}
	s.writeSale(c, status, sale)
}

func (s *API) listSales(c *gin.Context) {
	cursor, limit, ok := s.Page(c)
	if !ok {
		return
	}
	var states []seckill.SaleState
	if v := c.Query("state"); v != "" {
		for _, name := range strings.Split(v, ",") {
			if state := seckill.SaleState(name); slices.Contains(seckill.SaleStates, state) {
				states = append(states, state)
				continue
			}
			s.Fail(c, seckill.Invalid("state", "must be one or more of %s, with commas between", listed(seckill.SaleStates)))
			return
		}
	}
	sales, err := s.cfg.Ledger.Sales(c.Request.Context(), ledger.SaleQuery{States: states, Key: c.Query("key"), Limit: limit + 1, Cursor: cursor})
	if err != nil {
		s.Fail(c, err)
		return
	}
	sales, next := web.Cut(sales, limit, func(s seckill.Sale) seckill.ID { return s.ID })
	bodies, err := s.saleBodies(c.Request.Context(), sales)
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Sales      []saleBody  `json:"sales"`
		NextCursor *seckill.ID `json:"next_cursor,omitempty"`
	}{bodies, next})
}

func (s *API) getSale(c *gin.Context, id seckill.ID) {
	sale, err := s.cfg.Ledger.Sale(c.Request.Context(), id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.writeSale(c, http.StatusOK, sale)
}

// updateSale replaces a draft. Its key is what it was created by and stays.
func (s *API) updateSale(c *gin.Context, id seckill.ID) {
	sale, ok := s.readDraft(c)
	if !ok {
		return
	}
	ctx := acting(c)
	before, err := s.cfg.Ledger.Sale(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	if sale.Key != "" && sale.Key != before.Key {
		s.Fail(c, seckill.Invalid("key", "cannot be changed"))
		return
	}
	sale.ID, sale.Key, sale.CreatedAt, sale.Revision = id, before.Key, before.CreatedAt, before.Revision
	if sale.Rehearsal() {
		s.Fail(c, seckill.Invalid("key", "marks a rehearsal, which is not changed"))
		return
	}
	if err := s.cfg.Ledger.UpdateDraft(ctx, sale); err != nil {
		s.Fail(c, err)
		return
	}
	s.cfg.Shop.Forget(id)
	s.logAct(c, "changed a draft", sale)
	s.getSale(c, id)
}
