package web

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
)

// adminPreload makes a draft ready and loads it into Redis. Done again it
// changes nothing, and loads what Redis has lost.
func (s *Server) adminPreload(c *gin.Context, id seckill.ID) {
	ctx := c.Request.Context()
	loaded, err := s.preload(ctx, id, actorOf(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	sale, items, _, err := s.reading(ctx, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	if loaded {
		s.logAct(c, "preloaded a sale", sale)
	}
	writeJSON(c, http.StatusOK, struct {
		ID     seckill.ID        `json:"id"`
		State  seckill.SaleState `json:"state"`
		Loaded bool              `json:"loaded"`
		Items  []statsItem       `json:"items"`
	}{id, sale.State, loaded, items})
}

func (s *Server) preload(ctx context.Context, id seckill.ID, actor string) (loaded bool, err error) {
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
	defer s.catalogue.forget(id)
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

func (s *Server) adminPause(c *gin.Context, id seckill.ID) { s.setState(c, id, seckill.SalePaused) }

func (s *Server) adminClose(c *gin.Context, id seckill.ID) { s.setState(c, id, seckill.SaleClosed) }

// adminResume refuses a draft, which could become ready too, but only by a
// preload: ready means loaded.
func (s *Server) adminResume(c *gin.Context, id seckill.ID) {
	sale, err := s.cfg.Ledger.Sale(c.Request.Context(), id)
	switch {
	case err != nil:
		s.fail(c, err)
	case sale.State == seckill.SaleDraft:
		s.fail(c, stateConflict(sale.State, "A draft is made ready by a preload."))
	default:
		s.setState(c, id, seckill.SaleReady)
	}
}

var stateActs = map[seckill.SaleState]string{
	seckill.SalePaused: "paused a sale", seckill.SaleReady: "resumed a sale", seckill.SaleClosed: "closed a sale",
}

// setState changes the state in SQL, which is the truth, and then in Redis,
// which acts on it. Both may be done again.
func (s *Server) setState(c *gin.Context, id seckill.ID, to seckill.SaleState) {
	ctx := c.Request.Context()
	sale, err := s.cfg.Ledger.TransitionSale(ctx, id, to, actorOf(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.logAct(c, stateActs[to], sale)
	defer s.catalogue.forget(id)
	if err = fault.Point(ctx, fault.StateChanged); err == nil {
		_, err = s.cfg.Gate.SetState(ctx, id, sale.State, sale.Revision)
	}
	if err != nil && !isNotFound(err) {
		s.fail(c, seckill.Unavailable(err, "The change is recorded, but not in effect yet. Ask again, or wait for the worker to bring it into effect."))
		return
	}
	s.writeSale(c, http.StatusOK, sale)
}

func stateConflict(state seckill.SaleState, detail string) *seckill.Error {
	return &seckill.Error{Code: seckill.CodeConflict, State: string(state), Detail: detail}
}
