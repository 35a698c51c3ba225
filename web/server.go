package web

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// Its debug mode prints every route; what this process serves stands in openapi.yaml.
func init() { gin.SetMode(gin.ReleaseMode) }

// Server is the HTTP side of one process. It needs no stop: what it does, it does
// within requests, but for a rehearsal, which SetDraining ends, and KeepHistory, which
// whoever starts it ends.
type Server struct {
	cfg        Config
	public     *gin.Engine
	metrics    *metrics
	requestID  *requestIDs
	buyers     *buyerTokens
	adminSum   [32]byte
	proxies    proxies
	perIP      *limiter[netip.Addr]
	perBuyer   *limiter[string]
	failures   *limiter[netip.Addr]
	guesses    *guesses
	clock      *redisClock
	catalogue  *catalogue
	refusals   *refusals
	disbelief  *sampledLog            // of callbacks
	strangers  map[string]*sampledLog // of tokens that are refused, by why
	wishes     *wishes
	streams    *streams // of orders
	orders     *orderWatches
	watchers   *streams // of sales
	watches    *saleWatches
	watching   *streams // of operators
	live       *liveReadings
	histories  *histories
	rehearsals *rehearsals // nil where they are off
	providers  map[string]Provider
	stockMu    sync.Mutex // one change of a total at a time
	unnamed    unnamedProxy
	forwarded  *sampledLog // by it
	// refusedOperators are in the log, where guessing must not fill it.
	refusedOperators *sampledLog
}

// New checks the config and makes a Server.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg:       cfg,
		metrics:   newMetrics(cfg.Registry),
		requestID: newRequestIDs(),
		adminSum:  sha256.Sum256([]byte(cfg.AdminToken)),
		perIP:     newLimiter[netip.Addr](cfg.PerIPRPS, cfg.PerIPBurst, cfg.Clock),
		perBuyer:  newLimiter[string](cfg.PerBuyerRPS, cfg.PerBuyerBurst, cfg.Clock),
		failures:  newLimiter[netip.Addr](failureRPS, failureBurst, cfg.Clock),
		guesses:   newGuesses(cfg.Clock),
		clock:     newRedisClock(cfg.Gate, cfg.Clock),
		refusals:  newRefusals(),
		disbelief: newSampledLog(cfg.Logger, cfg.Clock),
		forwarded: newSampledLog(cfg.Logger, cfg.Clock).hourly(),
		wishes:    newWishes(),
		orders:    newOrderWatches(cfg.Poll, cfg.Ledger),
		watches:   newSaleWatches(),
		histories: newHistories(),
		providers: map[string]Provider{},

		strangers:        tokenRefusals(cfg),
		refusedOperators: newSampledLog(cfg.Logger, cfg.Clock),
	}
	for why := range s.strangers {
		s.metrics.tokens.WithLabelValues(why) // an alert sees the first one only where there was none before
	}
	s.addStreams()
	for _, p := range cfg.Providers {
		s.providers[p.Name()] = p
	}
	s.catalogue = newCatalogue(cfg.Gate, cfg.Ledger, cfg.Clock)
	s.live = newLiveReadings(cfg.Clock)
	var err error
	if s.proxies, err = parseProxies(cfg.TrustedProxies); err != nil {
		return nil, err
	}
	if s.buyers, err = newBuyerTokens(cfg); err != nil {
		return nil, err
	}
	if cfg.Rehearsals {
		if s.rehearsals, err = newRehearsals(s); err != nil {
			return nil, err
		}
		s.providers[rehearsalProvider] = forRehearsals{s.rehearsals.provider}
	}
	if s.public, err = s.routes(); err != nil {
		return nil, err
	}
	return s, nil
}

// addStreams makes room for the event streams of each kind.
func (s *Server) addStreams() {
	kind := func(kind string, room *streamRoom, most, each int, retry time.Duration, full string) *streams {
		return newStreams(room, most, each, s.metrics.streams.WithLabelValues(kind),
			&seckill.Error{Code: seckill.CodeUnavailable, RetryAfter: retry, Detail: full})
	}
	buyers := newStreamRoom(s.cfg.MaxAllStreams, s.cfg.StreamsPerIP)
	s.streams = kind("order", buyers, s.cfg.MaxStreams, streamsPerBuyer, streamRetry, "There are too many open streams. Ask for the order instead.")
	s.watchers = kind("sale", buyers, s.cfg.MaxStreams, 0, streamRetry, "There are too many open streams. Ask for the sale instead.")
	s.watching = kind("dashboard", nil, maxWatching, maxWatchingOne, 5*streamRetry, "Too many dashboards are open.")
}

// Handler serves the public port.
func (s *Server) Handler() http.Handler { return s.public }

// SetDraining ends the event streams and a rehearsal (or allows them again), which
// would otherwise outlast every drain; the streams' clients connect again,
// elsewhere. Other requests are still answered.
func (s *Server) SetDraining(on bool) {
	s.streams.setDraining(on)
	s.watchers.setDraining(on)
	s.watching.setDraining(on)
	if s.rehearsals != nil {
		s.rehearsals.setDraining(on)
	}
}

