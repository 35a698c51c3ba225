package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

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
	open, err := fresh.openStreams(ctx, len(orders), func(i int) (path, token string) {
		return "/api/v1/orders/" + orders[i] + "/events", s.lab.tokens[i%len(s.lab.tokens)]
	})
	if err != nil {
		return 0, err
	}
	defer open.close()
	if err := idleFor(ctx, streamsRest); err != nil {
		return 0, err
	}
	return fresh.memory("VmRSS")
}
