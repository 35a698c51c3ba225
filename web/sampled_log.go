package web

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// sampleEvery is how often a line of one kind is written that anybody can cause.
const sampleEvery = 10 * time.Second

// sampledLog writes what anybody can cause as often as he likes: the first line at
// once, then one in a while, which tells how many were left out before it.
type sampledLog struct {
	log   *slog.Logger
	clock seckill.Clock

	mu      sync.Mutex
	next    time.Time
	leftOut int64
}

func newSampledLog(log *slog.Logger, clock seckill.Clock) *sampledLog {
	return &sampledLog{log: log, clock: clock}
}

func (s *sampledLog) warn(ctx context.Context, line string, attrs ...slog.Attr) {
	leftOut, due := s.due()
	if !due {
		return
	}
	if leftOut > 0 {
		attrs = append(attrs, slog.Int64("left_out_before", leftOut))
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, line, attrs...)
}

func (s *sampledLog) due() (leftOut int64, due bool) {
	now := s.clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.next) {
		s.leftOut++
		return 0, false
	}
	leftOut, s.leftOut, s.next = s.leftOut, 0, now.Add(sampleEvery)
	return leftOut, true
}
