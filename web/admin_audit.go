package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

func (s *Server) adminAudit(c *gin.Context, id seckill.ID) {
	if s.cfg.Auditor == nil {
		s.fail(c, seckill.Unavailable(nil, "The audit is not set up here."))
		return
	}
	audit, err := s.cfg.Auditor.Audit(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	writeJSON(c, http.StatusOK, audit)
}

// adminRepair makes a drifted sale conserved, or tells what that would take:
// without a word about it, it changes nothing.
func (s *Server) adminRepair(c *gin.Context, id seckill.ID) {
	in := struct {
		DryRun bool `json:"dry_run"`
	}{DryRun: true}
	if !s.readOptionalJSON(c, &in) {
		return
	}
	if s.cfg.Auditor == nil {
		s.fail(c, seckill.Unavailable(nil, "The audit is not set up here."))
		return
	}
	repair, err := s.cfg.Auditor.Repair(c.Request.Context(), id, actorOf(c), in.DryRun)
	if repair.Done {
		s.catalogue.forget(id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	writeJSON(c, http.StatusOK, repair)
}
