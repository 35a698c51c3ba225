package buyer

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// saleEvents streams what changes of a sale: its present state at once, then
// what a buyer can do within a moment of its change and mere numbers every other
// second, until the sale is over. However many watch, each sale is looked at once.
func (s *API) saleEvents(c *gin.Context) {
	id, ok := s.PathID(c, "sale")
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
	s.saleStreams.Serve(c, web.Watcher{}, func(ctx context.Context) (err error) {
		first, err = look(ctx)
		return err
	}, func(st web.Stream) {
		watch, unwatch := s.sales.join(id, first, look)
		defer unwatch()
		followSale(st, watch, s.cfg.Heartbeat)
	})
}

func followSale(st web.Stream, watch *saleWatch, beat time.Duration) {
	heartbeat := time.NewTicker(beat)
	defer heartbeat.Stop()
	for {
		event, phase, changed := watch.now()
		if st.Write(event) != nil || phase == seckill.PhaseEnded || !web.Await(st, heartbeat, changed) {
			return
		}
	}
}
