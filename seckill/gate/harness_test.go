package gate

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
)

func TestMain(m *testing.M) {
	testkit.AtOnce(4) // those that take a server away wait most of their time
	testkit.Checks(20)
	// A pool that cannot dial looks once a second whether it can, and only then sees
	// that it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"), goleak.Cleanup(func(code int) {
		testkit.EndSharedRedisCluster()
		os.Exit(code)
	}))
}

// patience is far more than anything here takes on an idle machine.
const patience = 60 * time.Second

// server is a Redis that a test may use, under a prefix of its own.
type server struct {
	addr, password, prefix string
	dial                   func(ctx context.Context, network, addr string) (net.Conn, error) // of the embedded one
	real                   bool
	cluster                []string // its addresses, instead of addr
}

// onEach runs a test on the embedded Redis and, in turn, on a real one or on a cluster.
func onEach(t *testing.T, test func(t *testing.T, s server)) {
	t.Parallel()
	turn := len(t.Name()) // some number that is the test's own
	t.Run("embedded", func(t *testing.T) { onEmbedded(t, test) })
	t.Run("redis", func(t *testing.T) {
		testkit.InTurn(t, turn, 2)
		onNetwork(t, test)
	})
	t.Run("cluster", func(t *testing.T) {
		testkit.InTurn(t, turn+1, 2)
		t.Parallel()
		c, prefix := testkit.SharedRedisCluster(t)
		test(t, server{cluster: c.Addrs[:], password: c.Password, prefix: prefix, real: true})
	})
}

func onEmbedded(t *testing.T, test func(t *testing.T, s server)) {
	t.Parallel()
	r, err := embedded.Start()
	require.NoError(t, err)
	t.Cleanup(r.Close)
	test(t, server{dial: r.Dial, prefix: "test"})
}

// onNetwork is onEach for what goes wrong on the way to a Redis: the embedded one has
// no way that could.
func onNetwork(t *testing.T, test func(t *testing.T, s server)) {
	t.Parallel()
	addr, password, prefix := testkit.Redis(t)
	test(t, server{addr: addr, password: password, prefix: prefix, real: true})
}

// client makes a connection pool that watches over what goes through it.
func (s server) client(t testing.TB) (redis.UniversalClient, *watch) {
	addrs := s.cluster
	if addrs == nil {
		addrs = []string{s.addr}
	}
	c := NewClient(ClientOptions{Addrs: addrs, Password: s.password, Dial: s.dial})
	w := &watch{t: t, counts: map[string]int{}}
	c.AddHook(w)
	t.Cleanup(func() { c.Close() })
	return c, w
}

// gate makes a gate as one more process would have it.
func (s server) gate(t testing.TB, change ...func(*Config)) *Gate {
	g, _ := s.watchedGate(t, change...)
	return g
}

func (s server) watchedGate(t testing.TB, change ...func(*Config)) (*Gate, *watch) {
	client, w := s.client(t)
	cfg := Config{Client: client, Prefix: s.prefix, Timeout: patience, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	g, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(g.Close)
	return g, w
}

// run starts Run and waits until it listens.
func run(t testing.TB, g *Gate) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := g.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	require.Eventually(t, func() bool {
		n, err := g.cfg.Client.PubSubNumSub(ctx, g.changesChannel()).Result()
		return err == nil && n[g.changesChannel()] > 0
	}, patience, 5*time.Millisecond)
}

// watch is a hook that counts commands and checks that the keys of each script
// call share a Cluster slot.
type watch struct {
	t      testing.TB
	mu     sync.Mutex
	counts map[string]int
}

func (w *watch) DialHook(next redis.DialHook) redis.DialHook { return next }

func (w *watch) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		w.see(cmd)
		return next(ctx, cmd)
	}
}

func (w *watch) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			w.see(cmd)
		}
		return next(ctx, cmds)
	}
}

func (w *watch) see(cmd redis.Cmder) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[cmd.Name()]++
	args := cmd.Args()
	if cmd.Name() != "evalsha" && cmd.Name() != "eval" {
		return
	}
	n := args[2].(int)
	for _, key := range args[3 : 3+n] {
		if slot(key.(string)) != slot(args[3].(string)) {
			w.t.Errorf("keys %v and %v of one call have different slots", key, args[3])
		}
	}
}

// total counts all commands so far.
func (w *watch) total() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, c := range w.counts {
		n += c
	}
	return n
}

var lastID atomic.Int64

// newID makes ids that need all 63 bits, so that one which passed through a
// floating point number shows.
func newID() seckill.ID { return seckill.ID(1<<62 + lastID.Add(1)) }

// anItem is an item with a total; limits are high unless a test sets them.
func anItem(sku string, total int64) seckill.Item {
	return seckill.Item{SKU: sku, Title: sku, Price: 19900, Currency: "CNY", Total: total, LimitPerBuyer: 1000}
}

