package worker

import (
	"context"
	"math/rand/v2"
	"time"
)

// Bounds of the wait between two tries while a service is away.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 5 * time.Second
)

// backoff grows from minBackoff to a limit, with jitter, so that many workers do not
// try again at the same time.
type backoff struct {
	most time.Duration // 0: maxBackoff
	next time.Duration
}

func (b *backoff) reset() { b.next = 0 }

// wait sleeps for the next backoff; false means that ctx ended.
func (b *backoff) wait(ctx context.Context) bool {
	most := b.most
	if most == 0 {
		most = maxBackoff
	}
	b.next = min(max(2*b.next, minBackoff), most)
	return sleep(ctx, b.next/2+rand.N(b.next/2))
}

// doubled is the wait after one more failure than failed: it doubles up to most.
func doubled(wait time.Duration, failed int, most time.Duration) time.Duration {
	for ; failed > 0 && wait < most; failed-- {
		wait *= 2
	}
	return min(wait, most)
}

// jittered is a wait that is up to a fifth longer or shorter, so that what failed at the
// same time is not tried again at the same time.
func jittered(wait time.Duration) time.Duration {
	return wait - wait/5 + rand.N(2*wait/5+1)
}
