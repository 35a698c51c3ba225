package buyer

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// briefly lets a CDN answer a crowd that looks at the same sale; what it sees is
// no older than what this process itself remembers.
var briefly = []string{"public, max-age=1"}

// saleBody is a sale as a buyer sees it.
type saleBody struct {
	ID          seckill.ID    `json:"id"`
	Name        string        `json:"name"`
	Status      seckill.Phase `json:"status"`
	StartsAt    string        `json:"starts_at"`
	EndsAt      string        `json:"ends_at"`
	HoldSeconds int64         `json:"hold_seconds"`
	// Entry is how buyers get in: open, or draw with its last moment to enter.
	Entry        string `json:"entry"`
	EntriesUntil string `json:"entries_until,omitempty"`
	// Queue is what everybody may know of a sale's queue.
	Queue *queueBody `json:"queue,omitempty"`
	Now   string     `json:"now"`
	// NextReturnAt is when the first unpaid order loses its units, while an item
	// is sold out.
	NextReturnAt string     `json:"next_return_at,omitempty"`
	Items        []itemBody `json:"items"`
}

type itemBody struct {
	SKU           string   `json:"sku"`
	Title         string   `json:"title"`
	ImageURL      string   `json:"image_url,omitempty"`
	Images        []string `json:"images,omitempty"`
	Price         int64    `json:"price"`
	ListPrice     int64    `json:"list_price,omitempty"`
	Currency      string   `json:"currency"`
	LimitPerBuyer int64    `json:"limit_per_buyer"`
	Stock         int64    `json:"stock"`
	Available     int64    `json:"available"`
	// DrawnOnly says that the units are for those who are drawn. It ends with the last
	// rank: what is left then is for anybody.
	DrawnOnly bool `json:"drawn_only,omitempty"`
	// Held is how many units are reserved and not paid yet, of an item of which
	// none is available; nil where that is not known.
	Held *int64 `json:"held,omitempty"`
}

func (s *API) listSales(c *gin.Context) {
	ctx := c.Request.Context()
	sales, err := s.catalogue.list(ctx)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Writer.Header()["Cache-Control"] = briefly
	now := s.clock.Now(ctx)
	bodies := make([]saleBody, 0, len(sales))
	for _, sale := range sales {
		if now.Sub(sale.EndsAt) < recentFor {
			bodies = append(bodies, s.saleBody(ctx, sale, now))
		}
	}
	slices.SortFunc(bodies, byUrgency)
	web.WriteJSON(c, http.StatusOK, struct {
		Now   string     `json:"now"`
		Sales []saleBody `json:"sales"`
	}{web.FormatTime(now), bodies})
}

// byUrgency puts what runs first, then what comes next, then what is over, the
// latest first.
func byUrgency(a, b saleBody) int {
	rank := func(p seckill.Phase) int {
		switch p {
		case seckill.PhaseUpcoming:
			return 1
		case seckill.PhaseEnded:
			return 2
		default:
			return 0
		}
	}
	if r := cmp.Compare(rank(a.Status), rank(b.Status)); r != 0 {
		return r
	}
	// The times have one width, so they sort as text.
	if a.Status == seckill.PhaseEnded {
		return cmp.Compare(b.EndsAt, a.EndsAt)
	}
	return cmp.Or(cmp.Compare(a.StartsAt, b.StartsAt), cmp.Compare(a.ID, b.ID))
}

func (s *API) getSale(c *gin.Context) {
	id, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	ctx := c.Request.Context()
	sale, err := s.catalogue.public(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Writer.Header()["Cache-Control"] = briefly
	web.WriteJSON(c, http.StatusOK, s.saleBody(ctx, sale, s.clock.Now(ctx)))
}

// saleBody joins the definition with what is left. Where Redis cannot tell what
// is left nobody can buy: a sale that should be live is shown as paused.
func (s *API) saleBody(ctx context.Context, sale seckill.Sale, now time.Time) saleBody {
	counters, known := s.catalogue.left(ctx, sale.ID)
	b := saleBody{ID: sale.ID, Name: sale.Name, StartsAt: web.FormatTime(sale.StartsAt), EndsAt: web.FormatTime(sale.EndsAt),
		HoldSeconds: int64(sale.Hold / time.Second), Entry: sale.Entry.String(), Now: web.FormatTime(now), Items: make([]itemBody, len(sale.Items))}
	if sale.Entry == seckill.EntryDraw {
		b.EntriesUntil = web.FormatTime(sale.EntriesEnd())
	}
	if sale.Entry == seckill.EntryQueue {
		b.Queue = s.queueBody(ctx, &sale, now)
	}
	var left int64
	for i, it := range sale.Items {
		n := counters[it.SKU]
		total := it.Total
		if known {
			total = n.Total
		}
		drawnOnly := sale.Entry == seckill.EntryDraw && (!known || n.Waited != 0)
		if !drawnOnly { // what is for those who are drawn is not gone
			n.Available = n.ForBuyers()
		}
		left += n.Available
		b.Items[i] = itemBody{SKU: it.SKU, Title: it.Title, ImageURL: it.ImageURL, Images: it.Images,
			Price: it.Price, ListPrice: it.ListPrice, Currency: it.Currency, LimitPerBuyer: it.LimitPerBuyer, Stock: total, Available: n.Available, DrawnOnly: drawnOnly}
	}
	b.Status = sale.PhaseAt(now, left)
	if !known && b.Status == seckill.PhaseSoldOut {
		b.Status = seckill.PhasePaused
	}
	if b.Status == seckill.PhaseLive || b.Status == seckill.PhaseSoldOut {
		s.addReturns(ctx, &b)
	}
	return b
}

// addReturns tells of sold-out items what may come back of them, and when.
func (s *API) addReturns(ctx context.Context, b *saleBody) {
	gone := func(it itemBody) bool { return it.Available == 0 }
	if !slices.ContainsFunc(b.Items, gone) {
		return
	}
	r, known := s.catalogue.returning(ctx, b.ID)
	if !known {
		return
	}
	b.NextReturnAt = web.FormatTime(r.next)
	for i, it := range b.Items {
		if gone(it) {
			held := r.held[it.SKU]
			b.Items[i].Held = &held
		}
	}
}
