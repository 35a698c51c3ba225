package bench

import (
	"context"
	"errors"

	"github.com/seckill-go/seckill/seckill"
)

// The buy call alone: nobody settles meanwhile.
var figure1 = figure{
	number: 1,
	rows:   []row{{what: "accepted orders, buy call alone (worker stopped), 128 connections, against bare Gin", unit: "/s", goal: goal{atLeast: 0.75}}},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.buyAlone(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		bare, err := l.measureBare(ctx, s.sample)
		if err != nil {
			return nil, err
		}
		ours, accepted, err := l.warmed(ctx, s.web.url, s.id, nil)
		if err != nil {
			return nil, err
		}
		if err := only(ours, ""); err != nil {
			return nil, err
		}
		return []reading{{ours.PerSecond(ours.Accepted), bare}}, s.settleAndCheck(ctx, accepted+1)
	},
}

// alone is a web process without a worker, and a sale in it.
type alone struct {
	sale
	sample reference // the answer to one order, which is taken
}

// buyAlone makes it. env changes settings.
func (l *Lab) buyAlone(ctx context.Context, env ...string) (_ alone, err error) {
	s, err := l.stage(ctx, env...)
	if err != nil {
		return alone{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.end(ctx))
		}
	}()
	if _, err = s.start(ctx, "web"); err != nil {
		return alone{}, err
	}
	made, err := s.sale(ctx, seckill.MaxStock)
	if err != nil {
		return alone{}, err
	}
	sample, err := l.sample(s.web.url, made.id)
	return alone{made, sample}, err
}

// measureBare measures the bare handler under the same load, in answers a second.
func (l *Lab) measureBare(ctx context.Context, answer reference) (float64, error) {
	bare, err := l.bareGin(answer)
	if err != nil {
		return 0, err
	}
	defer bare.kill()
	r, _, err := l.warmed(ctx, bare.url, "1", nil)
	if err != nil {
		return 0, err
	}
	return r.PerSecond(r.Accepted + r.Refused), nil
}

// settleAndCheck lets a worker settle what was bought, and audits.
func (s sale) settleAndCheck(ctx context.Context, accepted int64) error {
	if _, err := s.start(ctx, "worker"); err != nil {
		return err
	}
	if err := s.settled(ctx); err != nil {
		return err
	}
	return s.kept(ctx, accepted)
}
