package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/web"
)

// port is a server with few connections. Its handler answers at once, but for /busy,
// which ends when release is called.
type port struct {
	t        *testing.T
	addr     string
	registry *prometheus.Registry
	busy     chan struct{} // one for each request that waits
	release  func()
}

func bounded(t *testing.T, change func(*web.ConnectionLimits)) *port {
	t.Helper()
	limits := web.ConnectionLimits{Port: "public", Most: 8, Registry: prometheus.NewRegistry(), Logger: webtest.Quiet()}
	change(&limits)
	conns, err := web.NewConnections(limits)
	require.NoError(t, err)
	free := make(chan struct{})
	p := &port{t: t, registry: limits.Registry.(*prometheus.Registry), busy: make(chan struct{}, 100), release: func() { close(free) }}
	srv := web.NewHTTPServer("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/busy" {
			p.busy <- struct{}{}
			<-free
		}
		_, _ = fmt.Fprint(w, "ok")
	}), webtest.Quiet())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.addr = l.Addr().String()
	go func() { _ = conns.Serve(srv, l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return p
}

// connect opens a connection from an address of this machine.
func (p *port) connect(from string) net.Conn {
	p.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: webtest.Deadline}
	conn, err := d.Dial("tcp", p.addr)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(p.t, conn.SetDeadline(time.Now().Add(webtest.Deadline)))
	return conn
}

// ask sends a request over a connection and tells whether it was answered.
func (p *port) ask(conn net.Conn, path string) bool {
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		return false
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == 200
}

// occupy keeps as many connections busy.
func (p *port) occupy(n int, from string) (conns []net.Conn) {
	p.t.Helper()
	for range n {
		conn := p.connect(from)
		_, err := fmt.Fprint(conn, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(p.t, err)
		select {
		case <-p.busy:
		case <-time.After(webtest.Deadline):
			require.FailNow(p.t, "a request never arrived")
		}
		conns = append(conns, conn)
	}
	return conns
}

// figure reads a metric of the port, summed over its labels.
func (p *port) figure(name string) (sum float64) {
	families, err := p.registry.Gather()
	require.NoError(p.t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

const here, there = "127.0.0.1", "127.0.0.2"

func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	p := bounded(t, func(*web.ConnectionLimits) {})
	for range 50 { // some say nothing at all, some have asked once
		p.connect(here)
		require.True(t, p.ask(p.connect(here), "/"))
	}
	require.True(t, p.ask(p.connect(there), "/"), "a buyer who comes now is served")
	require.LessOrEqual(t, p.figure("seckill_connections"), 8.0)
	require.GreaterOrEqual(t, p.figure("seckill_connections_shed_total"), 90.0)
	require.Zero(t, p.figure("seckill_connections_refused_total"))
}

func TestTheConnectionThatIsQuietForLongestGoesFirst(t *testing.T) {
	t.Parallel()
	p := bounded(t, func(l *web.ConnectionLimits) { l.Most = 3 })
	p.occupy(1, here)
	second, third := p.connect(here), p.connect(here)
	fourth := p.connect(here)
	require.True(t, p.ask(fourth, "/"))
	require.False(t, p.ask(second, "/"))
	require.True(t, p.ask(third, "/"))
}

func TestNoConnectionIsTakenFromARequestUnderWay(t *testing.T) {
	t.Parallel()
	p := bounded(t, func(l *web.ConnectionLimits) { l.Most = 3 })
	busy := p.occupy(3, here)
	require.False(t, p.ask(p.connect(there), "/"), "refused at once, not left to wait")
	require.Equal(t, 1.0, p.figure("seckill_connections_refused_total"))
	p.release()
	for _, conn := range busy {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.Equal(t, 200, resp.StatusCode)
	}
	require.Eventually(t, func() bool { return p.ask(p.connect(there), "/") }, webtest.Deadline, 5*time.Millisecond)
}

func TestOneAddressHasItsShareOfTheConnections(t *testing.T) {
	t.Parallel()
	p := bounded(t, func(l *web.ConnectionLimits) { l.PerSource = 3 })
	p.occupy(3, here)
	require.False(t, p.ask(p.connect(here), "/"))
	for range 20 {
		p.connect(there)
	}
	require.True(t, p.ask(p.connect(there), "/"), "others have theirs, and their own quiet ones make room")
	require.LessOrEqual(t, p.figure("seckill_connections"), 6.0)
}

func TestAProxysConnectionsAreManyClients(t *testing.T) {
	t.Parallel()
	p := bounded(t, func(l *web.ConnectionLimits) { l.PerSource, l.Exempt = 1, []string{here} })
	p.occupy(5, here)
	require.True(t, p.ask(p.connect(here), "/"))
}

func TestAConnectionThatClosesGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	p := bounded(t, func(l *web.ConnectionLimits) { l.PerSource = 1 })
	for range 30 {
		require.Eventually(t, func() bool {
			conn := p.connect(here)
			defer func() { _ = conn.Close() }()
			return p.ask(conn, "/")
		}, webtest.Deadline, 5*time.Millisecond)
	}
	require.Eventually(t, func() bool { return p.figure("seckill_connections") == 0 }, webtest.Deadline, 5*time.Millisecond)
	p.occupy(1, here)
	require.False(t, p.ask(p.connect(here), "/"), "it counts on after all that")
}

func TestConnectionLimitsAreChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*web.ConnectionLimits){
		"none at all":      func(l *web.ConnectionLimits) { l.Most = 0 },
		"negative share":   func(l *web.ConnectionLimits) { l.PerSource = -1 },
		"no registry":      func(l *web.ConnectionLimits) { l.Registry = nil },
		"no log":           func(l *web.ConnectionLimits) { l.Logger = nil },
		"proxy no address": func(l *web.ConnectionLimits) { l.Exempt = []string{"proxy"} },
	} {
		limits := web.ConnectionLimits{Port: "public", Most: 1, Registry: prometheus.NewRegistry(), Logger: webtest.Quiet()}
		change(&limits)
		_, err := web.NewConnections(limits)
		require.Error(t, err, name)
	}
}
