package bench

import (
	"context"
	"errors"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seckill-go/seckill/internal/load"
)

// What buyers wait when the service is busy and not yet full.
var figure7 = figure{
	number: 7,
	rows: []row{
		{what: "p99 of the buy call alone, open loop at 70 % of its peak, against bare Gin at the same rate", unit: "ms", goal: goal{atMost: 3}},
		{what: "p99.9 of it", unit: "ms", goal: goal{atMost: 3}},
	},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.buyAlone(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		peak, before, err := l.warmed(ctx, s.web.url, s.id, nil)
		if err != nil {
			return nil, err
		}
		atRate := func(c *load.Config) { c.Rate = 0.7 * peak.PerSecond(peak.Accepted) }
		bare, err := l.bareGin(s.sample)
		if err != nil {
			return nil, err
		}
		theirs, _, err := l.warmed(ctx, bare.url, "1", atRate)
		bare.kill()
		if err != nil {
			return nil, err
		}
		ours, accepted, err := l.warmed(ctx, s.web.url, s.id, atRate)
		if err != nil {
			return nil, err
		}
		if err := only(ours, ""); err != nil {
			return nil, err
		}
		ms := func(h *hdrhistogram.Histogram, q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1000 }
		l.t.Logf("at %.0f a second: p50 %.2f ms, bare %.2f ms", 0.7*peak.PerSecond(peak.Accepted), ms(ours.Latency, 50), ms(theirs.Latency, 50))
		return []reading{
			{ms(ours.Latency, 99), ms(theirs.Latency, 99)},
			{ms(ours.Latency, 99.9), ms(theirs.Latency, 99.9)},
		}, s.settleAndCheck(ctx, before+accepted+1)
	},
}
