package web

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

const (
	routeOrderEvents = "/api/v1/orders/:order/events"
	// streamsPerBuyer bounds one buyer's share of the streams.
	streamsPerBuyer = 10
)

// orderEvents streams an order's changes: how it stands at once, then each change of
// that, until a final status or the end of the buyer's token.
func (s *Server) orderEvents(c *gin.Context, who identity) {
	id, ok := s.pathID(c, "order")
	if !ok {
		return
	}
	// Before the first look, so that no change falls in between.
	changes, stop := s.cfg.Gate.Watch(id)
	defer stop()
	f := &followed{server: s, id: id, changes: changes}
	s.stream(c, s.streams, watcher{owner: who.buyer, until: who.until}, func(ctx context.Context) error {
		order, err := s.findOrder(ctx, id, who.buyer)
		if err == nil {
			f.take(order)
		}
		return err
	}, f.follow)
}

// followed is an order that a stream follows.
type followed struct {
	server   *Server
	id       seckill.ID
	standing seckill.Standing
	event    []byte // that tells it
	changes  <-chan seckill.Change
}

func (f *followed) take(o seckill.Order) { f.standing, f.event = o.Standing(), orderEvent(o) }

// follow writes until the order is final, the time is over, the process drains or
// the client is gone.
func (f *followed) follow(st stream) {
	heartbeat := time.NewTicker(f.server.cfg.Heartbeat)
	defer heartbeat.Stop()
	watch, unwatch := f.server.orders.join(f.id, f.standing)
	defer unwatch()
	for {
		if st.write(f.event) != nil || f.standing.Status.Final() {
			return
		}
		f.event = nil // it may be long until the next one
		for f.event == nil {
			select {
			case <-st.ctx.Done():
				return
			case <-st.drained:
				return
			case <-heartbeat.C:
				if st.comment() != nil {
					return
				}
			case _, open := <-f.changes:
				if !open {
					f.changes = nil
				} else {
					f.look(st.ctx) // also at the same status: its payment may have failed
				}
			case <-watch.news:
				f.look(st.ctx)
			}
		}
		f.server.orders.tell(watch, f.standing)
	}
}

// look asks SQL: an announcement is a reason to look, never the answer itself.
func (f *followed) look(ctx context.Context) {
	apart(func() {
		if now, err := f.server.cfg.Ledger.Order(ctx, f.id); err == nil && now.Standing() != f.standing {
			f.take(now)
		}
	})
}
