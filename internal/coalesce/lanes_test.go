package coalesce

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

const patience = 30 * time.Second

// order is a call of a test; what becomes of it is its own number.
type order int

// stoppedLanes are lanes whose calls wait until the test lets them go on.
type stoppedLanes struct {
	*Lanes[string, order, order]
	started chan []order
	goOn    chan struct{}
}

func newStoppedLanes(batch, workers, limit int) *stoppedLanes {
	s := &stoppedLanes{started: make(chan []order, 100), goOn: make(chan struct{})}
	s.Lanes = New(Config[string, order, order]{Batch: batch, Workers: workers, Limit: limit, Unknown: "who knows",
		Run: func(_ string, calls []order) []order {
			s.started <- calls
			<-s.goOn
			return calls
		}})
	return s
}

type outcome struct {
	order order
	err   error
}

func (s *stoppedLanes) start(t *testing.T, ctx context.Context, n order) <-chan outcome {
	t.Helper()
	s.mu.Lock()
	before := s.waiting()
	s.mu.Unlock()
	done := make(chan outcome, 1)
	go func() {
		o, err := s.Do(ctx, "sale", n)
		done <- outcome{o, err}
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
	if l := s.lanes["sale"]; l != nil {
		return len(l.waiting)
	}
	return 0
}

func TestWhatWaitsGoesTogether(t *testing.T) {
	s := newStoppedLanes(3, 1, 100)
	var all []<-chan outcome
	all = append(all, s.start(t, t.Context(), 1))
	require.Len(t, <-s.started, 1, "a lone request does not wait for others")
	for n := order(2); n <= 6; n++ {
		all = append(all, s.start(t, t.Context(), n))
	}
	s.goOn <- struct{}{}
	require.Len(t, <-s.started, 3, "at most one batch")
	s.goOn <- struct{}{}
	require.Len(t, <-s.started, 2)
	s.goOn <- struct{}{}
	for i, done := range all {
		o := <-done
		require.NoError(t, o.err)
		require.Equal(t, order(i+1), o.order, "everyone gets his own outcome")
	}
	s.Close()
	require.Empty(t, s.lanes, "nothing is kept of a key that nobody asks for")
}

func TestWorkersOfASaleAreBounded(t *testing.T) {
	s := newStoppedLanes(1, 2, 100)
	var all []<-chan outcome
	for n := order(1); n <= 2; n++ {
		all = append(all, s.start(t, t.Context(), n))
		<-s.started
	}
	all = append(all, s.start(t, t.Context(), 3))
	require.Empty(t, s.started)
	close(s.goOn)
	for _, done := range all {
		require.NoError(t, (<-done).err)
	}
	s.Close()
}

func TestAnotherWorkerBeginsForAsManyAsAreUnderWay(t *testing.T) {
	started := make(chan []order, 100)
	end := map[order]chan struct{}{1: make(chan struct{}), 2: make(chan struct{}), 3: make(chan struct{}), 6: make(chan struct{})}
	l := New(Config[int, order, struct{}]{Batch: 10, Workers: 2, Limit: 100, Gather: true, Unknown: "who knows",
		Run: func(_ int, calls []order) []struct{} {
			started <- calls
			<-end[calls[0]]
			return make([]struct{}, len(calls))
		}})
	start := func(calls ...order) {
		for _, n := range calls {
			require.NoError(t, l.Start(0, n))
		}
	}
	start(1)
	require.Equal(t, []order{1}, <-started)
	start(2)
	require.Equal(t, []order{2}, <-started)
	start(3, 4, 5)
	close(end[1])
	require.Equal(t, []order{3, 4, 5}, <-started)
	close(end[2])
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.lanes[0].workers == 1
	}, patience, time.Millisecond)
	start(6, 7)
	require.Empty(t, started, "two would be few beside three")
	start(8)
	require.Equal(t, []order{6, 7, 8}, <-started)
	close(end[3])
	close(end[6])
	l.Close()
}

func TestAStartedCallRunsUnheard(t *testing.T) {
	s := newStoppedLanes(10, 1, 1)
	require.NoError(t, s.Start("sale", 1))
	require.Equal(t, []order{1}, <-s.started)
	require.NoError(t, s.Start("sale", 2))
	require.ErrorIs(t, s.Start("sale", 3), ErrFull)
	close(s.goOn)
	s.Close()
	require.Equal(t, []order{2}, <-s.started, "Close waits for it")
	require.ErrorIs(t, s.Start("sale", 4), ErrClosed)
}

func TestFullQueueIsUnavailable(t *testing.T) {
	s := newStoppedLanes(1, 1, 2)
	all := []<-chan outcome{s.start(t, t.Context(), 1)}
	<-s.started
	for n := order(2); n <= 3; n++ {
		all = append(all, s.start(t, t.Context(), n))
	}
	_, err := s.Do(t.Context(), "sale", 4)
	require.ErrorIs(t, err, ErrFull)
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
	close(s.goOn)
	for _, done := range all {
		require.NoError(t, (<-done).err)
	}
	s.Close()
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
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
	err = (<-waiting).err
	require.False(t, errors.Is(err, seckill.ErrOutcomeUnknown), "it was withdrawn in time")
	close(s.goOn)
	s.Close()
	require.Empty(t, s.started, "a withdrawn request is not sent")
}

func TestCloseWaitsForThoseUnderWay(t *testing.T) {
	s := newStoppedLanes(1, 1, 100)
	one, two := s.start(t, t.Context(), 1), (<-chan outcome)(nil)
	<-s.started
	two = s.start(t, t.Context(), 2)
	closed := make(chan struct{})
	go func() { s.Close(); close(closed) }()
	require.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.closed
	}, patience, time.Millisecond)
	_, err := s.Do(t.Context(), "sale", 3)
	require.ErrorIs(t, err, ErrClosed)
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
	seen := map[order]int{}
	l := New(Config[int, order, order]{Batch: 7, Workers: 3, Limit: 10_000, Unknown: "who knows",
		Run: func(_ int, calls []order) []order {
			mu.Lock()
			defer mu.Unlock()
			for _, n := range calls {
				seen[n]++
			}
			return calls
		}})
	var crowd sync.WaitGroup
	for i := range 2000 {
		crowd.Go(func() {
			n := order(i + 1)
			if o, err := l.Do(t.Context(), i%3, n); err != nil || o != n {
				t.Error(o, err)
			}
		})
	}
	crowd.Wait()
	l.Close()
	require.Len(t, seen, 2000)
	for n, times := range seen {
		require.Equal(t, 1, times, n)
	}
}

// BenchmarkCrowd tells how many calls share a batch when 64 callers call again as
// soon as they are answered.
func BenchmarkCrowd(b *testing.B) {
	const crowd = 64
	var batches atomic.Int64
	l := New(Config[int, order, order]{Batch: crowd, Workers: 2, Limit: crowd, Gather: true, Unknown: "who knows",
		Run: func(_ int, calls []order) []order {
			batches.Add(1)
			time.Sleep(4 * time.Millisecond) // a commit
			return calls
		}})
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	for range crowd {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				_, _ = l.Do(context.Background(), 0, 1)
			}
		})
	}
	all.Wait()
	l.Close()
	b.ReportMetric(float64(b.N)/float64(batches.Load()), "calls/batch")
}
