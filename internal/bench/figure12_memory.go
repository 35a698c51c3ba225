package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seckill-go/seckill/internal/load"
)

// What a web process needs when many are connected.
var figure12 = figure{
	number: 12,
	rows: []row{
		{what: "memory of a web process at 1,024 busy connections, the most at any moment", unit: "MB", goal: goal{atMost: 150, absolute: true}},
		{what: "of one with 10,000 idle event streams", unit: "MB", goal: goal{atMost: 400, absolute: true}},
	},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.whole(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		orders := make([]string, streams)
		first, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) {
			c.Count, c.Duration = streams, 0
			c.OnAnswer = func(n int64, a load.Answer) { orders[n] = string(a.OrderID()) }
		})
		if err != nil {
			return nil, err
		}
		busy, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) { c.Connections = manyConnections })
		if err != nil {
			return nil, err
		}
		atMost, err := s.web.memory("VmHWM")
		if err != nil {
			return nil, err
		}
		if err := s.settled(ctx); err != nil {
			return nil, err
		}
		withStreams, err := s.idleStreams(ctx, orders)
		if err != nil {
			return nil, err
		}
		return []reading{{ours: atMost}, {ours: withStreams}}, s.kept(ctx, 1+first.Accepted+busy.Accepted)
	},
}

const (
	streams = 10_000
	// streamsRest is how long they idle before memory is looked at.
	streamsRest = 3 * time.Second
)

// memory reads a line of /proc, in MB.
func (p *process) memory(name string) (float64, error) {
	text := field(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid), name)
	kb, err := strconv.ParseFloat(strings.TrimSuffix(text, " kB"), 64)
	return kb / 1024, err
}

// idleStreams opens an event stream for each order at a fresh web process, and
// tells the memory of that.
func (s alone) idleStreams(ctx context.Context, orders []string) (mb float64, err error) {
	busy := s.web
	defer func() { s.web = busy }()
	fresh, err := s.start(ctx, "web")
	if err != nil {
		return 0, err
	}
	defer fresh.kill()
	u, err := url.Parse(fresh.url)
	if err != nil {
		return 0, err
	}
	conns := make([]net.Conn, len(orders))
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	g, _ := errgroup.WithContext(ctx)
	g.SetLimit(64)
	for i, order := range orders {
		g.Go(func() (err error) {
			conns[i], err = openStream(ctx, u.Host, order, s.lab.tokens[i%len(s.lab.tokens)])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	if err := idleFor(ctx, streamsRest); err != nil {
		return 0, err
	}
	return fresh.memory("VmRSS")
}

// openStream opens one and reads its first event.
func openStream(ctx context.Context, host, order, token string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	_, err = fmt.Fprintf(c, "GET /api/v1/orders/%s/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", order, host, token)
	if err != nil {
		return c, err
	}
	r := bufio.NewReaderSize(c, 4096)
	status, err := r.ReadString('\n')
	if err != nil || !strings.Contains(status, strconv.Itoa(http.StatusOK)) {
		return c, errors.Join(err, fmt.Errorf("event stream of %s: %s", order, status))
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "data:") {
			return c, err
		}
	}
}
