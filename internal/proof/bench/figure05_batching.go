package bench

import (
	"context"
	"errors"

	"github.com/seckill-go/seckill/internal/load"
)

// What batches are worth on the whole way.
var figure5 = figure{
	number: 5,
	rows: []row{{what: "the same as 4 against batching off everywhere (one script call, one message, one transaction an order; 16 settlers)",
		unit: "/s", goal: goal{atLeast: 5}}},
	round: func(ctx context.Context, l *Lab) ([]reading, error) {
		// So few are enough for what is steady from its first order.
		off, err := l.acceptedAndSettled(ctx, func(c *load.Config) { c.Count = 3000 }, append(oneByOne,
			"SECKILL_RELAY_BATCH=1", "SECKILL_SETTLER_BATCH=1", "SECKILL_SETTLER_CONSUMERS=16")...)
		if err != nil {
			return nil, err
		}
		on, err := l.acceptedAndSettled(ctx, func(c *load.Config) { c.Duration = l.Sustained })
		return []reading{{on, off}}, err
	},
}

func (l *Lab) acceptedAndSettled(ctx context.Context, change func(*load.Config), env ...string) (_ float64, err error) {
	s, err := l.whole(ctx, env...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.end(ctx)) }()
	return s.sustained(ctx, change)
}
