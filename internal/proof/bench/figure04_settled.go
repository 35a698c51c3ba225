package bench

import (
	"context"
	"errors"
	"time"

	"github.com/seckill-go/seckill/internal/load"
)

// The whole way: buyers buy without a pause while the orders are settled. The time
// runs from the first request until the last order is payable, so what piled up
// meanwhile counts.
var figure4 = figure{
	number: 4,
	rows: []row{{what: "accepted and settled (payable) orders, sustained, everything running, 128 connections, against bare Gin",
		unit: "/s", goal: goal{atLeast: 0.35}}},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.whole(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		bare, err := l.measureBare(ctx, s.sample)
		if err != nil {
			return nil, err
		}
		ours, err := s.sustained(ctx, func(c *load.Config) { c.Duration = l.Sustained })
		return []reading{{ours, bare}}, err
	},
}

// whole is a web and a worker process and a sale; the sample's order is settled.
func (l *Lab) whole(ctx context.Context, env ...string) (_ alone, err error) {
	s, err := l.buyAlone(ctx, env...)
	if err != nil {
		return s, err
	}
	if _, err = s.start(ctx, "worker"); err == nil {
		err = s.settled(ctx)
	}
	if err != nil {
		return s, errors.Join(err, s.end(ctx))
	}
	return s, nil
}

// sustained lets buyers buy while workers settle, and tells the orders a second
// from the first request until the last of them is payable.
func (s alone) sustained(ctx context.Context, change func(*load.Config)) (float64, error) {
	l := s.lab
	warm, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) { change(c); c.Count, c.Duration = 0, l.Warm })
	if err != nil {
		return 0, err
	}
	if err := s.settled(ctx); err != nil {
		return 0, err
	}
	r, err := l.buy(ctx, s.web.url, s.id, change)
	if err != nil {
		return 0, err
	}
	if err := s.settled(ctx); err != nil {
		return 0, err
	}
	took := time.Since(r.Began)
	l.t.Logf("%.0f accepted a second for %.1f s (%d refused), the last one payable %.1f s later",
		r.PerSecond(r.Accepted), r.Elapsed.Seconds(), r.Refused, (took - r.Elapsed).Seconds())
	return float64(r.Accepted) / took.Seconds(), s.kept(ctx, 1+warm.Accepted+r.Accepted)
}
