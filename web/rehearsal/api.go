package rehearsal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
)

// API serves the operators' calls about rehearsals.
type API struct {
	web.Calls
	rehearsals *rehearsals // nil where they are off
}

// Mount checks the config and adds the calls to a server.
func Mount(server *web.Server, cfg Config) (*API, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &API{Calls: server.Calls}
	if cfg.Enabled {
		var err error
		if s.rehearsals, err = newRehearsals(server, cfg); err != nil {
			return nil, err
		}
	}
	r := server.Operators()
	r.POST("/sales/:sale/rehearse", s.begin)
	r.GET("/rehearsal", s.tell)
	r.POST("/rehearsal/stop", s.stop)
	return s, nil
}

// Provider is the one with which the crowd pays; nil where rehearsals are off.
func (s *API) Provider() payment.Provider {
	if s.rehearsals == nil {
		return nil
	}
	return provider{s.rehearsals.provider}
}

// SetDraining ends a rehearsal (or allows one again), which would otherwise outlast
// every drain.
func (s *API) SetDraining(on bool) {
	if s.rehearsals != nil {
		s.rehearsals.setDraining(on)
	}
}

// begin lets a simulated crowd buy at a copy of a sale.
func (s *API) begin(c *gin.Context) {
	id, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	plan := crowdPlan{Buyers: 2_000, Seconds: 20, PayPercent: 80, TwicePercent: 20}
	if !s.ReadOptionalJSON(c, &plan) {
		return
	}
	if s.rehearsals == nil {
		s.Fail(c, &seckill.Error{Code: seckill.CodeForbidden, Detail: "Rehearsals are off here; rehearsal.enabled turns them on."})
		return
	}
	err := plan.check()
	if err == nil {
		var status report
		if status, err = s.rehearsals.begin(c.Request.Context(), id, plan); err == nil {
			web.WriteJSON(c, http.StatusAccepted, status)
			return
		}
	}
	s.Fail(c, err)
}

// tell tells of the rehearsal that runs in this process, or of its last.
func (s *API) tell(c *gin.Context) {
	body := struct {
		Enabled   bool    `json:"enabled"`
		Rehearsal *report `json:"rehearsal"`
	}{Enabled: s.rehearsals != nil}
	if s.rehearsals != nil {
		body.Rehearsal = s.rehearsals.now()
	}
	web.WriteJSON(c, http.StatusOK, body)
}

// stop sends the crowd home.
func (s *API) stop(c *gin.Context) {
	if s.rehearsals != nil {
		s.rehearsals.end()
	}
	s.tell(c)
}
