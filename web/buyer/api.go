package buyer

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/web"
)

// Routes that are spoken of elsewhere too.
const (
	routeBuy         = "/sales/:sale/orders"
	routeSaleEvents  = "/sales/:sale/events"
	routeOrderEvents = "/orders/:order/events"
	routeQueueEvents = "/sales/:sale/queue/events"
)

// API serves the buyers' calls.
type API struct {
	web.Calls
	server *web.Server
	clock  *web.RedisClock
	cfg    Config

	catalogue  *catalogue
	proofs     *proofs
	wishes     *wishes
	refusals   *refusals
	admissions *prometheus.CounterVec

	orderStreams *web.Streams
	orders       *orderWatches
	saleStreams  *web.Streams
	sales        *saleWatches

	queueViews   *queueViews
	queueStreams *web.Streams
}

// Mount checks the config and adds the buyers' calls to a server.
func Mount(server *web.Server, cfg Config) (*API, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &API{
		Calls: server.Calls, server: server, clock: server.Clock, cfg: cfg,
		catalogue: newCatalogue(cfg.Gate, cfg.Ledger, cfg.Clock),
		proofs:    newProofs(cfg.Ledger, cfg.Clock),
		wishes:    newWishes(),
		refusals:  newRefusals(),
		admissions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seckill_admissions_total", Help: "Orders asked for, by outcome: admitted, repeated, or the problem's code.",
		}, []string{"outcome"}),
		orders: newOrderWatches(cfg.Poll, cfg.Ledger),
		sales:  newSaleWatches(),

		queueViews: newQueueViews(cfg.Ledger, cfg.Clock),
	}
	if err := cfg.Registry.Register(s.admissions); err != nil {
		return nil, err
	}
	s.addStreams()
	s.addRoutes()
	return s, nil
}

// addStreams makes room for the event streams of each kind.
func (s *API) addStreams() {
	door := s.server.Buyers().BasePath()
	room := web.NewStreamRoom(s.cfg.MaxAllStreams, s.cfg.StreamsPerIP)
	s.orderStreams = s.server.NewStreams(web.StreamKind{Of: "order", Route: door + routeOrderEvents, Room: room,
		Most: s.cfg.MaxStreams, Each: streamsPerBuyer, RetryAfter: web.StreamRetry,
		Full: "There are too many open streams. Ask for the order instead."})
	s.saleStreams = s.server.NewStreams(web.StreamKind{Of: "sale", Route: door + routeSaleEvents, Room: room,
		Most: s.cfg.MaxStreams, RetryAfter: web.StreamRetry,
		Full: "There are too many open streams. Ask for the sale instead."})
	s.queueStreams = s.server.NewStreams(web.StreamKind{Of: "queue", Route: door + routeQueueEvents, Room: room,
		Most: s.cfg.MaxStreams, Each: streamsPerBuyer, RetryAfter: web.StreamRetry,
		Full: "There are too many open streams. Ask for your place instead."})
}

func (s *API) addRoutes() {
	r, forBuyer := s.server.Buyers(), s.server.ForBuyer
	web.Reads(r, "/time", s.getTime)
	web.Reads(r, "/sales", s.listSales)
	web.Reads(r, "/sales/:sale", s.getSale)
	r.GET(routeSaleEvents, s.saleEvents)
	r.POST(routeBuy, forBuyer(s.buy))
	r.POST("/sales/:sale/waitlist", forBuyer(s.joinWaitlist))
	web.Reads(r, "/sales/:sale/waitlist", forBuyer(s.getWaiter))
	r.DELETE("/sales/:sale/waitlist", forBuyer(s.leaveWaitlist))
	r.POST("/sales/:sale/queue", forBuyer(s.joinQueue))
	web.Reads(r, "/sales/:sale/queue", forBuyer(s.getPlace))
	r.DELETE("/sales/:sale/queue", forBuyer(s.leaveQueue))
	r.GET(routeQueueEvents, s.server.ForIdentity(s.queueEvents))
	web.Reads(r, "/sales/:sale/draw", s.getDraw)
	web.Reads(r, "/sales/:sale/draw/proof", s.getProof)
	r.POST("/sales/:sale/draw/entries", forBuyer(s.enterDraw))
	web.Reads(r, "/sales/:sale/draw/entries", forBuyer(s.getEntry))
	r.DELETE("/sales/:sale/draw/entries", forBuyer(s.leaveDraw))
	web.Reads(r, "/orders", forBuyer(s.listOrders))
	web.Reads(r, "/orders/:order", forBuyer(s.getOrder))
	r.GET(routeOrderEvents, s.server.ForIdentity(s.orderEvents))
	r.POST("/orders/:order/cancel", forBuyer(s.cancelOrder))
	r.POST("/orders/:order/pay", forBuyer(s.payOrder))
	if s.cfg.Demo != nil {
		r.POST("/demo/login", s.server.KnownHost, s.demoLogin)
	}
}

// takenStatus is that of an answer to whoever asks for the one thing that a buyer can have in
// a sale: whether he has got it now, or had it.
func takenStatus(isNew bool) int {
	if isNew {
		return http.StatusAccepted
	}
	return http.StatusOK
}
