package ui_test

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
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

// The buy page as a phone gets it that has never been here: over TLS and HTTP/2,
// everything counted: handshake, headers, HTML, all modules and styles, the icon,
// the clock, the sign-in and the sale, until the button is armed.
func TestTheBuyPageOverTheWire(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	s := unstartedShop()
	s.items[0]["image_url"] = "" // an item's picture is the shop's own weight
	delete(s.items[0], "images")
	s.EnableHTTP2 = true
	s.Listener = wire{s.Listener, &sent}
	s.StartTLS()
	defer func() { s.CloseClientConnections(); s.Close() }()
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/sales/" + saleID)
	b.see(armed)
	b.see(hook("rename"))
	assert.Equal(t, "h2", js[string](b, `performance.getEntriesByType('navigation')[0].nextHopProtocol`))

	t.Logf("%d bytes, %d files", sent.Load(), js[int](b, `performance.getEntriesByType('resource').length`)+1)
	assert.Less(t, sent.Load(), int64(60<<10), "60 KB")
	b.clean()
}
