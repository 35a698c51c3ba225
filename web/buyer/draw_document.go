package buyer

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/web"
)

// drawBody is what everybody may know of a draw. Whoever checks it relies on each field.
type drawBody struct {
	SaleID       seckill.ID        `json:"sale_id"`
	State        seckill.DrawState `json:"state"`
	Rule         string            `json:"rule"`
	EntriesUntil string            `json:"entries_until"`
	Entries      int64             `json:"entries"`
	Beacon       seckill.Beacon    `json:"beacon"`
	// PlannedRound follows from what is known with the sale; Commitment has another one
	// where it came too late for that.
	PlannedRound uint64 `json:"planned_round"`
	// HoldSeconds is how long whoever's turn has come has to pay.
	HoldSeconds int64           `json:"hold_seconds"`
	PlannedAt   string          `json:"planned_at"`
	Commitment  *commitmentBody `json:"commitment,omitempty"`
	Outcome     *outcomeBody    `json:"outcome,omitempty"`
	// Waits is why a draw that is due has not been drawn.
	Waits string         `json:"waits,omitempty"`
	Items []drawItemBody `json:"items"`
}

type commitmentBody struct {
	Root        string `json:"root"`
	Entries     int64  `json:"entries"`
	Round       uint64 `json:"round"`
	RoundAt     string `json:"round_at"`
	CommittedAt string `json:"committed_at"`
}

type outcomeBody struct {
	Signature  string `json:"signature"`
	Randomness string `json:"randomness"`
	DrawnAt    string `json:"drawn_at"`
}

type drawItemBody struct {
	SKU     string `json:"sku"`
	Entries int64  `json:"entries"`
}

func (s *API) draw(ctx context.Context, id seckill.ID) (d seckill.Draw, err error) {
	sale, err := s.drawnSale(ctx, id)
	if err != nil {
		return d, err
	}
	d, err = s.catalogue.draws.Get(ctx, id, func(ctx context.Context) (seckill.Draw, error) { return s.cfg.Ledger.Draw(ctx, id) })
	if sale.State == seckill.SaleClosed && d.State != seckill.DrawDrawn {
		d.State, d.Trouble = seckill.DrawVoid, ""
	}
	return d, err
}

func (s *API) drawBodyOf(d seckill.Draw) drawBody {
	b := drawBody{SaleID: d.SaleID, State: d.State, Rule: seckill.DrawRule, EntriesUntil: web.FormatTime(d.EntriesUntil), Entries: d.Entries,
		Beacon: d.Beacon, HoldSeconds: int64(s.cfg.DrawHold / time.Second), PlannedRound: d.PlannedRound, PlannedAt: web.FormatTime(d.Beacon.TimeOf(d.PlannedRound)), Items: make([]drawItemBody, len(d.Items))}
	if d.Root != "" {
		b.Commitment = &commitmentBody{Root: d.Root, Entries: d.Entries, Round: d.Round, RoundAt: web.FormatTime(d.Beacon.TimeOf(d.Round)),
			CommittedAt: web.FormatTime(d.CommittedAt)}
	}
	if d.State == seckill.DrawDrawn {
		b.Outcome = &outcomeBody{Signature: hex.EncodeToString(d.Signature), Randomness: hex.EncodeToString(fair.Randomness(d.Signature)),
			DrawnAt: web.FormatTime(d.DrawnAt)}
	}
	if d.Trouble != "" {
		b.Waits = "The beacon has not given its round yet. Nobody can choose another one: the draw waits for it."
	}
	for i, it := range d.Items {
		b.Items[i] = drawItemBody{SKU: it.SKU, Entries: it.Entries}
	}
	return b
}

// getDraw tells everybody how far a draw is.
func (s *API) getDraw(c *gin.Context) {
	id, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	d, err := s.draw(c.Request.Context(), id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Writer.Header()["Cache-Control"] = briefly
	web.WriteJSON(c, http.StatusOK, s.drawBodyOf(d))
}
