package operator

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// preloadSale makes a draft ready and loads it into Redis. Done again it
// changes nothing, and loads what Redis has lost.
func (s *API) preloadSale(c *gin.Context, id seckill.ID) {
	ctx := c.Request.Context()
	loaded, err := s.Preload(ctx, id, actorOf(c))
	if err != nil {
		s.Fail(c, err)
		return
	}
	sale, items, _, err := s.reading(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	if loaded {
		s.logAct(c, "preloaded a sale", sale)
	}
	web.WriteJSON(c, http.StatusOK, struct {
		ID     seckill.ID        `json:"id"`
		State  seckill.SaleState `json:"state"`
		Loaded bool              `json:"loaded"`
		Items  []statsItem       `json:"items"`
	}{id, sale.State, loaded, items})
}

// Preload does so for whoever acts; loaded tells whether Redis did not have it.
func (s *API) Preload(ctx context.Context, id seckill.ID, actor string) (loaded bool, err error) {
	sale, err := s.cfg.Ledger.Sale(ctx, id)
	if err != nil {
		return false, err
	}
	switch sale.State {
	case seckill.SaleDraft:
		if _, err = s.cfg.Ledger.TransitionSale(ctx, id, seckill.SaleReady, actor); err != nil {
			return false, err
		}
		if err = fault.Point(ctx, fault.PreloadReady); err != nil {
			return false, err
		}
	case seckill.SaleClosed:
		return false, stateConflict(sale.State, "A closed sale cannot be loaded.")
	}
	defer s.cfg.Shop.Forget(id)
	loaded, err = s.cfg.Gate.Load(ctx, sale, func(ctx context.Context, write func(seckill.Snapshot) error) error {
		return s.cfg.Ledger.OpenEpoch(ctx, id, write)
	})
	if err != nil {
		return false, err
	}
	// The sale may have been paused, or closed, between the reading and the
	// loading, when Redis had nothing yet that could be told so.
	if sale, err = s.cfg.Ledger.Sale(ctx, id); err != nil {
		return false, err
	}
	_, err = s.cfg.Gate.SetState(ctx, id, sale.State, sale.Revision)
	return loaded, err
}

func (s *API) pauseSale(c *gin.Context, id seckill.ID) { s.setState(c, id, seckill.SalePaused) }

func (s *API) closeSale(c *gin.Context, id seckill.ID) { s.setState(c, id, seckill.SaleClosed) }

// resumeSale refuses a draft, which could become ready too, but only by a
// preload: ready means loaded.
func (s *API) resumeSale(c *gin.Context, id seckill.ID) {
	sale, err := s.cfg.Ledger.Sale(c.Request.Context(), id)
	switch {
	case err != nil:
		s.Fail(c, err)
	case sale.State == seckill.SaleDraft:
		s.Fail(c, stateConflict(sale.State, "A draft is made ready by a preload."))
	default:
		s.setState(c, id, seckill.SaleReady)
	}
}

var stateActs = map[seckill.SaleState]string{
	seckill.SalePaused: "paused a sale", seckill.SaleReady: "resumed a sale", seckill.SaleClosed: "closed a sale",
}

// setState changes the state in SQL, which is the truth, and then in Redis,
// which acts on it. Both may be done again.
func (s *API) setState(c *gin.Context, id seckill.ID, to seckill.SaleState) {
	ctx := c.Request.Context()
	sale, err := s.cfg.Ledger.TransitionSale(ctx, id, to, actorOf(c))
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.logAct(c, stateActs[to], sale)
	defer s.cfg.Shop.Forget(id)
	if err = fault.Point(ctx, fault.StateChanged); err == nil {
		_, err = s.cfg.Gate.SetState(ctx, id, sale.State, sale.Revision)
	}
	if err != nil && !web.IsNotFound(err) {
		s.Fail(c, seckill.Unavailable(err, "The change is recorded, but not in effect yet. Ask again, or wait for the worker to bring it into effect."))
		return
	}
	s.writeSale(c, http.StatusOK, sale)
}

func stateConflict(state seckill.SaleState, detail string) *seckill.Error {
	return &seckill.Error{Code: seckill.CodeConflict, State: string(state), Detail: detail}
}
