package operator

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

func (s *API) audit(c *gin.Context, id seckill.ID) {
	if s.cfg.Auditor == nil {
		s.Fail(c, seckill.Unavailable(nil, "The audit is not set up here."))
		return
	}
	audit, err := s.cfg.Auditor.Audit(c.Request.Context(), id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, http.StatusOK, audit)
}

// repair makes a drifted sale conserved, or tells what that would take:
// without a word about it, it changes nothing.
func (s *API) repair(c *gin.Context, id seckill.ID) {
	in := struct {
		DryRun bool `json:"dry_run"`
	}{DryRun: true}
	if !s.ReadOptionalJSON(c, &in) {
		return
	}
	if s.cfg.Auditor == nil {
		s.Fail(c, seckill.Unavailable(nil, "The audit is not set up here."))
		return
	}
	repair, err := s.cfg.Auditor.Repair(c.Request.Context(), id, actorOf(c), in.DryRun)
	if repair.Done {
		s.cfg.Shop.Forget(id)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, http.StatusOK, repair)
}
