package web

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

const routeSaleEvents = "/api/v1/sales/:sale/events"

// saleEvents streams what changes of a sale: its present state at once, then
// what a buyer can do within a moment of its change and mere numbers every other
// second, until the sale is over. However many watch, each sale is looked at once.
func (s *Server) saleEvents(c *gin.Context) {
	id, ok := s.pathID(c, "sale")
	if !ok {
		return
	}
	look := func(ctx context.Context) (saleNews, error) {
		sale, err := s.catalogue.public(ctx, id)
		if err != nil {
			return saleNews{}, err
		}
		return newsOf(s.saleBody(ctx, sale, s.clock.Now(ctx))), nil
	}
	var first saleNews
	s.stream(c, s.watchers, watcher{}, func(ctx context.Context) (err error) {
		first, err = look(ctx)
		return err
	}, func(st stream) {
		watch, unwatch := s.watches.join(id, first, look)
		defer unwatch()
		followSale(st, watch, s.cfg.Heartbeat)
	})
}

func followSale(st stream, watch *saleWatch, beat time.Duration) {
	heartbeat := time.NewTicker(beat)
	defer heartbeat.Stop()
	for {
		event, phase, changed := watch.now()
		if st.write(event) != nil || phase == seckill.PhaseEnded {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-st.ctx.Done():
				return
			case <-st.drained:
				return
			case <-heartbeat.C:
				if st.comment() != nil {
					return
				}
			case <-changed:
				waiting = false
			}
		}
	}
}
