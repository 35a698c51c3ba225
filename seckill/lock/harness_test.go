package lock

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
)

func TestMain(m *testing.M) {
	if os.Getenv(envSleeper) != "" {
		sleeper()
		return
	}
	testkit.AtOnce(4) // they mostly wait
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"), goleak.Cleanup(func(code int) {
		testkit.EndSharedRedisNodes()
		testkit.EndSharedRedisCluster()
		os.Exit(code)
	}))
}

// patience is far more than anything here takes on an idle machine.
const patience = 60 * time.Second

var discard = slog.New(slog.DiscardHandler)

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

func newClient(addr, password string, dial dialer) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: addr, Password: password, Dialer: dial, Protocol: 2, PoolSize: 100,
		MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true, DialTimeout: patience,
		ReadTimeout: patience, MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
}

func clusterClient(c *testkit.RedisCluster) redis.UniversalClient {
	return redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs[:], Password: c.Password, Protocol: 2, ContextTimeoutEnabled: true,
		DisableIdentity: true, MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
}

// site is where a test has its locks: some servers, and a prefix of its own.
type site struct {
	clients []redis.UniversalClient
	prefix  string
}

func (s *site) add(t testing.TB, c redis.UniversalClient) {
	s.clients = append(s.clients, c)
	t.Cleanup(func() { c.Close() })
}

// onFive is a site of five servers that the package's tests share.
func onFive(t testing.TB) site {
	nodes, prefix := testkit.SharedRedisNodes(t)
	return siteOf(t, nodes, prefix)
}

func siteOf(t testing.TB, nodes *testkit.RedisNodes, prefix string) site {
	s := site{prefix: prefix}
	for _, addr := range nodes.Addrs {
		s.add(t, newClient(addr, nodes.Password, nil))
	}
	return s
}

// onEach runs a test on the embedded Redis, on a real one and on five.
func onEach(t *testing.T, test func(t *testing.T, s site)) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		r, err := embedded.Start()
		require.NoError(t, err)
		t.Cleanup(r.Close)
		s := site{prefix: "test"}
		s.add(t, newClient("", "", r.Dial))
		test(t, s)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		addr, password, prefix := testkit.Redis(t)
		s := site{prefix: prefix}
		s.add(t, newClient(addr, password, nil))
		test(t, s)
	})
	t.Run("five", func(t *testing.T) {
		t.Parallel()
		test(t, onFive(t))
	})
}

// locks makes locks as one more process would have them. Unless a test says otherwise
// nothing ends by itself while it runs, and a new server votes at once.
func (s site) locks(t testing.TB, change ...func(*Config)) *Lock {
	cfg := Config{Nodes: s.clients, Prefix: s.prefix, TTL: patience, Timeout: patience / 4, StayOut: -1, Wait: -1,
		Pause: 5 * time.Millisecond, Logger: discard}
	for _, c := range change {
		c(&cfg)
	}
	l, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l
}

// lasting sets a TTL that nobody extends.
func lasting(ttl time.Duration) func(*Config) {
	return func(c *Config) { c.TTL, c.ExtendAfter, c.Timeout = ttl, -1, ttl/4 }
}

// patient lets Acquire try for as long as it takes.
func patient(c *Config) { c.Wait = patience }

func get(t testing.TB, l *Lock, name string, options ...Option) *Held {
	t.Helper()
	h, err := l.Acquire(t.Context(), name, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Release(t.Context()) })
	return h
}

func requireTaken(t testing.TB, l *Lock, name string) {
	t.Helper()
	_, err := l.Acquire(t.Context(), name)
	require.ErrorIs(t, err, ErrTaken)
	require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err))
}

func requireNoMajority(t testing.TB, l *Lock, name string) {
	t.Helper()
	_, err := l.Acquire(t.Context(), name)
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err), "%v", err)
}

// hears waits until the context of a hold ends, and tells the cause.
func hears(t testing.TB, h *Held) error {
	t.Helper()
	select {
	case <-h.Context().Done():
		return context.Cause(h.Context())
	case <-time.After(patience):
		t.Error("the holder was told nothing")
		return nil
	}
}

var errCut = errors.New("the node is cut off")

// passage is what becomes of a call on its way to a node.
type passage func(ctx context.Context, v verb, call call) (answer, error)

type call = func(context.Context) (answer, error)

// between stands between a lock and a node.
type between struct {
	node
	mu sync.Mutex
	do passage
}

func (b *between) run(ctx context.Context, v verb, name string, args ...any) (answer, error) {
	b.mu.Lock()
	do := b.do
	b.mu.Unlock()
	call := func(ctx context.Context) (answer, error) { return b.node.run(ctx, v, name, args...) }
	if do == nil {
		return call(ctx)
	}
	return do(ctx, v, call)
}

// set is nil for an open way.
func (b *between) set(do passage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.do = do
}

func (b *between) cut() {
	b.set(func(context.Context, verb, call) (answer, error) { return answer{}, errCut })
}

// interpose puts one between a lock and each of its nodes.
func interpose(l *Lock) []*between {
	all := make([]*between, len(l.nodes))
	for i := range l.nodes {
		all[i] = &between{node: l.nodes[i]}
		l.nodes[i] = all[i]
	}
	return all
}
