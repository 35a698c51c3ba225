package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// reopensWithin bounds the time from Redis's first answer to the first order that
// is admitted again. Where other tests take the machine's cores, it only tells that
// the sale does reopen.
func reopensWithin() time.Duration {
	if testkit.Soaking() {
		return 5 * time.Second
	}
	return 60 * time.Second
}

// settle writes orders of one unit each into SQL, as if the sale had run for a
// while.
func (s sale) settle(sku string, orders int) {
	s.t.Helper()
	l := s.openLedger()
	saleID, err := seckill.ParseID(s.id)
	require.NoError(s.t, err)
	ids := seckill.NewIDGenerator(seckill.SystemClock)
	ids.Lease(seckill.IDWorkers-1, time.Now().Add(time.Hour))
	const atOnce = 500
	now := time.Now().UTC().Truncate(time.Millisecond)
	for ticket := 0; ticket < orders; {
		batch := make([]seckill.Order, 0, atOnce)
		for ; ticket < orders && len(batch) < atOnce; ticket++ {
			id, err := ids.Next()
			require.NoError(s.t, err)
			batch = append(batch, seckill.Order{ID: id, SaleID: saleID, Buyer: "early-" + strconv.Itoa(ticket), RequestKey: "key-0",
				Ticket: int64(ticket + 1), Lines: []seckill.Line{{SKU: sku, Quantity: 1, Price: price}}, Amount: price, Currency: "CNY",
				CreatedAt: now, HoldUntil: now.Add(time.Hour)})
		}
		result, err := l.Settle(s.t.Context(), batch)
		require.NoError(s.t, err)
		require.Len(s.t, result.Settled, len(batch))
	}
	// They were announced when they were made.
	s.sql("DELETE FROM event_outbox")
}

// sql changes the stage's database behind the back of its processes.
func (s *stage) sql(statement string, args ...any) {
	s.t.Helper()
	_, err := s.database().ExecContext(s.t.Context(), statement, args...)
	require.NoError(s.t, err)
}

// The ways to empty a Redis. Each returns when it answered first afterwards.
var emptyings = []struct {
	name string
	now  func(*stage, *testkit.Services) (time.Time, error)
}{
	{"kill -9 and an empty disk", func(s *stage, services *testkit.Services) (time.Time, error) {
		if err := services.TryKill("redis"); err != nil {
			return time.Time{}, err
		}
		if err := os.RemoveAll(filepath.Join(services.Dir("redis"), "data")); err != nil {
			return time.Time{}, err
		}
		ctx, cancel := context.WithTimeout(s.t.Context(), startsWithin)
		defer cancel()
		started := make(chan error, 1)
		go func() { started <- services.TryStart("redis") }()
		answered, err := awaitPong(ctx, s.redis())
		if startErr := <-started; startErr != nil {
			return time.Time{}, startErr
		}
		return answered, err
	}},
	{"FLUSHALL", func(s *stage, _ *testkit.Services) (time.Time, error) {
		err := s.redis().FlushAll(s.t.Context()).Err()
		return time.Now(), err
	}},
}

func TestASaleOfManyOrdersReopensSoonAfterRedisWasEmptied(t *testing.T) {
	alone(t)
	early, buyers := testkit.Sized(100_000, 2_000), testkit.Sized(6_000, 600)
	for i, empty := range emptyings {
		t.Run(empty.name, func(t *testing.T) {
			testkit.InTurn(t, i, len(emptyings))
			alone(t)
			stage, services := onOwnRedis(t, 1, 1)
			s := stage.draftSale(longHold, item{"phone-1", int64(early + 2*buyers), 1})
			s.settle("phone-1", early)
			s.preload()

			var once sync.Once
			var answered, reopened time.Time
			var err error
			over := make(chan struct{})
			emptyAndTry := func() {
				defer close(over)
				if answered, err = empty.now(stage, services); err == nil {
					if a := s.insist(0, buyerToken("impatient"), "", "phone-1"); a.HTTP != 202 {
						t.Errorf("the impatient buyer was answered %d %s", a.HTTP, a.Body)
					}
					reopened = time.Now()
				}
			}
			orders := s.rush(crowd{buyers: buyers, clicks: 1, connections: 32, done: func(n int64) {
				if n >= int64(buyers/3) {
					once.Do(func() { go emptyAndTry() })
				}
			}}, "phone-1")
			<-over
			require.NoError(t, err)
			require.Equal(t, buyers, len(orders), "everybody was told of an order")

			took := reopened.Sub(answered)
			f := s.fates(orders)
			again, lost := s.recoveryMetrics()
			t.Logf("%d orders in SQL: open again %v after Redis answered, of which the load took %v; %+v, %d taken again",
				early, took.Round(time.Millisecond), s.loads(s.workers...), f, again)
			require.Equal(t, fates{payable: buyers}, f, "there were units for all")
			require.Zero(t, lost)
			require.EqualValues(t, early+buyers+1, s.units("phone-1", early+1, f).Reserved)
			require.LessOrEqual(t, took, reopensWithin())
			require.Equal(t, 200, s.buy(0, buyerToken("early-0"), "key-0", line{"phone-1", 1}).HTTP, "the replay guard is back")
			require.Equal(t, "limit_exceeded", s.buy(0, buyerToken(fmt.Sprintf("early-%d", early-1)), "", line{"phone-1", 1}).Code)
		})
	}
}
