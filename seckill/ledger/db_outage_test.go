package ledger

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// overProxy is a ledger whose way to the server the test can break, and one of
// the same database whose way stays open.
func overProxy(t *testing.T) (f *fixture, direct *Ledger, proxy *testkit.Proxy) {
	t.Helper()
	f = newFixture(t, DriverMySQL)
	direct = f.Ledger
	cfg, err := mysql.ParseDSN(f.dsn)
	require.NoError(t, err)
	proxy = testkit.NewProxy(t, cfg.Addr)
	cfg.Net, cfg.Addr = "tcp", proxy.Addr
	f.Ledger = openLedger(t, DriverMySQL, cfg.FormatDSN(), f.clock.Now)
	return f, direct, proxy
}

func TestAServerThatIsGoneIsUnavailable(t *testing.T) {
	t.Parallel()
	f, _, proxy := overProxy(t)
	sale := f.sale(map[string]int64{"a": 10})
	proxy.Cut()
	calls := map[string]func() error{
		"ping":   func() error { return f.Ping(t.Context()) },
		"read":   func() error { _, err := f.Sale(t.Context(), sale.ID); return err },
		"list":   func() error { _, err := f.Sales(t.Context(), SaleQuery{}); return err },
		"settle": func() error { _, err := f.Settle(t.Context(), f.orders(sale, 1)); return err },
		"lease":  func() error { _, _, err := f.Lease(t.Context(), "n", "o", time.Minute); return err },
		"schema": func() error { _, err := f.Pending(t.Context()); return err },
		"migrate": func() error {
			_, err := f.Migrate(t.Context())
			return err
		},
	}
	for name, call := range calls {
		err := call()
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err), "%s: %v", name, err)
		require.NotErrorIs(t, err, seckill.ErrOutcomeUnknown, name)
		var e *seckill.Error
		require.ErrorAs(t, err, &e)
		require.NotContains(t, e.Detail, proxy.Addr, "nothing of the inside for people")
	}
	proxy.Restore()
	testkit.Eventually(t, func() bool { return f.Ping(t.Context()) == nil }, "the ledger answers again")
	f.settle(f.orders(sale, 2)...)
}

func TestACommitWhoseAnswerIsLostIsOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	f, direct, proxy := overProxy(t)
	sale := f.sale(map[string]int64{"a": 10})
	orders := f.orders(sale, 3)

	failed := make(chan error, 1)
	go func() {
		failed <- f.write(t.Context(), func(tx *gorm.DB, _ int) error {
			s := settlement{ledger: f.Ledger, tx: tx, now: f.now()}
			_, err := s.run(orders)
			proxy.LoseAnswers()
			return err
		})
	}()
	testkit.Eventually(t, func() bool {
		_, err := direct.Order(t.Context(), orders[0].ID)
		return err == nil
	}, "the commit took effect")
	proxy.Restore()
	err := <-failed
	require.ErrorIs(t, err, seckill.ErrOutcomeUnknown)
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))

	r, err := f.Settle(t.Context(), orders)
	require.NoError(t, err)
	require.Equal(t, ids(orders), r.Known, "settling again is the way out")
	f.requireAddsUp(sale.ID)
}

func TestADeadlineIsUnavailableAndACancelIsItself(t *testing.T) {
	t.Parallel()
	f, _, proxy := overProxy(t)
	require.NoError(t, f.Ping(t.Context()))
	proxy.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := f.Sales(ctx, SaleQuery{})
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	proxy.Restore()

	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	_, err = f.Settle(ctx, f.orders(seckill.Sale{ID: 1, Items: []seckill.Item{{SKU: "a"}}}, 1))
	require.ErrorIs(t, err, context.Canceled)
	require.NotEqual(t, seckill.CodeUnavailable, seckill.CodeOf(err))
}

func TestNoServerAtAllIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := Open(Config{Driver: DriverMySQL, DSN: "u:secret-word@tcp(127.0.0.1:1)/d"})
	require.NoError(t, err, "opening does not need the server")
	err = l.Ping(t.Context())
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
	require.NotContains(t, err.Error(), "secret-word")
	require.NoError(t, l.Close())
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(l.Ping(t.Context())), "a closed ledger")
}

func TestAClosedSQLiteLedgerIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := Open(Config{Driver: DriverSQLite, DSN: filepath.Join(t.TempDir(), "ledger.db")})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = l.Settle(t.Context(), nil)
	require.NoError(t, err, "nothing to do needs nobody")
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(l.Ping(t.Context())))
}

func TestWhatFailsInATransactionLeavesNoTrace(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		add := func(tx *gorm.DB) error { return logSale(tx, 1, "x", "y", "", 1, 1) }
		boom := errors.New("boom")
		err := f.write(t.Context(), func(tx *gorm.DB, _ int) error { return errors.Join(add(tx), boom) })
		require.ErrorIs(t, err, boom)
		require.Panics(t, func() {
			_ = f.write(t.Context(), func(tx *gorm.DB, _ int) error {
				require.NoError(t, add(tx))
				panic(boom)
			})
		})
		require.Zero(t, f.count("SELECT COUNT(*) FROM sale_log"))
		require.NoError(t, f.write(t.Context(), func(tx *gorm.DB, _ int) error { return add(tx) }), "the connection is usable")
	})
}

func TestALostRaceIsRunAgainABoundedNumberOfTimes(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 1})
		attempts := 0
		err := f.write(t.Context(), func(tx *gorm.DB, attempt int) error {
			require.Equal(t, attempts, attempt)
			attempts++
			return insertItems(tx, sale) // there already
		})
		require.Error(t, err)
		require.Equal(t, seckill.CodeInternal, seckill.CodeOf(err))
		require.Equal(t, maxAttempts, attempts)
	})
}

func TestADeadlockIsRunAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t, DriverMySQL)
	sale := f.sale(map[string]int64{"a": 10, "b": 10})
	var haveFirst sync.WaitGroup
	haveFirst.Add(2)
	var attempts atomic.Int64
	take := func(first, second string) func() error {
		const grow = "UPDATE items SET total = total + 1 WHERE sale_id = ? AND sku = ?"
		return func() error {
			return f.write(t.Context(), func(tx *gorm.DB, attempt int) error {
				attempts.Add(1)
				if err := mustChange(tx, 1, grow, int64(sale.ID), first); err != nil {
					return err
				}
				if attempt == 0 { // each waits for what the other has
					haveFirst.Done()
					haveFirst.Wait()
				}
				return mustChange(tx, 1, grow, int64(sale.ID), second)
			})
		}
	}
	race(t, take("a", "b"), take("b", "a"))
	require.Equal(t, int64(3), attempts.Load(), "one was the victim, once")
	require.Equal(t, int64(12), f.counters(sale.ID)["a"].Total)
	require.Equal(t, int64(12), f.counters(sale.ID)["b"].Total)
}
