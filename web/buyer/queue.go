package buyer

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/web"
)

// ruleQueue is the public name of what lets into a sale with a queue.
const ruleQueue = "queue"

// slowest bounds how uncertain an estimate is: it says no more than that it may take so many
// times as long.
const slowest = 10

// turnBody is what a buyer is told of his place in a queue.
type turnBody struct {
	SaleID seckill.ID         `json:"sale_id"`
	State  seckill.PlaceState `json:"state"`
	// JoinedAt and Number are what the place is made of, for whoever checks the shuffle.
	JoinedAt string `json:"joined_at"`
	Number   string `json:"number"`
	// Place counts from 1 and stays; Ahead is how many wait that stand before it. Neither
	// is there before the places are shuffled.
	Place *int64 `json:"place,omitempty"`
	Ahead *int64 `json:"ahead,omitempty"`
	// The estimates are there while turns are given. How far Low and High are apart says
	// how sure it is.
	Estimate     *int64 `json:"estimate_seconds,omitempty"`
	EstimateLow  *int64 `json:"estimate_low_seconds,omitempty"`
	EstimateHigh *int64 `json:"estimate_high_seconds,omitempty"`
	// Pass lets the buyer in whose turn it is.
	Pass      string `json:"pass,omitempty"`
	PassUntil string `json:"pass_until,omitempty"`
}

// joinQueue gives the buyer a place.
func (s *API) joinQueue(c *gin.Context, buyer string) {
	saleID, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	ctx := c.Request.Context()
	p, isNew, err := s.takePlace(ctx, saleID, buyer)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.writePlace(c, takenStatus(isNew), p)
}

func (s *API) takePlace(ctx context.Context, saleID seckill.ID, buyer string) (p seckill.Place, isNew bool, err error) {
	sale, err := s.queuedSale(ctx, saleID)
	if err != nil {
		return p, false, err
	}
	if now := s.clock.Now(ctx); sale.State == seckill.SaleClosed || !now.Before(sale.EndsAt) {
		return p, false, over(sale, now)
	}
	return s.cfg.Ledger.JoinQueue(ctx, saleID, buyer)
}

// queuedSale is a sale that has a queue.
func (s *API) queuedSale(ctx context.Context, id seckill.ID) (seckill.Sale, error) {
	sale, err := s.catalogue.public(ctx, id)
	if err == nil && sale.Entry != seckill.EntryQueue {
		err = seckill.Errorf(seckill.CodeNotFound, "This sale has no queue.")
	}
	return sale, err
}

// getPlace tells the buyer's place, and gives the pass of whose turn it is.
func (s *API) getPlace(c *gin.Context, buyer string) {
	saleID, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	p, err := s.cfg.Ledger.Place(c.Request.Context(), saleID, buyer)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.writePlace(c, http.StatusOK, p)
}

// leaveQueue gives the buyer's place up.
func (s *API) leaveQueue(c *gin.Context, buyer string) {
	if saleID, ok := s.PathID(c, "sale"); ok {
		if err := s.cfg.Ledger.LeaveQueue(c.Request.Context(), saleID, buyer); err != nil {
			s.Fail(c, err)
			return
		}
		c.Status(http.StatusNoContent)
	}
}

func (s *API) writePlace(c *gin.Context, status int, p seckill.Place) {
	body, err := s.turnBody(c.Request.Context(), p)
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, status, body)
}

func (s *API) turnBody(ctx context.Context, p seckill.Place) (b turnBody, err error) {
	sale, err := s.queuedSale(ctx, p.SaleID)
	if err != nil {
		return b, err
	}
	v, err := s.queueViews.get(ctx, p.SaleID)
	if err != nil {
		return b, err
	}
	now := s.clock.Now(ctx)
	b = turnBody{SaleID: p.SaleID, State: p.State, JoinedAt: web.FormatTime(p.JoinedAt), Number: fmt.Sprintf("%016x", p.Number)}
	state := v.StateIn(&sale, now)
	until := p.Until.Add(s.cfg.TurnGrace)
	if p.State.Open() && state == seckill.QueueOver || p.State == seckill.PlaceCalled && !now.Before(until) {
		b.State = seckill.PlaceLapsed
	}
	place, ahead := v.place(p.Number), v.ahead(p.Number)
	if !v.OpenedAt.IsZero() {
		b.Place, b.Ahead = &place, &ahead
	}
	switch {
	case b.State == seckill.PlaceCalled:
		pass := fair.Pass{Turn: seckill.Turn{Number: p.Number, Epoch: sale.Epoch}, Until: until}
		b.Pass, b.PassUntil = pass.Sign(v.PassKey, p.SaleID, p.Buyer), web.FormatTime(p.Until)
	case b.State == seckill.PlaceWaiting && state == seckill.QueueOpen:
		b.estimate(ahead, v.PaceLow, v.PaceHigh)
	}
	return b, nil
}

// estimate tells how long it takes until so many have had their turns: at the paces of
// late, and between them.
func (b *turnBody) estimate(ahead int64, low, high float64) {
	if high <= 0 {
		return
	}
	seconds := func(pace float64) *int64 {
		n := int64(math.Ceil(float64(ahead+1) / pace))
		return &n
	}
	low = max(low, high/slowest)
	b.EstimateLow, b.EstimateHigh, b.Estimate = seconds(high), seconds(low), seconds((low+high)/2)
}

// queueInstead is what whoever wants to wait is told in the sale of a queue.
func queueInstead() error {
	return &seckill.Error{Code: seckill.CodeNotEligible, Rule: ruleQueue, Detail: "A sale with a queue has no waitlist: what comes back goes to those who queue."}
}
