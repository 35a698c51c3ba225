package buyer

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
	"github.com/seckill-go/seckill/web/token"
)

// queueLook is how often a watched place is looked at, in what the process knows of the
// queue; in SQL only while something may have become of it.
const queueLook = time.Second

// queueEvents streams a buyer's place: how it stands at once, then each change, until the
// turn is used or has passed.
func (s *API) queueEvents(c *gin.Context, who token.Identity) {
	id, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	f := &followedPlace{api: s}
	s.queueStreams.Serve(c, web.Watcher{Owner: who.Buyer, Until: who.Until}, func(ctx context.Context) (err error) {
		if f.place, err = s.cfg.Ledger.Place(ctx, id, who.Buyer); err == nil {
			f.body, err = s.turnBody(ctx, f.place)
		}
		return err
	}, f.follow)
}

// followedPlace is a place that a stream follows.
type followedPlace struct {
	api   *API
	place seckill.Place
	body  turnBody
	gone  bool
}

func (f *followedPlace) follow(st web.Stream) {
	heartbeat, tick := time.NewTicker(f.api.cfg.Heartbeat), time.NewTicker(queueLook)
	defer heartbeat.Stop()
	defer tick.Stop()
	var told string
	for {
		text, err := json.Marshal(f.body)
		if err != nil {
			panic(err) // numbers and short texts can always be written
		}
		if string(text) != told {
			if st.Write(web.DataEvent(text)) != nil {
				return
			}
			told = string(text)
		}
		if !f.body.State.Open() || !web.Await(st, heartbeat, tick.C) {
			return
		}
		if f.look(st.Ctx); f.gone {
			return
		}
	}
}

// look looks again. What cannot be read is no news.
func (f *followedPlace) look(ctx context.Context) {
	web.Apart(func() {
		v, err := f.api.queueViews.get(ctx, f.place.SaleID)
		if err != nil {
			return
		}
		if f.place.Number <= v.CalledTo || v.gone(f.place.Number) {
			place, err := f.api.cfg.Ledger.Place(ctx, f.place.SaleID, f.place.Buyer)
			if f.gone = web.IsNotFound(err); err != nil {
				return
			}
			f.place = place
		}
		if body, err := f.api.turnBody(ctx, f.place); err == nil {
			f.body = body
		}
	})
}
