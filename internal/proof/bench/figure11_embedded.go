package bench

import (
	"context"
	"errors"
	"os/exec"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// The one process that needs nothing, where a yes means committed.
var figure11 = figure{
	number: 11,
	rows:   []row{{what: "embedded mode (ack settled), accepted orders, 128 connections, against bare Gin", unit: "/s", goal: goal{atLeast: 0.15}}},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.embedded(ctx)
		if err != nil {
			return nil, err
		}
		defer s.web.kill()
		made, err := s.sale(ctx, seckill.MaxStock)
		if err != nil {
			return nil, err
		}
		sample, err := l.sample(s.web.url, made.id)
		if err != nil {
			return nil, err
		}
		bare, err := l.measureBare(ctx, sample)
		if err != nil {
			return nil, err
		}
		ours, accepted, err := l.warmed(ctx, s.web.url, made.id, nil)
		if err != nil {
			return nil, err
		}
		return []reading{{ours.PerSecond(ours.Accepted), bare}}, errors.Join(only(ours, ""), made.kept(ctx, accepted+1))
	},
}

// embedded is one process on embedded parts.
func (l *Lab) embedded(ctx context.Context) (*stage, error) {
	s := &stage{lab: l, name: "embedded"}
	cmd := exec.Command(l.bin, "serve")
	cmd.Dir = l.t.TempDir()
	cmd.Env = append(append(testkit.CleanEnvironment(), common()...), "SECKILL_DATA_DIR="+l.t.TempDir(), "SECKILL_EXAMPLE_SALE=false")
	p, err := launch(cmd)
	if err != nil {
		return nil, err
	}
	s.web = p
	if err := p.ready(ctx); err != nil {
		p.kill()
		return nil, err
	}
	return s, nil
}
