package operator

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// saleBody is a sale as an operator sees it.
type saleBody struct {
	ID          seckill.ID        `json:"id"`
	Key         string            `json:"key,omitempty"`
	Name        string            `json:"name"`
	State       seckill.SaleState `json:"state"`
	StartsAt    string            `json:"starts_at"`
	EndsAt      string            `json:"ends_at"`
	HoldSeconds int64             `json:"hold_seconds"`
	// Entry is how buyers get in; of a draw, EntriesUntil is the last moment to enter.
	Entry        string         `json:"entry"`
	EntriesUntil string         `json:"entries_until,omitempty"`
	Items        []seckill.Item `json:"items"`
	Revision     int64          `json:"revision"`
	CreatedAt    string         `json:"created_at"`
	// Phase is what buyers see, once it is no draft; paused where Redis does not have it.
	Phase seckill.Phase `json:"phase,omitempty"`
	// EndedAt is when it was over, which is before EndsAt where it was closed early.
	EndedAt string `json:"ended_at,omitempty"`
	// Rehearsal marks a copy that only a simulated crowd sees.
	Rehearsal bool `json:"rehearsal,omitempty"`
	// Bench marks a sale that a load generator made.
	Bench bool `json:"bench,omitempty"`
}

// saleBodies describes sales as they stand now.
func (s *API) saleBodies(ctx context.Context, sales []seckill.Sale) ([]saleBody, error) {
	var closed []seckill.ID
	for _, sale := range sales {
		if sale.State == seckill.SaleClosed {
			closed = append(closed, sale.ID)
		}
	}
	var closedAt map[seckill.ID]time.Time
	if len(closed) > 0 {
		var err error
		if closedAt, err = s.cfg.Ledger.ClosedTimes(ctx, closed); err != nil {
			return nil, err
		}
	}
	now := s.clock.Now(ctx)
	bodies := make([]saleBody, len(sales))
	for i, sale := range sales {
		bodies[i] = saleBody{ID: sale.ID, Key: sale.Key, Name: sale.Name, State: sale.State, StartsAt: web.FormatTime(sale.StartsAt),
			EndsAt: web.FormatTime(sale.EndsAt), HoldSeconds: int64(sale.Hold / time.Second), Items: sale.Items, Revision: sale.Revision,
			CreatedAt: web.FormatTime(sale.CreatedAt), Phase: s.phaseOf(ctx, sale, now), Rehearsal: sale.Rehearsal(), Bench: sale.Bench()}
		if bodies[i].Entry = sale.Entry.String(); sale.Entry == seckill.EntryDraw {
			bodies[i].EntriesUntil = web.FormatTime(sale.EntriesEnd())
		}
		if bodies[i].Phase != seckill.PhaseEnded {
			continue
		}
		ended := sale.EndsAt
		if at, early := closedAt[sale.ID]; early && at.Before(ended) {
			ended = at
		}
		bodies[i].EndedAt = web.FormatTime(ended)
	}
	return bodies, nil
}

func (s *API) phaseOf(ctx context.Context, sale seckill.Sale, now time.Time) seckill.Phase {
	if phase := operatorPhase(sale, now, 1, true); phase != seckill.PhaseLive {
		return phase
	}
	counters, loaded := s.cfg.Shop.Left(ctx, sale.ID)
	var available int64
	for _, n := range counters {
		if sale.Entry == seckill.EntryDraw {
			available += n.Available
		} else {
			available += n.ForBuyers()
		}
	}
	return operatorPhase(sale, now, available, loaded)
}

// operatorPhase is what buyers see of a sale. A draft has none, and where Redis does
// not have a sale that should be live nobody gets in.
func operatorPhase(sale seckill.Sale, now time.Time, available int64, loaded bool) seckill.Phase {
	phase := sale.PhaseAt(now, available)
	switch {
	case sale.State == seckill.SaleDraft:
		return ""
	case !loaded && (phase == seckill.PhaseLive || phase == seckill.PhaseSoldOut):
		return seckill.PhasePaused
	default:
		return phase
	}
}

// writeSale answers with a sale as an operator sees it.
func (s *API) writeSale(c *gin.Context, status int, sale seckill.Sale) {
	bodies, err := s.saleBodies(c.Request.Context(), []seckill.Sale{sale})
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, status, bodies[0])
}
