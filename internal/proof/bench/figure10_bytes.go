package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seckill-go/seckill/internal/load"
	"github.com/seckill-go/seckill/seckill"
)

// What an order costs in Redis: on its way into SQL, afterwards, and in the end.
var figure10 = figure{
	number: 10,
	rows: []row{
		{what: "Redis bytes for an accepted order that is on its way into SQL", unit: "bytes", goal: goal{atMost: 350, absolute: true}},
		{what: "for one that is payable, while the sale runs", unit: "bytes", goal: goal{atMost: 350, absolute: true}},
		{what: "after the sale is closed, settled and has left Redis (worker.unload_after 1 s)", unit: "bytes", goal: goal{atMost: 10, absolute: true}},
	},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		st, err := l.stage(ctx, "SECKILL_WORKER_UNLOAD_AFTER=1s")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, st.end(ctx)) }()
		if _, err := st.start(ctx, "web"); err != nil {
			return nil, err
		}
		empty, err := st.bytes(ctx)
		if err != nil {
			return nil, err
		}
		s, err := st.saleFor(ctx, seckill.MaxStock, shortHold, -time.Minute)
		if err != nil {
			return nil, err
		}
		return s.bytesOfOrders(ctx, empty)
	},
}

func (s sale) bytesOfOrders(ctx context.Context, empty float64) ([]reading, error) {
	l := s.lab
	fresh, err := s.bytes(ctx)
	if err != nil {
		return nil, err
	}
	r, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) { c.Count, c.Duration = int64(l.Buyers), 0 }) // one each
	if err != nil {
		return nil, err
	}
	orders := float64(r.Accepted)
	inFlight, err := s.bytes(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.start(ctx, "worker"); err != nil {
		return nil, err
	}
	if err := s.settled(ctx); err != nil {
		return nil, err
	}
	payable, err := s.bytes(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.kept(ctx, r.Accepted); err != nil {
		return nil, err
	}
	left, err := s.gone(ctx)
	return []reading{{ours: (inFlight - fresh) / orders}, {ours: (payable - fresh) / orders}, {ours: (left - empty) / orders}}, err
}

// gone closes the sale, waits until its last hold is over and it has left Redis,
// and tells what remains.
func (s sale) gone(ctx context.Context) (float64, error) {
	if err := s.call(ctx, "POST", "/"+s.id+"/close", struct{}{}, nil); err != nil {
		return 0, err
	}
	err := within(ctx, settlesWithin, func() (bool, error) {
		n, err := s.lab.redis.Exists(ctx, s.key("meta")).Result()
		return n == 0, err
	})
	if err != nil {
		return 0, fmt.Errorf("the sale does not leave Redis: %w", err)
	}
	return s.bytes(ctx)
}

// bytes adds up all keys of the installation.
func (s *stage) bytes(ctx context.Context) (float64, error) {
	var sum float64
	keys := s.lab.redis.Scan(ctx, 0, s.name+":*", 1000).Iterator()
	for keys.Next(ctx) {
		n, err := s.lab.redis.MemoryUsage(ctx, keys.Val(), 0).Result()
		if err != nil {
			return 0, err
		}
		sum += float64(n)
	}
	return sum, keys.Err()
}
