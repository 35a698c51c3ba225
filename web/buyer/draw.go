package buyer

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/web"
)

// ruleDraw is the public name of what keeps out of a draw's sale whoever was not drawn.
const ruleDraw = "draw"

// Statuses of an entry before its turn; then they are those of a place in the waitlist.
const (
	entryEntered = "entered" // in the draw
	entryWaiting = string(seckill.WaiterWaiting)
)

// entryBody is what a buyer is told of his entry.
type entryBody struct {
	SaleID seckill.ID `json:"sale_id"`
	SKU    string     `json:"sku"`
	Status string     `json:"status"`
	// Hash is what is published of the entry; Salt is what it was made with.
	Hash      string `json:"hash"`
	Salt      string `json:"salt"`
	EnteredAt string `json:"entered_at"`
	// Rank is the entry's among those of its item, once it is drawn.
	Rank int64 `json:"rank,omitempty"`
	// OrderID is the order of one whose turn has come.
	OrderID *seckill.ID `json:"order_id,omitempty"`
}

// enterDraw takes the buyer's entry.
func (s *API) enterDraw(c *gin.Context, buyer string) {
	saleID, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	var want struct {
		SKU string `json:"sku"`
	}
	if !s.ReadJSON(c, &want) {
		return
	}
	e, isNew, err := s.enter(c.Request.Context(), saleID, buyer, want.SKU)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.writeEntry(c, takenStatus(isNew), e)
}

func (s *API) enter(ctx context.Context, saleID seckill.ID, buyer, sku string) (e seckill.DrawEntry, isNew bool, err error) {
	sale, err := s.drawnSale(ctx, saleID)
	if err != nil {
		return e, false, err
	}
	if _, found := sale.Item(sku); !found {
		return e, false, seckill.Invalid("sku", "is not an item of this sale")
	}
	now := s.clock.Now(ctx)
	if sale.State == seckill.SaleClosed {
		return e, false, over(sale, now)
	}
	if !now.Before(sale.EntriesEnd()) {
		// Who has entered is told so whenever he asks again.
		if e, err = s.cfg.Ledger.DrawEntry(ctx, saleID, buyer); web.IsNotFound(err) {
			err = &seckill.Error{Code: seckill.CodeEnded, Detail: "No more entries are taken.", At: sale.EntriesEnd()}
		}
		return e, false, err
	}
	id, err := web.NextID(s.cfg.IDs, "Nobody can enter at the moment. Please try again.")
	if err != nil {
		return e, false, err
	}
	salt := fair.NewSalt()
	return s.cfg.Ledger.Enter(ctx, seckill.DrawEntry{SaleID: saleID, Buyer: buyer, SKU: sku, OrderID: id,
		Salt: salt, Hash: fair.EntryHash(saleID, sku, buyer, salt).String()})
}

// drawnSale is a sale whose units are drawn.
func (s *API) drawnSale(ctx context.Context, id seckill.ID) (seckill.Sale, error) {
	sale, err := s.catalogue.public(ctx, id)
	if err == nil && sale.Entry != seckill.EntryDraw {
		err = seckill.Errorf(seckill.CodeNotFound, "This sale has no draw: whoever comes first buys.")
	}
	return sale, err
}

// getEntry tells the buyer's entry and what became of it.
func (s *API) getEntry(c *gin.Context, buyer string) {
	if saleID, ok := s.PathID(c, "sale"); ok {
		e, err := s.cfg.Ledger.DrawEntry(c.Request.Context(), saleID, buyer)
		if err != nil {
			s.Fail(c, err)
			return
		}
		s.writeEntry(c, http.StatusOK, e)
	}
}

// leaveDraw takes the buyer's entry back, as long as entries are taken.
func (s *API) leaveDraw(c *gin.Context, buyer string) {
	saleID, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	ctx := c.Request.Context()
	sale, err := s.drawnSale(ctx, saleID)
	if err == nil && !s.clock.Now(ctx).Before(sale.EntriesEnd()) {
		err = &seckill.Error{Code: seckill.CodeEnded, Detail: "The entries stand: none can be taken back.", At: sale.EntriesEnd()}
	}
	if err == nil {
		_, err = s.cfg.Ledger.Withdraw(ctx, saleID, buyer)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (s *API) writeEntry(c *gin.Context, status int, e seckill.DrawEntry) {
	body := entryBody{SaleID: e.SaleID, SKU: e.SKU, Hash: e.Hash, Salt: e.Salt, EnteredAt: web.FormatTime(e.EnteredAt), Rank: e.Rank}
	switch {
	case e.Status != "" && !e.Status.Open():
		body.Status = string(e.Status)
	case s.isClosed(c.Request.Context(), e.SaleID):
		body.Status = string(seckill.WaiterLapsed)
	case e.Rank == 0:
		body.Status = entryEntered
	default:
		body.Status = entryWaiting
	}
	if e.Status == seckill.WaiterOffered {
		body.OrderID = &e.OrderID
	}
	web.WriteJSON(c, status, body)
}

func (s *API) isClosed(ctx context.Context, id seckill.ID) bool {
	sale, err := s.catalogue.public(ctx, id)
	return err == nil && sale.State == seckill.SaleClosed
}

// drawnOr says of units that are there, for whoever is drawn, that they are.
func (s *API) drawnOr(ctx context.Context, req seckill.Request, soldOut error) error {
	counters, known := s.catalogue.left(ctx, req.SaleID)
	for _, line := range req.Lines {
		if !known || counters[line.SKU].Waited != 0 {
			return drawnAlone()
		}
	}
	return soldOut
}

// noWaitlist is what whoever wants to wait is told in the sale of a draw: its ranks are the
// waitlist, and after the last one none is left.
func noWaitlist() error {
	return &seckill.Error{Code: seckill.CodeNotEligible, Rule: ruleDraw, Detail: "A sale that is drawn has no waitlist: what comes back goes down the ranks, and then to anybody."}
}

// drawnAlone is what whoever is not drawn is told who wants to buy.
func drawnAlone() error {
	return &seckill.Error{Code: seckill.CodeNotEligible, Rule: ruleDraw, Detail: "The units of this sale are for those who are drawn."}
}
