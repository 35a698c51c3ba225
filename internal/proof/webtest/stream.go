package webtest

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// Serve runs the server as cmd does, with short timeouts that a stream must
// outlive, and gives its address.
func Serve(t *testing.T, s *Server) string {
	t.Helper()
	srv := web.NewHTTPServer("", s.Handler(), Quiet())
	srv.ReadTimeout, srv.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return "http://" + l.Addr().String()
}

// Stream reads events.
type Stream struct {
	Resp  *http.Response
	lines chan string // what came, one by one; closed at the end
}

// Follow opens the event stream of an order for the buyer whom a header names.
func Follow(t *testing.T, base, order, header string) *Stream {
	t.Helper()
	return Watch(t, base+"/api/v1/orders/"+order+"/events", header)
}

// Watch opens an event stream, over a connection of its own.
func Watch(t *testing.T, url string, headers ...string) *Stream {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	require.NoError(t, err)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.(*http.Transport).Clone().RoundTrip(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	s := &Stream{Resp: resp, lines: make(chan string, 1_000)}
	go func() {
		defer close(s.lines)
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			s.lines <- sc.Text()
		}
	}()
	return s
}

// Next waits for a line with the prefix and gives the rest of it; "" at the end.
func (s *Stream) Next(t *testing.T, prefix string) string {
	t.Helper()
	timeout := time.After(Deadline)
	for {
		select {
		case line, open := <-s.lines:
			if !open {
				return ""
			}
			if rest, found := strings.CutPrefix(line, prefix); found {
				return rest
			}
		case <-timeout:
			t.Fatalf("no %q in time", prefix)
		}
	}
}

// Status waits for how the order of a stream stands next; "" at the end.
func (s *Stream) Status(t *testing.T) string {
	t.Helper()
	data := s.Next(t, "data: ")
	if data == "" {
		return ""
	}
	var o map[string]any
	require.NoError(t, json.Unmarshal([]byte(data), &o))
	return o["status"].(string)
}

// Awaiting is a server on stubs with one order that never changes, unless told.
func Awaiting(t *testing.T, change func(*Config)) (base, order string, s *Server, l *StubLedger) {
	t.Helper()
	cfg, _, l := StubConfig(t)
	cfg.Poll = time.Hour
	change(&cfg)
	l.OnOrder = func(id seckill.ID) (seckill.Order, error) { return SampleOrder(id, seckill.OrderAwaitingPayment), nil }
	s = NewServer(t, cfg)
	return Serve(t, s), "77", s, l
}

// Until reads events to the first one of a status with as much available.
func (s *Stream) Until(t *testing.T, status string, available float64) map[string]any {
	t.Helper()
	for {
		data := s.Next(t, "data: ")
		require.NotEmpty(t, data, "it ended before it said %s", status)
		var news map[string]any
		require.NoError(t, json.Unmarshal([]byte(data), &news))
		item := news["items"].([]any)[0].(map[string]any)
		if news["status"] == status && item["available"] == available {
			return news
		}
	}
}