func (s *Server) routes() (*gin.Engine, error) {
	r := gin.New()
	r.HandleMethodNotAllowed = true
	// A redirected POST would lose its body in some clients; one path, one spelling.
	r.RedirectTrailingSlash = false
	r.ForwardedByClientIP = false // see proxies.client
	// A slash that came encoded belongs to a name, and is no way around a rule of a proxy.
	r.UseEscapedPath, r.UnescapePathValues = true, false
	r.Use(s.observe, s.whenOpen)
	r.NoMethod(s.methodNotAllowed)
	r.NoRoute(s.pageOrNotFound)

	reads(&r.RouterGroup, "/healthz", healthz)
	reads(&r.RouterGroup, "/openapi.yaml", openAPI)
	r.POST("/webhooks/payments/:provider", s.webhook)
	if s.cfg.MockPay != nil {
		r.Any("/mock-pay/*path", s.limitPresses, gin.WrapH(s.cfg.MockPay))
	}
	s.buyerRoutes(r.Group("/api/v1", s.limitByIP, s.readableQuery))
	s.adminRoutes(r.Group("/api/v1/admin", s.requireAdmin, s.readableQuery))
	return r, nil
}

func (s *Server) buyerRoutes(r *gin.RouterGroup) {
	reads(r, "/time", s.getTime)
	reads(r, "/sales", s.listSales)
	reads(r, "/sales/:sale", s.getSale)
	r.GET("/sales/:sale/events", s.saleEvents)
	r.POST("/sales/:sale/orders", s.forBuyer(s.buy))
	reads(r, "/orders", s.forBuyer(s.listOrders))
	reads(r, "/orders/:order", s.forBuyer(s.getOrder))
	r.GET("/orders/:order/events", s.forIdentity(s.orderEvents))
	r.POST("/orders/:order/cancel", s.forBuyer(s.cancelOrder))
	r.POST("/orders/:order/pay", s.forBuyer(s.payOrder))
	if s.cfg.DemoLogin {
		r.POST("/demo/login", s.knownHost, s.demoLogin)
	}
}

// reads adds a route that HEAD asks as well, as probes and proxies do: the server
// leaves the body out.
func reads(r *gin.RouterGroup, path string, h gin.HandlerFunc) {
	r.GET(path, h)
	r.HEAD(path, h)
}

func (s *Server) adminRoutes(r *gin.RouterGroup) {
	r.POST("/sales", s.adminCreateSale)
	r.GET("/sales", s.adminListSales)
	r.POST("/sales/import", s.adminImport)
	r.GET("/system", s.adminSystem)
	r.POST("/sales/:sale/rehearse", s.forSale(s.adminRehearse))
	r.GET("/rehearsal", s.adminRehearsal)
	r.POST("/rehearsal/stop", s.adminStopRehearsal)
	r.GET("/sales/:sale", s.forSale(s.adminGetSale))
	r.PUT("/sales/:sale", s.forSale(s.adminUpdateSale))
	r.POST("/sales/:sale/preload", s.forSale(s.adminPreload))
	r.POST("/sales/:sale/pause", s.forSale(s.adminPause))
	r.POST("/sales/:sale/resume", s.forSale(s.adminResume))
	r.POST("/sales/:sale/close", s.forSale(s.adminClose))
	r.POST("/sales/:sale/items/:sku/stock", s.forSale(s.adminStock))
	r.GET("/sales/:sale/stats", s.forSale(s.adminStats))
	r.GET("/sales/:sale/live", s.forSale(s.adminLive))
	r.GET("/sales/:sale/log", s.forSale(s.adminTrail))
	r.GET("/sales/:sale/audit", s.forSale(s.adminAudit))
	r.POST("/sales/:sale/repair", s.forSale(s.adminRepair))
	r.GET("/sales/:sale/orders", s.forSale(s.adminOrders))
	r.GET("/orders", s.adminFindOrders)
	r.GET("/orders/:order", s.adminOrder)
	r.GET("/callbacks", s.adminCallbacks)
	r.GET("/refunds", s.adminRefunds)
	r.POST("/refunds/retry", s.adminRetryRefunds)
	r.GET("/dead-letters", s.adminDeadLetters)
	r.GET("/dead-letters/*id", s.adminDeadLetter) // an id can have slashes in it
	r.POST("/dead-letters/requeue", s.adminRequeue)
}

// methodNotAllowed answers a known path with a wrong method; gin has set Allow.
func (s *Server) methodNotAllowed(c *gin.Context) {
	s.failStatus(c, http.StatusMethodNotAllowed,
		seckill.Errorf(seckill.CodeInvalidRequest, "The method %s is not allowed here.", c.Request.Method))
}

// pageOrNotFound hands what is no API path to the pages, which know their own
// addresses.
func (s *Server) pageOrNotFound(c *gin.Context) {
	path := c.Request.URL.Path
	isAPI := strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/webhooks/")
	isRead := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if s.cfg.UI == nil || isAPI || !isRead {
		s.fail(c, seckill.Errorf(seckill.CodeNotFound, "There is nothing at this address."))
		return
	}
	c.Status(http.StatusOK) // gin has preset 404; the pages set their own
	s.cfg.UI.ServeHTTP(c.Writer, c.Request)
}

// Routes lists what the public handler serves, as "METHOD path", sorted.
func (s *Server) Routes() []string {
	var list []string
	for _, r := range s.public.Routes() {
		list = append(list, r.Method+" "+r.Path)
	}
	slices.Sort(list)
	return list
}
