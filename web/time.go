package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// getTime tells the time that opens and closes sales, for a page's countdown.
func (s *Server) getTime(c *gin.Context) {
	now := s.clock.Now(c.Request.Context())
	writeJSON(c, http.StatusOK, struct {
		Now    string `json:"now"`
		UnixMS int64  `json:"unix_ms"`
	}{formatTime(now), now.UnixMilli()})
}