// aSale is open now.
func aSale(items ...seckill.Item) seckill.Sale {
	now := time.Now()
	return seckill.Sale{
		ID: newID(), Name: "a sale", State: seckill.SaleReady, Hold: 15 * time.Minute, Revision: 3, Items: items,
		StartsAt: seckill.UnixMilli(now.Add(-time.Hour).UnixMilli()), EndsAt: seckill.UnixMilli(now.Add(time.Hour).UnixMilli()),
		CreatedAt: seckill.UnixMilli(now.UnixMilli()),
	}
}

// loadSnapshot loads what SQL would have.
// loadSnapshot loads a sale in parts, as SQL reads it.
func loadSnapshot(t testing.TB, g *Gate, s seckill.Snapshot) (loaded bool, err error) {
	return g.Load(t.Context(), s.Sale, func(_ context.Context, write func(seckill.Snapshot) error) error {
		for part := range slices.Chunk(s.Orders, 700) {
			some := s
			some.Orders = part
			if err := write(some); err != nil {
				return err
			}
		}
		if len(s.Orders) == 0 {
			return write(s)
		}
		return nil
	})
}

func releaseOf(t testing.TB, g *Gate, sale seckill.ID, orders []seckill.ID) error {
	_, err := g.Release(t.Context(), sale, orders)
	return err
}

func load(t testing.TB, g *Gate, s seckill.Sale) seckill.Sale {
	t.Helper()
	ok, err := loadSnapshot(t, g, seckill.Snapshot{Sale: s})
	require.NoError(t, err)
	require.True(t, ok)
	return s
}

// wish makes a request; each line is a sku with a quantity.
func wish(t testing.TB, s seckill.Sale, buyer, key string, lines ...seckill.Line) seckill.Request {
	t.Helper()
	r, err := seckill.NewRequest(&s, newID(), buyer, key, lines)
	require.NoError(t, err)
	return r
}

func of(sku string, quantity int64) seckill.Line { return seckill.Line{SKU: sku, Quantity: quantity} }

func admit(t testing.TB, g *Gate, r seckill.Request) seckill.Admission {
	t.Helper()
	a, err := g.Admit(t.Context(), r)
	require.NoError(t, err)
	return a
}

// refused expects a refusal and returns it.
func refused(t testing.TB, g *Gate, r seckill.Request, code seckill.Code) *seckill.Error {
	t.Helper()
	_, err := g.Admit(t.Context(), r)
	return coded(t, err, code)
}

func coded(t testing.TB, err error, code seckill.Code) *seckill.Error {
	t.Helper()
	var e *seckill.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%v", err)
	return e
}

// batch sends requests in one script call.
func batch(t testing.TB, g *Gate, requests ...seckill.Request) []outcome {
	t.Helper()
	claims := make([]claim, len(requests))
	for i, r := range requests {
		claims[i].Request = r
	}
	return g.admitBatch(requests[0].SaleID, claims)
}

func countersOf(t testing.TB, g *Gate, s seckill.Sale) map[string]Counters {
	t.Helper()
	c, err := g.Counters(t.Context(), s.ID)
	require.NoError(t, err)
	return c
}

// readAll reads every entry that nobody has read yet.
func readAll(t testing.TB, g *Gate, s seckill.Sale) []seckill.OutboxEntry {
	t.Helper()
	var all []seckill.OutboxEntry
	for {
		entries, err := g.ReadOutbox(t.Context(), s.ID, "reader", 100, 0)
		require.NoError(t, err)
		if len(entries) == 0 {
			return all
		}
		all = append(all, entries...)
	}
}

// requireInFlight checks the counters in flight against the outbox itself, entry
// by entry.
func requireInFlight(t testing.TB, g *Gate, s seckill.Sale) {
	t.Helper()
	k := g.keys(s.ID)
	messages, err := g.cfg.Client.XRange(t.Context(), k.outbox(), "-", "+").Result()
	require.NoError(t, err)
	units, orders := map[string]int64{}, 0
	for _, m := range messages {
		fields := map[string]string{}
		for name, v := range m.Values {
			fields[name] = v.(string)
		}
		e, err := readEntry(s.ID, m.ID, fields)
		require.NoError(t, err)
		orders += len(e.Orders)
		for _, o := range e.Orders {
			for _, l := range o.Lines {
				units[l.SKU] += l.Quantity
			}
		}
	}
	for sku, c := range countersOf(t, g, s) {
		require.Equal(t, units[sku], c.InFlight, sku)
	}
	counted, err := g.cfg.Client.HGet(t.Context(), k.inflight(), "#orders").Int()
	require.NoError(t, ignoreNil(err))
	require.Equal(t, orders, counted)
}

// slot computes the Redis Cluster slot of a key.
func slot(key string) uint16 {
	if from := indexByte(key, '{'); from >= 0 {
		if to := indexByte(key[from+1:], '}'); to > 0 {
			key = key[from+1 : from+1+to]
		}
	}
	var crc uint16
	for i := range len(key) {
		crc ^= uint16(key[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc % 16384
}

func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

func buyerName(i int) string { return fmt.Sprintf("buyer-%d", i) }
