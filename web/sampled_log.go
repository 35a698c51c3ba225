package web

import (
	"context"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/internal/seldom"
	"github.com/seckill-go/seckill/seckill"
)

// SampledLog writes what anybody can cause as often as he likes: the first line at
// once, then one in a while, which tells how many were left out before it.
type SampledLog struct {
	log   *slog.Logger
	clock seckill.Clock
	line  seldom.Line
}

// NewSampledLog makes a SampledLog.
func NewSampledLog(log *slog.Logger, clock seckill.Clock) *SampledLog {
	return &SampledLog{log: log, clock: clock}
}

// hourly is for what an operator has to hear of once, as it goes on until he acts.
func (s *SampledLog) hourly() *SampledLog {
	s.line.Pause = time.Hour
	return s
}

// Warn writes a line, if it is due.
func (s *SampledLog) Warn(ctx context.Context, line string, attrs ...slog.Attr) {
	leftOut, due := s.line.Due(s.clock())
	if !due {
		return
	}
	if leftOut > 0 {
		attrs = append(attrs, slog.Int("left_out_before", leftOut))
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, line, attrs...)
}
