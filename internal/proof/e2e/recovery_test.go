package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// onOwnRedis starts processes on a Redis that belongs to the test.
func onOwnRedis(t *testing.T, webs, workers int) (*stage, *testkit.Services) {
	services := testkit.ServiceSet(t, "redis")
	addr, password := services.Redis()
	s := onRedis(t, addr, password, "seckill")
	s.launch(webs, workers)
	return s, services
}

// redis is a client of the stage's Redis, beside its processes.
func (s *stage) redis() *redis.Client {
	s.t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.setting("SECKILL_REDIS_ADDRS"), Password: s.setting("SECKILL_REDIS_PASSWORD"), MaxRetries: -1})
	s.t.Cleanup(func() { client.Close() })
	return client
}

// database is the stage's SQL database, beside its processes.
func (s *stage) database() *sql.DB {
	s.t.Helper()
	db, err := sql.Open("mysql", s.setting("SECKILL_MYSQL_DSN"))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { db.Close() })
	return db
}

// key names a key of the sale in Redis.
func (s sale) key(name string) string {
	return s.setting("SECKILL_REDIS_PREFIX") + ":{" + s.id + "}:" + name
}

// at is the sale as one web process alone sells it.
func (s sale) at(webs ...*process) sale {
	alone := *s.stage
	alone.webs = webs
	return sale{&alone, s.id}
}

// fates is what became of orders that buyers were told of.
type fates struct {
	payable int
	// lost are failed because Redis had lost them and no unit was left.
	lost int
	// refused are failed because SQL gave the unit, the idempotency key, or what one
	// buyer may have, to another order.
	refused int
}

func (f fates) told() int { return f.payable + f.lost + f.refused }

// askers is how many buyers ask for their orders at the same time.
const askers = 16

// fates waits until every order has come to an end or can be paid.
func (s sale) fates(orders []told) fates {
	s.t.Helper()
	var sum fates
	var mu sync.Mutex
	var wg sync.WaitGroup
	todo := make(chan told)
	for range askers {
		wg.Go(func() {
			for o := range todo {
				f, err := s.fate(o)
				if err != nil {
					s.t.Errorf("order %s of %s: %v", o.order, o.buyer, err)
				}
				mu.Lock()
				sum.payable, sum.lost, sum.refused = sum.payable+f.payable, sum.lost+f.lost, sum.refused+f.refused
				mu.Unlock()
			}
		})
	}
	for _, o := range orders {
		todo <- o
	}
	close(todo)
	wg.Wait()
	return sum
}

// fateWithin is far longer than any order takes.
const fateWithin = 90 * time.Second

// fate of one order. While the process that accepted it has not handed it in yet,
// it may be "not found", but never without the word that explains it.
func (s sale) fate(o told) (fates, error) {
	var a answer
	for deadline := time.Now().Add(fateWithin); ; time.Sleep(20 * time.Millisecond) {
		var err error
		a, err = call("GET", s.url(0)+"/api/v1/orders/"+o.order, buyerToken(o.buyer), nil, nil)
		if err == nil && a.HTTP != 503 && a.Status != "queued" && !explained(a) {
			break
		}
		if time.Now().After(deadline) {
			return fates{}, fmt.Errorf("is not settled: %s %v", a.Body, err)
		}
	}
	switch {
	case a.HTTP == 200 && a.Status == "awaiting_payment":
		return fates{payable: 1}, nil
	case a.HTTP == 200 && a.Status == "failed" && strings.HasPrefix(a.Reason, "lost:"):
		return fates{lost: 1}, nil
	case a.HTTP == 200 && a.Status == "failed" && slices.Contains(refusals, word(a.Reason)):
		return fates{refused: 1}, nil
	}
	return fates{}, fmt.Errorf("has come to %d %s", a.HTTP, a.Body)
}

// refusals begin the reasons of orders that SQL refused.
var refusals = []string{"sold_out", "duplicate_request", "limit_exceeded"}

func word(reason string) string {
	before, _, _ := strings.Cut(reason, ":")
	return before
}

// explained tells whether an order is not found since the sale had to be restored.
func explained(a answer) bool {
	return a.HTTP == 404 && strings.Contains(a.Detail, "had to be restored")
}

// units is an item's audit once the sale has come to rest, checked for what holds
// whatever died: as many units are reserved as orders have them, and all others are
// for sale. An order with the unit of which no buyer was told is one whose answer
// got lost; its buyer asked again, and was told of a second order that SQL refused.
func (s sale) units(sku string, before int, f fates) seckill.AuditItem {
	s.t.Helper()
	it := s.audit()[sku]
	require.GreaterOrEqual(s.t, it.Reserved, int64(before+f.payable))
	require.LessOrEqual(s.t, it.Reserved, int64(before+f.payable+f.refused))
	require.EqualValues(s.t, it.Total-it.Reserved, it.Available)
	return it
}

// recoveryMetrics are sums over the web processes that are alive.
func (s *stage) recoveryMetrics() (takenAgain, lost int) {
	s.t.Helper()
	for _, p := range s.webs {
		for name, sum := range map[string]*int{"seckill_orders_taken_again_total": &takenAgain, "seckill_orders_lost_total": &lost} {
			n, ok := p.metric(name)
			require.True(s.t, ok, name)
			*sum += int(n)
		}
	}
	return takenAgain, lost
}

// loads tells how often workers restored the sale, and how long each load took. A load in the sale's first epoch is none: a worker
// that looks between the two steps of a preload takes the second one itself.
func (s sale) loads(workers ...*process) (took []string) {
	for _, p := range workers {
		for line := range strings.Lines(p.logged()) {
			var entry struct {
				Msg, Sale, Took string
				Epoch           int64
			}
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Sale == s.id && entry.Epoch > 1 &&
				entry.Msg == "recoverer: loaded a sale into Redis from SQL" {
				took = append(took, entry.Took)
			}
		}
	}
	return took
}

// awaitLoads waits until the sale was restored so often.
func (s sale) awaitLoads(n int, workers ...*process) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool { return len(s.loads(workers...)) >= n }, "the sale is restored")
}

// awaitPong tells when Redis answered first. Call it while it is away.
func awaitPong(ctx context.Context, client *redis.Client) (time.Time, error) {
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return time.Now(), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, err
		case <-time.After(2 * time.Millisecond):
		}
	}
}
