package web_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// leasing hands out worker number 5 while it is up.
type leasing struct {
	mu   sync.Mutex
	down bool
	asks int
}

func (l *leasing) LeaseIDWorker(_ context.Context, _ string, ttl time.Duration) (int, time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asks++
	if l.down {
		return 0, time.Time{}, errors.New("no SQL")
	}
	return 5, time.Now().Add(ttl), nil
}

func (l *leasing) set(down bool) { l.mu.Lock(); defer l.mu.Unlock(); l.down = down }

func TestIDsAreMadeUnderALeaseAndOutliveAShortOutage(t *testing.T) {
	t.Parallel()
	sql := &leasing{down: true}
	ids := web.NewIDLease(sql, "me", 2*time.Second, seckill.SystemClock, webtest.Quiet())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ids.Run(ctx) }()

	_, err := ids.Next()
	require.ErrorIs(t, err, seckill.ErrNoIDLease)
	require.Error(t, ids.Ready(ctx))
	sql.set(false)
	require.Eventually(t, func() bool { _, err := ids.Next(); return err == nil }, time.Minute, 10*time.Millisecond)
	require.NoError(t, ids.Ready(ctx))

	sql.set(true)
	require.Eventually(t, func() bool { _, err := ids.Next(); return errors.Is(err, seckill.ErrNoIDLease) },
		time.Minute, 10*time.Millisecond, "a lease that cannot be renewed ends")
	sql.set(false)
	require.Eventually(t, func() bool { _, err := ids.Next(); return err == nil }, time.Minute, 10*time.Millisecond)
	stop()
	require.NoError(t, <-ended)
}
