package bench

import (
	"context"
	"errors"
)

// What sharing script calls is worth.
var figure2 = figure{
	number: 2,
	rows: []row{{what: "the same as 1 against the own service with coalescing off (one script call an order, up to 64 at once)",
		unit: "/s", goal: goal{atLeast: 1.5}}},
	round: func(ctx context.Context, l *Lab) ([]reading, error) {
		off, err := l.accepted(ctx, oneByOne...)
		if err != nil {
			return nil, err
		}
		on, err := l.accepted(ctx)
		return []reading{{on, off}}, err
	},
}

// oneByOne makes a script call for each order, as many at once as can be set.
var oneByOne = []string{"SECKILL_ADMISSION_BATCH_LIMIT=1", "SECKILL_ADMISSION_WORKERS=64"}

// accepted measures the orders accepted a second by a web process with these
// settings and no worker.
func (l *Lab) accepted(ctx context.Context, env ...string) (_ float64, err error) {
	s, err := l.buyAlone(ctx, env...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.end(ctx)) }()
	r, accepted, err := l.warmed(ctx, s.web.url, s.id, nil)
	if err != nil {
		return 0, err
	}
	if err := only(r, ""); err != nil {
		return 0, err
	}
	return r.PerSecond(r.Accepted), s.settleAndCheck(ctx, accepted+1)
}
