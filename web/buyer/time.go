package buyer

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/web"
)

// getTime tells the time that opens and closes sales, for a page's countdown.
func (s *API) getTime(c *gin.Context) {
	now := s.clock.Now(c.Request.Context())
	web.WriteJSON(c, http.StatusOK, struct {
		Now    string `json:"now"`
		UnixMS int64  `json:"unix_ms"`
	}{web.FormatTime(now), now.UnixMilli()})
}
