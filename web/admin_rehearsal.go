package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// adminRehearse lets a simulated crowd buy at a copy of a sale.
func (s *Server) adminRehearse(c *gin.Context, id seckill.ID) {
	plan := rehearsalPlan{Buyers: 2_000, Seconds: 20, PayPercent: 80, TwicePercent: 20}
	if !s.readOptionalJSON(c, &plan) {
		return
	}
	if s.rehearsals == nil {
		s.fail(c, &seckill.Error{Code: seckill.CodeForbidden, Detail: "Rehearsals are off here; rehearsal.enabled turns them on."})
		return
	}
	err := plan.check()
	if err == nil {
		var status rehearsalStatus
		if status, err = s.rehearsals.begin(c.Request.Context(), id, plan); err == nil {
			writeJSON(c, http.StatusAccepted, status)
			return
		}
	}
	s.fail(c, err)
}

// adminRehearsal tells of the rehearsal that runs in this process, or of its last.
func (s *Server) adminRehearsal(c *gin.Context) {
	body := struct {
		Enabled   bool             `json:"enabled"`
		Rehearsal *rehearsalStatus `json:"rehearsal"`
	}{Enabled: s.rehearsals != nil}
	if s.rehearsals != nil {
		body.Rehearsal = s.rehearsals.now()
	}
	writeJSON(c, http.StatusOK, body)
}

// adminStopRehearsal sends the crowd home.
func (s *Server) adminStopRehearsal(c *gin.Context) {
	if s.rehearsals != nil {
		s.rehearsals.end()
	}
	s.adminRehearsal(c)
}
