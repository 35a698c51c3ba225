package web

import (
	"container/list"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill"
)

// ConnectionLimits are the most connections of one port.
type ConnectionLimits struct {
	// Port names it in the metrics. Required.
	Port string
	// Most is how many may be open in all. Required.
	Most int
	// PerSource is how many of one address, of IPv6: of its network. 0 is no limit of
	// their own.
	PerSource int
	// Exempt are addresses or networks that PerSource is not for: proxies, whose
	// connections are many clients'. Default: none.
	Exempt []string
	// Registry takes the metrics. Required.
	Registry prometheus.Registerer
	// Logger takes the log. Required.
	Logger *slog.Logger
}

// Connections bounds the open connections of one port. Who comes when there is no
// place gets that of the connection that has been quiet for the longest: one over
// which no request is under way can be opened again. So idle ones keep nobody out,
// however many they are. Where all are busy, who comes is refused at once.
type Connections struct {
	limits  ConnectionLimits
	exempt  proxies
	refused *prometheus.CounterVec
	shed    prometheus.Counter
	log     *SampledLog

	mu       sync.Mutex
	open     int
	quiet    list.List // of *connection, the longest quiet first
	bySource map[netip.Addr]*sourceConnections
}

// sourceConnections are those of one address.
type sourceConnections struct {
	source netip.Addr
	open   int
	quiet  list.List // as above
}

// NewConnections makes a Connections.
func NewConnections(limits ConnectionLimits) (*Connections, error) {
	if limits.Most < 1 || limits.PerSource < 0 || limits.Registry == nil || limits.Logger == nil {
		return nil, errors.New("web: ConnectionLimits needs Most, Registry and Logger, and PerSource not below 0")
	}
	exempt, err := parseProxies(limits.Exempt)
	if err != nil {
		return nil, err
	}
	port := prometheus.Labels{"port": limits.Port}
	c := &Connections{limits: limits, exempt: exempt, log: NewSampledLog(limits.Logger, seckill.SystemClock),
		bySource: map[netip.Addr]*sourceConnections{},
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "seckill_connections_refused_total", ConstLabels: port,
			Help: "Connections that found no place, by the limit that was reached: all or source."}, []string{"limit"}),
		shed: prometheus.NewCounter(prometheus.CounterOpts{Name: "seckill_connections_shed_total", ConstLabels: port,
			Help: "Quiet connections that were closed for new ones."}),
	}
	limits.Registry.MustRegister(c.refused, c.shed,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "seckill_connections", ConstLabels: port,
			Help: "Open connections."}, func() float64 { return float64(c.count()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "seckill_connections_limit", ConstLabels: port,
			Help: "The most connections that may be open."}, func() float64 { return float64(limits.Most) }))
	return c, nil
}

// Serve is the server's own, within the limits.
func (c *Connections) Serve(srv *http.Server, l net.Listener) error {
	srv.ConnState = c.changed
	return srv.Serve(boundedListener{l, c})
}

type boundedListener struct {
	net.Listener
	all *Connections
}

func (l boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if admitted := l.all.admit(conn); admitted != nil {
			return admitted, nil
		}
		_ = conn.Close()
	}
}

// connection has a place until it is closed. There are as many of these as event
// streams, so they are small.
type connection struct {
	net.Conn
	all    *Connections
	of     *sourceConnections // nil for the exempt
	closed bool

	place, ofPlace *list.Element // among the quiet; nil while a request is under way
}

// admit gives a connection a place, or nil where there is none.
func (c *Connections) admit(conn net.Conn) net.Conn {
	addr := parseAddr(conn.RemoteAddr().String())
	added := &connection{Conn: conn, all: c}
	c.mu.Lock()
	if c.limits.PerSource > 0 && !c.exempt.trust(addr) {
		source := sourceOf(addr)
		if added.of = c.bySource[source]; added.of == nil {
			added.of = &sourceConnections{source: source}
		}
	}
	limit, victim := c.makeRoom(added.of)
	if limit == "" {
		c.open++
		if added.of != nil {
			added.of.open++
			c.bySource[added.of.source] = added.of
		}
		added.rest()
	}
	c.mu.Unlock()
	if victim != nil {
		c.shed.Inc()
		_ = victim.Conn.Close()
	}
	if limit != "" {
		c.refused.WithLabelValues(limit).Inc()
		c.log.Warn(context.Background(), "a connection was refused: as many are open, and busy, as may be",
			slog.String("port", c.limits.Port), slog.String("limit", limit), slog.String("ip", addr.String()))
		return nil
	}
	return added
}

// makeRoom tells which limit stands against one more connection, and which one has
// lost its place to it. Under mu.
func (c *Connections) makeRoom(of *sourceConnections) (limit string, victim *connection) {
	switch {
	case of != nil && of.open >= c.limits.PerSource:
		limit, victim = "source", first(&of.quiet)
	case c.open >= c.limits.Most:
		limit, victim = "all", first(&c.quiet)
	}
	if victim == nil {
		return limit, nil
	}
	victim.leave()
	return "", victim
}

func first(quiet *list.List) *connection {
	if e := quiet.Front(); e != nil {
		return e.Value.(*connection)
	}
	return nil
}

// changed hears from the server what a connection does.
func (c *Connections) changed(conn net.Conn, state http.ConnState) {
	known, ok := conn.(*connection)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case known.closed:
	case state == http.StateIdle:
		known.rest()
	case state == http.StateActive:
		known.wake()
	}
}

func (c *Connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// rest puts it among the quiet. Under mu, as the two below.
func (c *connection) rest() {
	c.wake()
	c.place = c.all.quiet.PushBack(c)
	if c.of != nil {
		c.ofPlace = c.of.quiet.PushBack(c)
	}
}

func (c *connection) wake() {
	if c.place != nil {
		c.all.quiet.Remove(c.place)
	}
	if c.ofPlace != nil {
		c.of.quiet.Remove(c.ofPlace)
	}
	c.place, c.ofPlace = nil, nil
}

func (c *connection) leave() {
	if c.closed {
		return
	}
	c.closed = true
	c.wake()
	c.all.open--
	if c.of == nil {
		return
	}
	if c.of.open--; c.of.open == 0 {
		delete(c.all.bySource, c.of.source)
	}
}

// Close gives the place back.
func (c *connection) Close() error {
	c.all.mu.Lock()
	c.leave()
	c.all.mu.Unlock()
	return c.Conn.Close()
}
