package gate

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// stoppedLanes is a coalescer whose calls wait until the test lets them go on.
type stoppedLanes struct {
	*coalescer
	started chan []*call
	goOn    chan struct{}
}

func newStoppedLanes(batch, workers, limit int) *stoppedLanes {
	s := &stoppedLanes{started: make(chan []*call, 100), goOn: make(chan struct{})}
	s.coalescer = newCoalescer(batch, workers, limit, func(_ seckill.ID, calls []*call) {
		s.started <- calls
		<-s.goOn
		for _, c := range calls {
			c.finish(outcome{admission: seckill.Admission{OrderID: c.request.OrderID}})
		}
	})
	return s
}

func (s *stoppedLanes) start(t *testing.T, ctx context.Context, id seckill.ID) <-chan outcome {
	t.Helper()
	s.mu.Lock()
	before := s.waiting()
	s.mu.Unlock()
	done := make(chan outcome, 1)
	go func() {
		a, err := s.do(ctx, seckill.Request{SaleID: 1, OrderID: id})
		done <- outcome{a, err}
	}()
	require.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.waiting() > before || len(s.started) > 0 || len(done) > 0
	}, patience, time.Millisecond)
	return done
}

// waiting needs the lock.
func (s *stoppedLanes) waiting() int {
	if l := s.lanes[1]; l != nil {
		return len(l.waiting)
	}
	return 0
}

func TestWhatWaitsGoesTogether(t *testing.T) {
	s := newStoppedLanes(3, 1, 100)
	var all []<-chan outcome
	all = append(all, s.start(t, t.Context(), 1))
	require.Len(t, <-s.started, 1, "a lone request does not wait for others")
	for id := seckill.ID(2); id <= 6; id++ {
		all = append(all, s.start(t, t.Context(), id))
	}
	s.goOn <- struct{}{}
	require.Len(t, <-s.started, 3, "at most one batch")
	s.goOn <- struct{}{}
	require.Len(t, <-s.started, 2)
	s.goOn <- struct{}{}
	for i, done := range all {
		o := <-done
		require.NoError(t, o.err)
		require.Equal(t, seckill.ID(i+1), o.admission.OrderID, "everyone gets his own outcome")
	}
	s.close()
	require.Empty(t, s.lanes, "nothing is kept of a sale that nobody asks for")
}

func TestWorkersOfASaleAreBounded(t *testing.T) {
	s := newStoppedLanes(1, 2, 100)
	var all []<-chan outcome
	for id := seckill.ID(1); id <= 2; id++ {
		all = append(all, s.start(t, t.Context(), id))
		<-s.started
	}
	all = append(all, s.start(t, t.Context(), 3))
	require.Empty(t, s.started)
	close(s.goOn)
	for _, done := range all {
		require.NoError(t, (<-done).err)
	}
	s.close()
}

func TestFullQueueIsUnavailable(t *testing.T) {
	s := newStoppedLanes(1, 1, 2)
	all := []<-chan outcome{s.start(t, t.Context(), 1)}
	<-s.started
	for id := seckill.ID(2); id <= 3; id++ {
		all = append(all, s.start(t, t.Context(), id))
	}
	_, err := s.do(t.Context(), seckill.Request{SaleID: 1, OrderID: 4})
	require.ErrorIs(t, err, errQueueFull)
	coded(t, err, seckill.CodeUnavailable)
	close(s.goOn)
	for _, done := range all {
		require.NoError(t, (<-done).err)
	}
	s.close()
}

func TestCallerWhoLeaves(t *testing.T) {
	s := newStoppedLanes(10, 1, 100)
	ctx, cancel := context.WithCancel(t.Context())
	taken := s.start(t, ctx, 1)
	<-s.started
	waiting := s.start(t, ctx, 2)
	cancel()
	err := (<-taken).err
	require.ErrorIs(t, err, seckill.ErrOutcomeUnknown, "a worker has it")
	require.ErrorIs(t, err, context.Canceled)
	coded(t, err, seckill.CodeUnavailable)
	err = (<-waiting).err
	require.False(t, errors.Is(err, seckill.ErrOutcomeUnknown), "it was withdrawn in time")
	close(s.goOn)
	s.close()
	require.Empty(t, s.started, "a withdrawn request is not sent")
}

func TestCloseWaitsForThoseUnderWay(t *testing.T) {
	s := newStoppedLanes(1, 1, 100)
	one, two := s.start(t, t.Context(), 1), (<-chan outcome)(nil)
	<-s.started
	two = s.start(t, t.Context(), 2)
	closed := make(chan struct{})
	go func() { s.close(); close(closed) }()
	require.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.closed
	}, patience, time.Millisecond)
	_, err := s.do(t.Context(), seckill.Request{SaleID: 1, OrderID: 3})
	require.ErrorIs(t, err, errClosed)
	select {
	case <-closed:
		t.Fatal("closed while a request was under way")
	default:
	}
	close(s.goOn)
	require.NoError(t, (<-one).err)
	require.NoError(t, (<-two).err)
	<-closed
}

func TestLanesOfManyCallers(t *testing.T) {
	var mu sync.Mutex
	seen := map[seckill.ID]int{}
	c := newCoalescer(7, 3, 10_000, func(_ seckill.ID, calls []*call) {
		mu.Lock()
		defer mu.Unlock()
		for _, k := range calls {
			seen[k.request.OrderID]++
			k.finish(outcome{admission: seckill.Admission{OrderID: k.request.OrderID}})
		}
	})
	var crowd sync.WaitGroup
	for i := range 2000 {
		crowd.Go(func() {
			id := seckill.ID(i + 1)
			if a, err := c.do(t.Context(), seckill.Request{SaleID: seckill.ID(1 + i%3), OrderID: id}); err != nil || a.OrderID != id {
				t.Error(a, err)
			}
		})
	}
	crowd.Wait()
	c.close()
	require.Len(t, seen, 2000)
	for id, n := range seen {
		require.Equal(t, 1, n, id)
	}
}
