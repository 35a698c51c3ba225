package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/seckill-go/seckill/internal/proof/stocksafety"
	"github.com/seckill-go/seckill/internal/stockload"
	"github.com/seckill-go/seckill/seckill/inventory"
)

// What it costs to keep the shop's stock safe, and that it is. The whole table is in
// docs/stock-safety.md.
var figure15 = figure{
	number: 15,
	rows: []row{
		{what: "sales a second of one hot goods, 64 callers in two processes: strategy grouped against pessimistic", unit: "/s", goal: goal{atLeast: 5}},
		{what: "strategy grouped, spread over 1,000 goods against one hot goods", unit: "/s", goal: goal{atMost: 2.5}},
		{what: "units that the five strategies oversold, of one hot goods", unit: "", goal: goal{atMost: 0, absolute: true}},
		{what: "unsafe ways that were seen to oversell, of four", unit: "", goal: goal{atLeast: 4, absolute: true}},
	},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		const hotCallers = 64
		m, end, err := l.stock(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, end(ctx)) }()
		rates := map[stockload.Cell]float64{}
		oversold := map[string]int64{}
		run := func(c stockload.Cell) error {
			r, err := m.Run(ctx, c)
			rates[c] = r.PerSecond
			oversold[c.Way] += r.Oversold
			return err
		}
		var safe, caught float64
		for _, way := range append(append([]string{}, inventory.Strategies...), stocksafety.Unsafe...) {
			if err := run(stockload.Cell{Way: way, Goods: 1, Callers: hotCallers}); err != nil {
				return nil, fmt.Errorf("%s: %w", way, err)
			}
		}
		for _, way := range inventory.Strategies {
			safe += float64(oversold[way])
		}
		for _, way := range stocksafety.Unsafe {
			if oversold[way] > 0 {
				caught++
			}
		}
		spread := stockload.Cell{Way: inventory.Grouped, Goods: 1000, Callers: hotCallers}
		if err := run(spread); err != nil {
			return nil, err
		}
		hot := rates[stockload.Cell{Way: inventory.Grouped, Goods: 1, Callers: hotCallers}]
		return []reading{
			{hot, rates[stockload.Cell{Way: inventory.Pessimistic, Goods: 1, Callers: hotCallers}]},
			{rates[spread], hot}, {ours: safe}, {ours: caught},
		}, nil
	},
}

// stock begins to sell from a database of its own.
func (l *Lab) stock(ctx context.Context) (_ *stocksafety.Measuring, end func(context.Context) error, err error) {
	s, err := l.stage(ctx)
	if err != nil {
		return nil, nil, err
	}
	dsn, err := l.mysqlConfig(s.name)
	if err != nil {
		return nil, nil, errors.Join(err, s.end(ctx))
	}
	addr, password := l.services.Redis()
	m, err := stocksafety.Measure(ctx, stocksafety.Place{DSN: dsn.FormatDSN(), Redis: addr, Password: password, Prefix: s.name}, l.Measure, l.Warm)
	if err != nil {
		return nil, nil, errors.Join(err, s.end(ctx))
	}
	return m, func(ctx context.Context) error { return errors.Join(m.Close(), s.end(ctx)) }, nil
}
