package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seckill-go/seckill/internal/load"
)

// What a crowd is told when the last unit is gone, and what Redis hears of it.
var figure3 = figure{
	number: 3,
	rows: []row{
		{what: "sold-out refusals, 128 connections, against bare Gin", unit: "/s", goal: goal{atLeast: 0.9}},
		{what: "Redis commands sent for them", unit: "/s", goal: goal{atMost: 10, absolute: true}},
	},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.stage(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		for _, role := range []string{"web", "worker"} {
			if _, err := s.start(ctx, role); err != nil {
				return nil, err
			}
		}
		gone, err := s.soldOut(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := l.sample(s.web.url, gone.id)
		if err != nil {
			return nil, err
		}
		bare, err := l.measureBare(ctx, answer)
		if err != nil {
			return nil, err
		}
		ours, heard, err := l.refusals(ctx, gone)
		if err != nil {
			return nil, err
		}
		return []reading{{ours: ours, reference: bare}, {ours: heard}}, gone.kept(ctx, 1)
	},
}

// soldOut makes a sale whose only unit a buyer has who does not come again.
func (s *stage) soldOut(ctx context.Context) (sale, error) {
	gone, err := s.sale(ctx, 1)
	if err != nil {
		return sale{}, err
	}
	first, err := load.Signing{Secret: hs256Secret, Lasts: time.Hour}.Tokens("the-first", 1)
	if err != nil {
		return sale{}, err
	}
	source, err := load.Buy{URL: s.web.url, Sale: gone.id, Tokens: first, Body: buyBody}.Source()
	if err != nil {
		return sale{}, err
	}
	r, err := s.lab.buy(ctx, s.web.url, gone.id, func(c *load.Config) { c.Connections, c.Count, c.Source = 1, 1, source })
	if err == nil && r.Accepted != 1 {
		err = fmt.Errorf("the only unit was not sold: %v", r.RefusedBy)
	}
	if err != nil {
		return sale{}, err
	}
	return gone, gone.settled(ctx)
}

// refusals measures how many there are a second, and the commands that Redis got
// a second for them: those under the load, less those of the same processes that
// idle.
func (l *Lab) refusals(ctx context.Context, gone sale) (perSecond, heard float64, err error) {
	// As long as the load runs: some of what idle processes ask comes every few seconds.
	idle, err := l.commandsWhile(ctx, func() error { return idleFor(ctx, l.Warm+l.Measure) })
	if err != nil {
		return 0, 0, err
	}
	var r *load.Result
	busy, err := l.commandsWhile(ctx, func() (err error) {
		r, _, err = l.warmed(ctx, gone.web.url, gone.id, nil)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	if err := only(r, "sold_out"); err != nil {
		return 0, 0, err
	}
	l.t.Logf("Redis commands a second: %.1f under load, %.1f idle", busy.rate(), idle.rate())
	return r.PerSecond(r.Refused), max(0, busy.rate()-idle.rate()), nil
}

func idleFor(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
