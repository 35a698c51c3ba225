package operator

import (
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// API serves the operators' calls.
type API struct {
	web.Calls
	server *web.Server
	clock  *web.RedisClock
	cfg    Config

	dashboards *web.Streams
	readings   *liveReadings
	histories  *histories
	stockMu    sync.Mutex // one change of a total at a time
}

// Mount checks the config and adds the operators' calls to a server.
func Mount(server *web.Server, cfg Config) (*API, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &API{Calls: server.Calls, server: server, clock: server.Clock, cfg: cfg,
		readings: newLiveReadings(cfg.Clock), histories: newHistories()}
	s.dashboards = server.NewStreams(web.StreamKind{Of: "dashboard", Route: server.Operators().BasePath() + routeLive,
		Most: maxWatching, Each: maxWatchingOne, RetryAfter: 5 * web.StreamRetry, Full: "Too many dashboards are open."})
	s.addRoutes(server.Operators())
	return s, nil
}

func (s *API) addRoutes(r *gin.RouterGroup) {
	r.POST("/sales", s.createSale)
	r.GET("/sales", s.listSales)
	r.POST("/sales/import", s.importSales)
	r.GET("/system", s.system)
	r.GET("/sales/:sale", s.forSale(s.getSale))
	r.PUT("/sales/:sale", s.forSale(s.updateSale))
	r.POST("/sales/:sale/preload", s.forSale(s.preloadSale))
	r.POST("/sales/:sale/pause", s.forSale(s.pauseSale))
	r.POST("/sales/:sale/resume", s.forSale(s.resumeSale))
	r.POST("/sales/:sale/close", s.forSale(s.closeSale))
	r.POST("/sales/:sale/items/:sku/stock", s.forSale(s.stock))
	r.GET("/sales/:sale/stats", s.forSale(s.stats))
	r.GET(routeLive, s.forSale(s.live))
	r.GET("/sales/:sale/log", s.forSale(s.trail))
	r.GET("/sales/:sale/audit", s.forSale(s.audit))
	r.POST("/sales/:sale/repair", s.forSale(s.repair))
	r.GET("/sales/:sale/orders", s.forSale(s.orders))
	r.GET("/sales/:sale/waitlist", s.forSale(s.waitlist))
	r.GET("/sales/:sale/queue", s.forSale(s.queue))
	r.POST("/sales/:sale/queue/pause", s.forSale(s.pauseQueue))
	r.POST("/sales/:sale/queue/resume", s.forSale(s.resumeQueue))
	r.POST("/sales/:sale/queue/flush", s.forSale(s.flushQueue))
	r.GET("/sales/:sale/draw", s.forSale(s.draw))
	r.GET("/inventory", s.listGoods)
	r.GET("/inventory/:goods", s.getGoods)
	r.POST("/inventory/:goods", s.setGoods)
	r.GET("/inventory/:goods/history", s.goodsHistory)
	r.GET("/inventory-audit", s.auditGoods) // goods may have any name, so this is none of them
	r.POST("/inventory-import", s.importStock)
	r.GET("/orders", s.findOrders)
	r.GET("/orders/:order", s.order)
	r.GET("/callbacks", s.callbacks)
	r.GET("/refunds", s.refunds)
	r.POST("/refunds/retry", s.retryRefunds)
	r.GET("/dead-letters", s.deadLetters)
	r.GET("/dead-letters/*id", s.deadLetter) // an id can have slashes in it
	r.POST("/dead-letters/requeue", s.requeue)
}

// forSale runs a handler for the sale that the path names.
func (s *API) forSale(handle func(c *gin.Context, id seckill.ID)) gin.HandlerFunc {
	return func(c *gin.Context) {
		if id, ok := s.PathID(c, "sale"); ok {
			handle(c, id)
		}
	}
}
