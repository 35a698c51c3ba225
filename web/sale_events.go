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
	drained, leave, ok := s.watchers.enter(c.ClientIP())
	if !ok {
		s.fail(c, &seckill.Error{Code: seckill.CodeUnavailable, RetryAfter: streamRetry,
			Detail: "There are too many open streams. Ask for the sale instead."})
		return
	}
	defer leave()
	look := func(ctx context.Context) (saleNews, error) {
		sale, err := s.catalogue.public(ctx, id)
		if err != nil {
			return saleNews{}, err
		}
		return newsOf(s.saleBody(ctx, sale, s.clock.Now(ctx))), nil
	}
	first, err := look(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	watch, unwatch := s.watches.join(id, first, look)
	defer unwatch()
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.cfg.MaxStream)
	defer cancel()
	w := newEventWriter(c)
	if w.begin() == nil {
		followSale(ctx, w, watch, s.cfg.Heartbeat, drained)
	}
}

func followSale(ctx context.Context, w *eventWriter, watch *saleWatch, beat time.Duration, drained <-chan struct{}) {
	heartbeat := time.NewTicker(beat)
	defer heartbeat.Stop()
	for {
		text, phase, changed := watch.now()
		if w.data(text) != nil || phase == seckill.PhaseEnded {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case <-drained:
				return
			case <-heartbeat.C:
				if w.comment() != nil {
					return
				}
			case <-changed:
				waiting = false
			}
		}
	}
}
