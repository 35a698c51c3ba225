package operator

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// systemTimeout bounds the look at everything that the process stands on.
const systemTimeout = 5 * time.Second

// System is what an operator may know of the program and of what it stands on. It
// holds no secret.
type System struct {
	Program Program   `json:"program"`
	Parts   []Part    `json:"parts"`
	Promise []Promise `json:"promises"` // of what a buyer is told
	// Settings are the configuration, secrets hidden.
	Settings []Setting `json:"settings"`
	// Warnings are settings that weaken something.
	Warnings []string `json:"warnings"`
}

// Program is the process that answers.
type Program struct {
	Version   string `json:"version"`
	Revision  string `json:"revision,omitempty"` // of its source
	GoVersion string `json:"go_version"`
	Role      string `json:"role"`
	Mode      string `json:"mode"`
	Process   string `json:"process"` // its name, as leases know it
	StartedAt string `json:"started_at"`
}

// Part is something that the process stands on.
type Part struct {
	Name      string `json:"name"` // redis, sql, broker
	Product   string `json:"product"`
	Version   string `json:"version,omitempty"`
	Connected bool   `json:"connected"`
	// Refuses tells that it answers and takes no writes.
	Refuses bool `json:"refuses,omitempty"`
	// Problem says why it is not connected, why it refuses, or what could not be read.
	Problem  string    `json:"problem,omitempty"`
	Settings []Setting `json:"settings"`
	Promises []Promise `json:"promises"`
}

// Promise is what settings are worth, in one sentence. Code is stable, for a page in
// another language.
type Promise struct {
	Code string `json:"code"`
	Text string `json:"text"`
	// Weak tells that something can be lost.
	Weak bool `json:"weak"`
}

// Setting is a name and its value; Source tells where a key of the configuration
// comes from.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source,omitempty"`
}

func (s *API) system(c *gin.Context) {
	if s.cfg.System == nil {
		s.Fail(c, seckill.Unavailable(nil, "This process does not tell of itself."))
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), systemTimeout)
	defer cancel()
	system := s.cfg.System(ctx)
	if warning := s.server.UnnamedProxy(); warning != "" {
		system.Warnings = append(slices.Clone(system.Warnings), warning)
	}
	web.WriteJSON(c, http.StatusOK, system)
}
