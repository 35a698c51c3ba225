package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seckill-go/seckill/internal/load"
	"github.com/seckill-go/seckill/seckill"
)

// What an admission costs Redis when much is loaded. It is Redis's own processor
// time, since the rest of the way knows nothing of other sales and buyers and would
// hide a difference.
var figure9 = figure{
	number: 9,
	rows: []row{
		{what: "Redis processor time of one admission with 10,000 sales loaded, against one sale", unit: "µs", goal: goal{atMost: 1.15}},
		{what: "the same with 1,000,000 buyers in the sale, against none", unit: "µs", goal: goal{atMost: 1.15}},
	},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.buyAlone(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		one, err := s.costOfAdmission(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.manySales(ctx, 10_000); err != nil {
			return nil, err
		}
		sales, err := s.costInNewSale(ctx, nil)
		if err != nil {
			return nil, err
		}
		buyers, err := s.costInNewSale(ctx, func(fresh sale) error { return fresh.manyBuyers(ctx, 1_000_000) })
		return []reading{{sales, one}, {buyers, sales}}, err
	},
}

// costOfAdmission is the processor time in µs that Redis takes for one order under
// load, its share of the calls, of the network and of the append-only file included,
// and not what the service asks without any order.
func (s sale) costOfAdmission(ctx context.Context) (float64, error) {
	l := s.lab
	if _, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) { c.Duration = l.Warm }); err != nil {
		return 0, err
	}
	idle, err := l.redisTimeWhile(ctx, func() error { return idleFor(ctx, l.Measure) })
	if err != nil {
		return 0, err
	}
	var r *load.Result
	busy, err := l.redisTimeWhile(ctx, func() (err error) {
		r, err = l.buy(ctx, s.web.url, s.id, nil)
		return err
	})
	if err != nil {
		return 0, err
	}
	l.t.Logf("Redis's processor: %.1f %% busy for %d orders, %.1f %% for none", 100*busy.rate(), r.Accepted, 100*idle.rate())
	return busy.less(idle) * 1e6 / float64(r.Accepted), only(r, "")
}

// redisTimeWhile counts seconds of Redis's main thread.
func (l *Lab) redisTimeWhile(ctx context.Context, do func() error) (count, error) {
	return growthWhile(ctx, l.redisSeconds, do)
}

func (s *stage) costInNewSale(ctx context.Context, prepare func(sale) error) (float64, error) {
	fresh, err := s.sale(ctx, seckill.MaxStock)
	if err == nil && prepare != nil {
		err = prepare(fresh)
	}
	if err != nil {
		return 0, err
	}
	return fresh.costOfAdmission(ctx)
}

// redisSeconds is the processor time that Redis's main thread has taken.
func (l *Lab) redisSeconds(ctx context.Context) (float64, error) {
	info, err := l.redisInfo(ctx, "cpu")
	if err != nil {
		return 0, err
	}
	user, err1 := strconv.ParseFloat(info["used_cpu_user_main_thread"], 64)
	system, err2 := strconv.ParseFloat(info["used_cpu_sys_main_thread"], 64)
	return user + system, errors.Join(err1, err2)
}

// manySales loads sales that open another day.
func (s *stage) manySales(ctx context.Context, n int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for range n {
		g.Go(func() error { _, err := s.saleFor(ctx, 1000, hold, 240*time.Hour); return err })
	}
	return g.Wait()
}

// manyBuyers writes buyers with an order each into Redis, as admit.lua would: what
// limits and repeated keys are looked up in.
func (s sale) manyBuyers(ctx context.Context, n int) error {
	const atOnce = 1000
	for from := 0; from < n; from += atOnce {
		buyers, requests := make([]any, 0, 2*atOnce), make([]any, 0, 2*atOnce)
		for i := from; i < from+atOnce; i++ {
			order := strconv.Itoa(1_000_000_000_000_000_000 + i)
			buyers = append(buyers, fmt.Sprintf("%s earlier-%d", sku, i), "1 "+order)
			requests = append(requests, fmt.Sprintf("key-%d earlier-%d", i, i), order)
		}
		pipe := s.lab.redis.Pipeline()
		pipe.HSet(ctx, s.key("buyers"), buyers...)
		pipe.HSet(ctx, s.key("requests"), requests...)
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
