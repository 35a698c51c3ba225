package bench

import (
	"context"
	"errors"
	"time"

	"github.com/seckill-go/seckill/internal/load"
)

// What buyers feel of those who look on.
var figure14 = figure{
	number: 14,
	rows: []row{
		{what: "accepted orders of a sale that sells out while 2,000 pages watch it, 128 connections, against a sale that nobody watches", unit: "/s", goal: goal{atLeast: 0.9}},
		{what: "until the last page knows of sold out, after the last unit's answer", unit: "ms", goal: goal{atMost: 1000, absolute: true}},
	},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.buyAlone(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		warm, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) { c.Duration = l.Warm })
		if err != nil {
			return nil, err
		}
		units := max(1, int64(warm.PerSecond(warm.Accepted)*l.Measure.Seconds()/2))
		// Twice each, and the other way round, so that neither gains by its place.
		var alone, watched selling
		var sales []sale
		for i, watchers := range []int{0, watchers, watchers, 0} {
			sold, is, err := s.sellOut(ctx, units, watchers)
			if err != nil {
				return nil, err
			}
			sales = append(sales, sold)
			if i == 1 || i == 2 {
				watched.add(is)
			} else {
				alone.add(is)
			}
		}
		if err := s.settleAndCheck(ctx, 1+warm.Accepted); err != nil {
			return nil, err
		}
		for _, sold := range sales {
			if err := errors.Join(sold.settled(ctx), sold.kept(ctx, units)); err != nil {
				return nil, err
			}
		}
		l.t.Logf("the web process's processor time for an order: %.1f µs watched, %.1f µs alone", watched.processor(), alone.processor())
		return []reading{
			{watched.rate(), alone.rate()},
			{ours: float64(watched.late.Milliseconds())},
		}, nil
	},
}

const watchers = 2_000

// selling is how sales went.
type selling struct {
	orders int64
	took   time.Duration
	cpu    time.Duration // of the web process
	late   time.Duration // from the last order's answer until the last watcher knew
}

func (s *selling) add(o selling) {
	s.orders, s.took, s.cpu, s.late = s.orders+o.orders, s.took+o.took, s.cpu+o.cpu, max(s.late, o.late)
}

func (s selling) rate() float64 { return float64(s.orders) / s.took.Seconds() }

// processor is the processor time for an order, in µs.
func (s selling) processor() float64 { return float64(s.cpu.Microseconds()) / float64(s.orders) }

// sellOut sells a new sale out, watched by as many.
func (s *stage) sellOut(ctx context.Context, units int64, watchers int) (sold sale, is selling, err error) {
	l := s.lab
	if sold, err = s.sale(ctx, units); err != nil {
		return sold, is, err
	}
	open, err := s.web.openStreams(ctx, watchers, func(i int) (path, token string) {
		return "/api/v1/sales/" + sold.id + "/events", l.tokens[i%len(l.tokens)]
	})
	if err != nil {
		return sold, is, err
	}
	defer open.close()
	knows := make(chan result, watchers)
	for _, w := range open {
		go func() {
			err := w.until(`"sold_out"`)
			knows <- result{time.Now(), err}
		}()
	}
	before, err := s.web.processorTime()
	if err != nil {
		return sold, is, err
	}
	r, err := l.buy(ctx, s.web.url, sold.id, func(c *load.Config) { c.Count, c.Duration = units, 0 })
	if err == nil {
		err = only(r, "")
	}
	if err != nil {
		return sold, is, err
	}
	is = selling{orders: r.Accepted, took: r.Elapsed}
	for range open {
		k := <-knows
		if k.err != nil {
			return sold, is, k.err
		}
		is.late = max(is.late, k.at.Sub(r.Began.Add(r.Elapsed)))
	}
	after, err := s.web.processorTime() // to tell everybody is part of it
	is.cpu = after - before
	return sold, is, err
}

// result is when a watcher knew, or why it never will.
type result struct {
	at  time.Time
	err error
}
