package inventory

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

func TestMain(m *testing.M) {
	beSeller()
	stores.Main(m)
}

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// fixture is an inventory over an empty database of its own.
type fixture struct {
	*Inventory
	t        *testing.T
	driver   string
	dsn      string
	strategy string
	clock    *testkit.Clock
	locks    *locks
}

// onEachEngine runs a test on SQLite and on a real MySQL or MariaDB.
func onEachEngine(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	stores.OnEach(t, func(t *testing.T, driver string) { test(t, newFixture(t, driver, Conditional)) })
}

// withEachStrategy runs a test with every strategy on both: what they promise is the
// same.
func withEachStrategy(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	stores.OnEach(t, func(t *testing.T, driver string) {
		for _, strategy := range Strategies {
			t.Run(strategy, func(t *testing.T) {
				t.Parallel()
				test(t, newFixture(t, driver, strategy))
			})
		}
	})
}

func newFixture(t *testing.T, driver, strategy string) *fixture {
	t.Helper()
	f := &fixture{t: t, driver: driver, dsn: stores.New(t, driver), strategy: strategy, clock: testkit.NewClock(start), locks: &locks{}}
	f.Inventory = f.process()
	return f
}

// process is another inventory over the same database, which shares nothing else.
func (f *fixture) process() *Inventory {
	f.t.Helper()
	i, err := New(Config{DB: stores.Open(f.t, f.driver, f.dsn), Strategy: f.strategy, Locker: f.locks, Clock: f.clock.Now})
	require.NoError(f.t, err)
	f.t.Cleanup(func() { require.NoError(f.t, i.Close()) })
	return i
}

// stock makes goods with so many units on hand.
func (f *fixture) stock(goods string, units int64) {
	f.t.Helper()
	_, err := f.SetInv(f.t.Context(), Set{Goods: goods, To: &units, Actor: "ann", Reason: "delivered"})
	require.NoError(f.t, err)
}

// is asserts the counters of goods.
func (f *fixture) is(goods string, available, reserved, allotted, sold int64) {
	f.t.Helper()
	g, err := f.InvDetail(f.t.Context(), goods)
	require.NoError(f.t, err)
	require.Equal(f.t, []int64{available, reserved, allotted, sold}, []int64{g.Available, g.Reserved, g.Allotted, g.Sold},
		"available, reserved, allotted and sold of %s", goods)
}

// addsUp asserts that the audit finds nothing.
func (f *fixture) addsUp() {
	f.t.Helper()
	findings, err := f.Audit(f.t.Context())
	require.NoError(f.t, err)
	require.Empty(f.t, findings)
}

func order(number string, lines ...Line) Order {
	return Order{OrderNo: number, User: "user-" + number, Lines: lines}
}

func requireCode(t *testing.T, want seckill.Code, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, want, seckill.CodeOf(err), "%v", err)
}

// race runs calls at the same moment.
func race(n int, call func(n int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			call(i)
		})
	}
	done.Wait()
}

// callers is how many call at the same moment. SQLite has one writer, so there they only
// take turns.
func (f *fixture) callers(mysql int) int {
	if f.driver == database.SQLite {
		return min(mysql, 16)
	}
	return mysql
}

// locks are what a lock in Redis is while nothing goes wrong.
type locks struct {
	mu   sync.Mutex
	held map[string]chan struct{}
	next int64
}

func (l *locks) Lock(ctx context.Context, name string, above int64) (Lock, error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]chan struct{}{}
	}
	lock := l.held[name]
	if lock == nil {
		lock = make(chan struct{}, 1)
		l.held[name] = lock
	}
	l.mu.Unlock()
	select {
	case lock <- struct{}{}:
	case <-ctx.Done():
		return nil, seckill.Unavailable(ctx.Err(), "the lock is taken")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = max(l.next, above) + 1
	own, cancel := context.WithCancelCause(ctx)
	return &heldLock{fence: l.next, ctx: own, cancel: cancel, release: func() { <-lock }}, nil
}

type heldLock struct {
	fence   int64
	ctx     context.Context
	cancel  context.CancelCauseFunc
	release func()
}

func (h *heldLock) Fence() int64             { return h.fence }
func (h *heldLock) Context() context.Context { return h.ctx }
func (h *heldLock) Release(context.Context) error {
	h.cancel(nil)
	h.release()
	return nil
}

func number(prefix string, n int) string { return fmt.Sprintf("%s-%d", prefix, n) }
