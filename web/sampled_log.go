package web

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/internal/seldom"
	"github.com/seckill-go/seckill/seckill"
)

// sampledLog writes what anybody can cause as often as he likes: the first line at
// once, then one in a while, which tells how many were left out before it.
type sampledLog struct {
	log   *slog.Logger
	clock seckill.Clock
	line  seldom.Line
}

func newSampledLog(log *slog.Logger, clock seckill.Clock) *sampledLog {
	return &sampledLog{log: log, clock: clock}
}

// hourly is for what an operator has to hear of once, as it goes on until he acts.
func (s *sampledLog) hourly() *sampledLog {
	s.line.Pause = time.Hour
	return s
}

func (s *sampledLog) warn(ctx context.Context, line string, attrs ...slog.Attr) {
	leftOut, due := s.line.Due(s.clock())
	if !due {
		return
	}
	if leftOut > 0 {
		attrs = append(attrs, slog.Int("left_out_before", leftOut))
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, line, attrs...)
}
