package web

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill/gate"
)

// Gate is what this package needs of Redis: its time.
type Gate interface {
	Now(ctx context.Context) (time.Time, error)
}

var _ Gate = (*gate.Gate)(nil)
