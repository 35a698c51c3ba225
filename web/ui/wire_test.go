package ui_test

import (
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// wire counts what goes out over the connections of a listener.
type wire struct {
	net.Listener
	sent *atomic.Int64
}

func (w wire) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	return wireConn{c, w.sent}, err
}

type wireConn struct {
	net.Conn
	sent *atomic.Int64
}

func (c wireConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent.Add(int64(n))
	return n, err
}

// buyPage is a shop whose only item has no picture: that is the shop's own weight.
func buyPage() *shop {
	s := unstartedShop()
	s.items[0]["image_url"] = ""
	delete(s.items[0], "images")
	return s
}

// startAs starts the shop over plain HTTP/1.1, or over TLS and HTTP/2.
func (s *shop) startAs(protocol string) {
	if protocol == "h2" {
		s.EnableHTTP2 = true
		s.StartTLS()
		return
	}
	s.Start()
}

func (b *browser) speaks(protocol string) {
	b.t.Helper()
	assert.Equal(b.t, protocol, js[string](b, `performance.getEntriesByType('navigation')[0].nextHopProtocol`))
}

// The buy page as a phone gets it that has never been here: over TLS and HTTP/2,
// everything counted: handshake, headers, HTML, script and style, the icon, the
// clock, the sign-in and the sale, until the button is armed.
func TestTheBuyPageOverTheWire(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"http/1.1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int64
			s := buyPage()
			s.Listener = wire{s.Listener, &sent}
			s.startAs(protocol)
			defer func() { s.CloseClientConnections(); s.Close() }()
			b := openBrowser(t, 390, 844)
			b.open(s.URL + "/sales/" + saleID)
			b.see(armed)
			b.see(hook("rename"))
			b.speaks(protocol)
			t.Logf("%d bytes, %d files", sent.Load(), js[int](b, `performance.getEntriesByType('resource').length`)+1)
			assert.Less(t, sent.Load(), int64(52_000), "well within 60 KB")
			b.clean()
		})
	}
}

// held keeps back every answer but the page's HTML, and knows what was asked for.
type held struct {
	next http.Handler

	mu    sync.Mutex
	asked []string
	free  map[string]chan struct{}
	over  chan struct{} // the test is over: nobody waits for an answer
}

func (h *held) gate(path string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.free[path] == nil {
		h.free[path] = make(chan struct{})
	}
	return h.free[path]
}

func (h *held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/sales/") {
		h.mu.Lock()
		h.asked = append(h.asked, r.URL.Path)
		h.mu.Unlock()
		select {
		case <-h.gate(r.URL.Path):
		case <-h.over:
			return
		}
	}
	h.next.ServeHTTP(w, r)
}

func (h *held) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

// One round trip after its HTML the buy page can be used: what the button needs is
// asked for before any of it has come, and nothing else is waited for, neither the
// clock nor the sign-in. On HTTP/1.1 as well, with a browser's six connections.
func TestTheBuyPageIsUsableWithinOneRoundTripOfItsHTML(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"http/1.1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := buyPage()
			h := &held{next: s.Config.Handler, free: map[string]chan struct{}{}, over: make(chan struct{})}
			s.Config.Handler = h
			s.startAs(protocol)
			t.Cleanup(func() { close(h.over); s.CloseClientConnections(); s.Close() })
			b := openBrowser(t, 390, 844)
			js[any](b, `void (location = '`+s.URL+"/sales/"+saleID+`')`) // which waits for no answer
			needs := assetLink.FindAllString(body(t, get(t, "/sales/"+saleID)), -1)
			needs = slices.DeleteFunc(needs, func(link string) bool { return strings.HasSuffix(link, "icon.svg") })
			needs = append(needs, "/api/v1/sales/"+saleID)
			testkit.Eventually(t, func() bool {
				asked := h.seen()
				return !slices.ContainsFunc(needs, func(n string) bool { return !slices.Contains(asked, n) })
			}, "all that the button needs is asked for at once")
			for _, path := range needs {
				close(h.gate(path))
			}
			b.see(armed)
			b.speaks(protocol)
			asked := h.seen()
			for _, path := range needs {
				assert.Equal(t, 1, count(asked, path), "%s is asked for once", path)
			}
			b.clean()
		})
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// farFrom gives an address at which the server is a round trip away; connections
// have to be made, which takes one as well.
func farFrom(t *testing.T, address string, trip time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", address)
			if err != nil {
				_ = near.Close()
				return
			}
			go carry(there, near, trip, time.Now().Add(trip))
			go carry(near, there, 0, time.Now())
		}
	}()
	return l.Addr().String()
}

// carry hands on what comes, each piece as long after it came; what comes before
// the connection is made waits for that too.
func carry(to, from net.Conn, after time.Duration, made time.Time) {
	type piece struct {
		due  time.Time
		what []byte
	}
	way := make(chan piece, 1000)
	go func() {
		defer close(way)
		for {
			b := make([]byte, 16<<10)
			n, err := from.Read(b)
			if err != nil {
				return
			}
			sent := time.Now()
			if sent.Before(made) {
				sent = made
			}
			way <- piece{sent.Add(after), b[:n]}
		}
	}()
	for p := range way {
		time.Sleep(time.Until(p.due))
		_, _ = to.Write(p.what)
	}
	_ = to.Close()
}

// How many round trips it is from the HTML's arrival to the armed button, with
// connections that have to be made, is for a machine that does nothing else:
// SECKILL_TEST_ROUND_TRIP=1s prints it.
func TestRoundTripsOfTheBuyPage(t *testing.T) {
	trip, err := time.ParseDuration(os.Getenv("SECKILL_TEST_ROUND_TRIP"))
	if err != nil {
		t.Skip("SECKILL_TEST_ROUND_TRIP names no time")
	}
	for _, protocol := range []string{"http/1.1", "h2"} {
		s := buyPage()
		s.startAs(protocol)
		near := s.Listener.Addr().String()
		b := openBrowser(t, 390, 844)
		address := strings.Replace(s.URL, near, farFrom(t, near, trip), 1) + "/sales/" + saleID
		js[any](b, `void (location = '`+address+`')`) // which does not wait for the icon
		b.see(armed)
		b.speaks(protocol)
		took := js[float64](b, `performance.now() - performance.getEntriesByType('navigation')[0].responseEnd`)
		t.Logf("%s: %.2f round trips of %v", protocol, took/float64(trip.Milliseconds()), trip)
		for _, line := range js[[]string](b, `performance.getEntriesByType('resource').map((r) => r.name.split('/').slice(3).join('/') + ' ' + [r.startTime, r.connectStart, r.requestStart, r.responseEnd].map(Math.round).join(' '))`) {
			t.Log(line)
		}
		require.NotZero(t, took)
		s.CloseClientConnections()
		s.Close()
	}
}
