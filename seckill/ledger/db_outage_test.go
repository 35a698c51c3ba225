package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/database/schema"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// overProxy is a ledger whose way to the server the test can break, and one of
// the same database whose way stays open.
func overProxy(t *testing.T) (f *fixture, direct *Ledger, proxy *testkit.Proxy) {
	t.Helper()
	f = newFixture(t, database.MySQL)
	direct = f.Ledger
	cfg, err := mysql.ParseDSN(f.dsn)
	require.NoError(t, err)
	proxy = testkit.NewProxy(t, cfg.Addr)
	cfg.Net, cfg.Addr = "tcp", proxy.Addr
	f.Ledger = openLedger(t, database.MySQL, cfg.FormatDSN(), f.clock.Now)
	return f, direct, proxy
}

func TestAServerThatIsGoneIsUnavailable(t *testing.T) {
	t.Parallel()
	f, _, proxy := overProxy(t)
	sale := f.sale(map[string]int64{"a": 10})
	proxy.Cut()
	calls := map[string]func() error{
		"ping":   func() error { return f.db.Ping(t.Context()) },
		"read":   func() error { _, err := f.Sale(t.Context(), sale.ID); return err },
		"list":   func() error { _, err := f.Sales(t.Context(), SaleQuery{}); return err },
		"settle": func() error { _, err := f.Settle(t.Context(), f.orders(sale, 1)); return err },
		"lease":  func() error { _, _, err := f.Lease(t.Context(), "n", "o", time.Minute); return err },
		"schema": func() error { _, err := schema.Pending(t.Context(), f.db); return err },
		"migrate": func() error {
			_, err := schema.Up(t.Context(), f.db)
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
	testkit.Eventually(t, func() bool { return f.db.Ping(t.Context()) == nil }, "the ledger answers again")
	f.settle(f.orders(sale, 2)...)
}

func TestACommitWhoseAnswerIsLostIsOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	f, direct, proxy := overProxy(t)
	sale := f.sale(map[string]int64{"a": 10})
	orders := f.orders(sale, 3)

	failed := make(chan error, 1)
	go func() {
		failed <- f.db.Write(t.Context(), func(tx *gorm.DB, _ int) error {
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
	require.NoError(t, f.db.Ping(t.Context()))
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
