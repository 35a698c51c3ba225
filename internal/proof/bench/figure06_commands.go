package bench

import (
	"context"
	"errors"

	"github.com/seckill-go/seckill/internal/load"
)

// How much the stores are asked for an order, with many buyers at once.
var figure6 = figure{
	number: 6,
	rows: []row{
		{what: "Redis commands from clients for 1,000 accepted and settled orders, 1,024 connections", goal: goal{atMost: 40, absolute: true}},
		{what: "SQL statements for them", goal: goal{atMost: 15, absolute: true}},
	},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.whole(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		idle, err := l.askedWhile(ctx, func() error { return idleFor(ctx, l.Measure) })
		if err != nil {
			return nil, err
		}
		var r *load.Result
		busy, err := l.askedWhile(ctx, func() (err error) {
			r, err = l.buy(ctx, s.web.url, s.id, func(c *load.Config) { c.Connections = manyConnections })
			if err != nil {
				return err
			}
			return s.settled(ctx)
		})
		if err != nil {
			return nil, err
		}
		thousands := float64(r.Accepted) / 1000
		l.t.Logf("%d orders; Redis commands %.0f, of which %.0f without any order; SQL statements %.0f, of which %.0f", r.Accepted,
			busy.redis.n, busy.redis.n-busy.redis.less(idle.redis), busy.sql.n, busy.sql.n-busy.sql.less(idle.sql))
		return []reading{
			{ours: busy.redis.less(idle.redis) / thousands}, {ours: busy.sql.less(idle.sql) / thousands},
		}, s.kept(ctx, r.Accepted+1)
	},
}

// manyConnections are those of a web process that is one of few.
const manyConnections = 1024

// asked is what the stores were asked.
type asked struct{ redis, sql count }

func (l *Lab) askedWhile(ctx context.Context, do func() error) (a asked, err error) {
	a.redis, err = l.commandsWhile(ctx, func() (err error) {
		a.sql, err = l.statementsWhile(ctx, do)
		return err
	})
	return a, err
}
