package web

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web/token"
)

// Its debug mode prints every route; what this process serves stands in openapi.yaml.
func init() { gin.SetMode(gin.ReleaseMode) }

// Server is the public port of one process: what is around every request, and the
// doors at which others mount their calls. It needs no stop: what it does, it does
// within requests.
type Server struct {
	// Calls reads requests and answers with problems, for whoever mounts calls.
	Calls
	// Clock tells Redis's time.
	Clock *RedisClock

	cfg       Config
	engine    *gin.Engine
	buyers    *gin.RouterGroup
	operators *gin.RouterGroup
	callbacks *gin.RouterGroup
	metrics   *metrics
	requestID *requestIDs
	adminSum  [32]byte
	proxies   proxies
	perIP     *limiter[netip.Addr]
	perBuyer  *limiter[string]
	failures  *limiter[netip.Addr]
	guesses   *guesses
	streams   []*Streams
	unnamed   unnamedProxy
	forwarded *SampledLog            // by it
	strangers map[string]*SampledLog // whose tokens are refused, by why
	// refusedOperators are in the log, where guessing must not fill it.
	refusedOperators *SampledLog
}

// New checks the config and makes a Server.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	clock := newRedisClock(cfg.Gate, cfg.Clock)
	s := &Server{
		Calls:     Calls{Problems{log: cfg.Logger, clock: clock}},
		Clock:     clock,
		cfg:       cfg,
		metrics:   newMetrics(cfg.Registry),
		requestID: newRequestIDs(),
		adminSum:  sha256.Sum256([]byte(cfg.AdminToken)),
		perIP:     newLimiter[netip.Addr](cfg.PerIPRPS, cfg.PerIPBurst, cfg.Clock),
		perBuyer:  newLimiter[string](cfg.PerBuyerRPS, cfg.PerBuyerBurst, cfg.Clock),
		failures:  newLimiter[netip.Addr](failureRPS, failureBurst, cfg.Clock),
		guesses:   newGuesses(cfg.Clock),
		forwarded: NewSampledLog(cfg.Logger, cfg.Clock).hourly(),
		strangers: newStrangers(cfg),

		refusedOperators: NewSampledLog(cfg.Logger, cfg.Clock),
	}
	for _, why := range token.Reasons {
		s.metrics.tokens.WithLabelValues(why) // an alert sees the first one only where there was none before
	}
	var err error
	if s.proxies, err = parseProxies(cfg.TrustedProxies); err != nil {
		return nil, err
	}
	s.addRoutes()
	return s, nil
}

// Handler serves the public port.
func (s *Server) Handler() http.Handler { return s.engine }

// Buyers is the door to the buyers' calls, /api/v1, within the limits by address.
func (s *Server) Buyers() *gin.RouterGroup { return s.buyers }

// Operators is the door to the operators' calls, /api/v1/admin, for who has the token.
func (s *Server) Operators() *gin.RouterGroup { return s.operators }

// Callbacks is the door of payment providers, /webhooks/payments.
func (s *Server) Callbacks() *gin.RouterGroup { return s.callbacks }

// SetDraining ends the event streams (or allows them again), which would otherwise
// outlast every drain; their clients connect again, elsewhere. Other requests are
// still answered.
func (s *Server) SetDraining(on bool) {
	for _, kind := range s.streams {
		kind.setDraining(on)
	}
}

func (s *Server) addRoutes() {
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

	Reads(&r.RouterGroup, "/healthz", healthz)
	Reads(&r.RouterGroup, "/openapi.yaml", openAPI)
	if s.cfg.MockPay != nil {
		r.Any("/mock-pay/*path", s.limitPresses, gin.WrapH(s.cfg.MockPay))
	}
	s.engine = r
	s.callbacks = r.Group("/webhooks/payments")
	s.buyers = r.Group("/api/v1", s.limitByIP, s.readableQuery)
	s.operators = r.Group("/api/v1/admin", s.requireAdmin, s.readableQuery)
}

// Reads adds a route that HEAD asks as well, as probes and proxies do: the server
// leaves the body out.
func Reads(r *gin.RouterGroup, path string, h gin.HandlerFunc) {
	r.GET(path, h)
	r.HEAD(path, h)
}

// methodNotAllowed answers a known path with a wrong method; gin has set Allow.
func (s *Server) methodNotAllowed(c *gin.Context) {
	s.FailStatus(c, http.StatusMethodNotAllowed,
		seckill.Errorf(seckill.CodeInvalidRequest, "The method %s is not allowed here.", c.Request.Method))
}

// pageOrNotFound hands what is no API path to the pages, which know their own
// addresses.
func (s *Server) pageOrNotFound(c *gin.Context) {
	path := c.Request.URL.Path
	isAPI := strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/webhooks/")
	isRead := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if s.cfg.UI == nil || isAPI || !isRead {
		s.Fail(c, seckill.Errorf(seckill.CodeNotFound, "There is nothing at this address."))
		return
	}
	c.Status(http.StatusOK) // gin has preset 404; the pages set their own
	s.cfg.UI.ServeHTTP(c.Writer, c.Request)
}

// Routes lists what the public handler serves, as "METHOD path", sorted.
func (s *Server) Routes() []string {
	var list []string
	for _, r := range s.engine.Routes() {
		list = append(list, r.Method+" "+r.Path)
	}
	slices.Sort(list)
	return list
}
