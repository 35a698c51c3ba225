package buyer

import (
	"context"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
	"github.com/seckill-go/seckill/web/token"
)

// streamsPerBuyer bounds one buyer's share of the streams.
const streamsPerBuyer = 10

// orderEvents streams an order's changes: how it stands at once, then each change of
// that, until a final status or the end of the buyer's token.
func (s *API) orderEvents(c *gin.Context, who token.Identity) {
	id, ok := s.PathID(c, "order")
	if !ok {
		return
	}
	// Before the first look, so that no change falls in between.
	changes, stop := s.cfg.Gate.Watch(id)
	defer stop()
	f := &followed{api: s, id: id, changes: changes}
	s.orderStreams.Serve(c, web.Watcher{Owner: who.Buyer, Until: who.Until}, func(ctx context.Context) error {
		order, err := s.findOrder(ctx, id, who.Buyer)
		if err == nil {
			f.take(order)
		}
		return err
	}, f.follow)
}

// followed is an order that a stream follows.
type followed struct {
	api      *API
	id       seckill.ID
	standing seckill.Standing
	event    []byte // that tells it
	changes  <-chan seckill.Change
}

func (f *followed) take(o seckill.Order) { f.standing, f.event = o.Standing(), orderEvent(o) }

// follow writes until the order is final, the time is over, the process drains or
// the client is gone.
func (f *followed) follow(st web.Stream) {
	heartbeat := time.NewTicker(f.api.cfg.Heartbeat)
	defer heartbeat.Stop()
	watch, unwatch := f.api.orders.join(f.id, f.standing)
	defer unwatch()
	for {
		if st.Write(f.event) != nil || f.standing.Status.Final() {
			return
		}
		f.event = nil // it may be long until the next one
		for f.event == nil {
			select {
			case <-st.Ctx.Done():
				return
			case <-st.Drained:
				return
			case <-heartbeat.C:
				if st.Comment() != nil {
					return
				}
			case _, open := <-f.changes:
				if !open {
					f.changes = nil
				} else {
					f.look(st.Ctx) // also at the same status: its payment may have failed
				}
			case <-watch.news:
				f.look(st.Ctx)
			}
		}
		f.api.orders.tell(watch, f.standing)
	}
}

// look asks SQL: an announcement is a reason to look, never the answer itself.
func (f *followed) look(ctx context.Context) {
	web.Apart(func() {
		if now, err := f.api.cfg.Ledger.Order(ctx, f.id); err == nil && now.Standing() != f.standing {
			f.take(now)
		}
	})
}

// orderEvent tells an order.
func orderEvent(o seckill.Order) []byte {
	return fmt.Appendf(nil, "id: %s:%s\ndata: %s\n\n", o.ID, o.Status, web.OrderJSON(o))
}
