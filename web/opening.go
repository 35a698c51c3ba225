package web

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// openingWait is how long a request waits for a process that has just started. On
// embedded parts, and beside a database that answers, a start takes a tenth of it.
const openingWait = 5 * time.Second

// whenOpen lets a request in once the process can do its work. Until then nobody is
// told that it is healthy, and nobody is refused who need only wait a moment.
func (s *Server) whenOpen(c *gin.Context) {
	if s.cfg.Opened == nil {
		return
	}
	select {
	case <-s.cfg.Opened:
		return
	default:
	}
	wait := time.NewTimer(openingWait)
	defer wait.Stop()
	select {
	case <-s.cfg.Opened:
	case <-c.Request.Context().Done():
		c.Abort()
	case <-wait.C:
		s.Fail(c, seckill.Unavailable(nil, "The service is starting. Please try again in a moment."))
	}
}
