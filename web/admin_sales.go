package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// actor is who the records name where an operator gave no name: there is one admin
// token.
const actor = "admin"

// saleInput is a sale as an operator writes it. Times are text, for an error
// that names the field.
type saleInput struct {
	Key         string      `json:"key"`
	Name        string      `json:"name"`
	StartsAt    string      `json:"starts_at"`
	EndsAt      string      `json:"ends_at"`
	HoldSeconds *int64      `json:"hold_seconds"`
	Items       []itemInput `json:"items"`
}

type itemInput struct {
	SKU           string   `json:"sku"`
	Title         string   `json:"title"`
	ImageURL      string   `json:"image_url"`
	Images        []string `json:"images"`
	Price         int64    `json:"price"`
	ListPrice     int64    `json:"list_price"`
	Currency      string   `json:"currency"`
	Stock         int64    `json:"stock"`
	LimitPerBuyer *int64   `json:"limit_per_buyer"`
}

// sale makes a valid draft of the input.
func (in saleInput) sale(id seckill.ID, now time.Time) (seckill.Sale, error) {
	sale := seckill.Sale{ID: id, Key: in.Key, Name: in.Name, State: seckill.SaleDraft, Hold: seckill.DefaultHold, CreatedAt: now}
	var err error
	if sale.StartsAt, err = parseTime("starts_at", in.StartsAt); err != nil {
		return sale, err
	}
	if sale.EndsAt, err = parseTime("ends_at", in.EndsAt); err != nil {
		return sale, err
	}
	if in.HoldSeconds != nil {
		// Held to the bound before it is multiplied, or a huge one would come out
		// of the overflow as a valid one.
		seconds := min(max(*in.HoldSeconds, 0), int64(seckill.MaxHold/time.Second)+1)
		sale.Hold = time.Duration(seconds) * time.Second
	}
	if sale.Rehearsal() {
		return sale, seckill.Invalid("key", "must not begin with %q, which marks rehearsals", seckill.RehearsalKeyPrefix)
	}
	for _, it := range in.Items {
		limit := int64(seckill.DefaultItemLimit)
		if it.LimitPerBuyer != nil {
			limit = *it.LimitPerBuyer
		}
		sale.Items = append(sale.Items, seckill.Item{SKU: it.SKU, Title: it.Title, ImageURL: it.ImageURL, Images: it.Images,
			Price: it.Price, ListPrice: it.ListPrice, Currency: it.Currency, Total: it.Stock, LimitPerBuyer: limit})
	}
	return sale, sale.Validate()
}

// parseTime reads RFC 3339 of any zone, to the millisecond.
func parseTime(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil // Validate names it as missing
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, seckill.Invalid(field, "must be a time as in 2026-11-11T10:00:00Z")
	}
	return t.UTC().Truncate(time.Millisecond), nil
}

// forSale runs a handler for the sale that the path names.
func (s *Server) forSale(handle func(c *gin.Context, id seckill.ID)) gin.HandlerFunc {
	return func(c *gin.Context) {
		if id, ok := s.pathID(c, "sale"); ok {
			handle(c, id)
		}
	}
}

// adminCreateSale writes a draft. A key that is known already, with the same
// content, gives the sale of before: a script may be run twice.
func (s *Server) adminCreateSale(c *gin.Context) {
	var in saleInput
	if !s.readJSON(c, &in) {
		return
	}
	id, err := s.nextID()
	if err != nil {
		s.fail(c, err)
		return
	}
	sale, err := in.sale(id, s.cfg.Clock().UTC().Truncate(time.Millisecond))
	if err != nil {
		s.fail(c, err)
		return
	}
	sale, created, err := s.cfg.Ledger.CreateSale(acting(c), sale)
	if err != nil {
		s.fail(c, err)
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

func (s *Server) adminListSales(c *gin.Context) {
	cursor, limit, ok := s.page(c)
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
			s.fail(c, seckill.Invalid("state", "must be one or more of %v, with commas between", seckill.SaleStates))
			return
		}
	}
	sales, err := s.cfg.Ledger.Sales(c.Request.Context(), ledger.SaleQuery{States: states, Key: c.Query("key"), Limit: limit + 1, Cursor: cursor})
	if err != nil {
		s.fail(c, err)
		return
	}
	sales, next := cut(sales, limit, func(s seckill.Sale) seckill.ID { return s.ID })
	bodies, err := s.adminBodies(c.Request.Context(), sales)
	if err != nil {
		s.fail(c, err)
		return
	}
	writeJSON(c, http.StatusOK, struct {
		Sales      []adminSaleBody `json:"sales"`
		NextCursor *seckill.ID     `json:"next_cursor,omitempty"`
	}{bodies, next})
}

func (s *Server) adminGetSale(c *gin.Context, id seckill.ID) {
	sale, err := s.cfg.Ledger.Sale(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.writeSale(c, http.StatusOK, sale)
}

// adminUpdateSale replaces a draft. Its key is what it was created by and stays.
func (s *Server) adminUpdateSale(c *gin.Context, id seckill.ID) {
	var in saleInput
	if !s.readJSON(c, &in) {
		return
	}
	ctx := acting(c)
	before, err := s.cfg.Ledger.Sale(ctx, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	if in.Key != "" && in.Key != before.Key {
		s.fail(c, seckill.Invalid("key", "cannot be changed"))
		return
	}
	in.Key = before.Key
	sale, err := in.sale(id, before.CreatedAt)
	if err != nil {
		s.fail(c, err)
		return
	}
	sale.Revision = before.Revision
	if err := s.cfg.Ledger.UpdateDraft(ctx, sale); err != nil {
		s.fail(c, err)
		return
	}
	s.catalogue.forget(id)
	s.logAct(c, "changed a draft", sale)
	s.adminGetSale(c, id)
}
