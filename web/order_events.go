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

// orderEvents streams an order's changes: its state at once, then each new one,
// until a final status or the end of the buyer's token.
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
	server  *Server
	id      seckill.ID
	status  seckill.OrderStatus
	event   []byte // that tells it
	changes <-chan seckill.Change
}

func (f *followed) take(o seckill.Order) { f.status, f.event = o.Status, orderEvent(o) }

// follow writes until the order is final, the time is over, the process drains or
// the client is gone.
func (f *followed) follow(st stream) {
	heartbeat := time.NewTicker(f.server.cfg.Heartbeat)
	defer heartbeat.Stop()
	watch, unwatch := f.server.orders.join(f.id, f.status)
	defer unwatch()
	for {
		if st.write(f.event) != nil || f.status.Final() {
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
			case change, open := <-f.changes:
				if !open {
					f.changes = nil
				} else if change.Status != f.status {
					f.look(st.ctx)
				}
			case <-watch.news:
				f.look(st.ctx)
			}
		}
		f.server.orders.tell(watch, f.status)
	}
}

// look asks SQL: an announcement is a reason to look, never the answer itself.
func (f *followed) look(ctx context.Context) {
	apart(func() {
		if now, err := f.server.cfg.Ledger.Order(ctx, f.id); err == nil && now.Status != f.status {
			f.take(now)
		}
	})
}
