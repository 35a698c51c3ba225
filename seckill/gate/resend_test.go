package gate

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// onLostAnswer is a hook that lets the first calls of the admission script
// through and loses their answers by a cut connection.
type onLostAnswer struct {
	proxy *testkit.Proxy
	done  func() bool // tells that the call took effect
	left  int
	t     *testing.T
}

func (h *onLostAnswer) DialHook(next redis.DialHook) redis.DialHook { return next }
func (h *onLostAnswer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (h *onLostAnswer) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() != "evalsha" || h.left == 0 {
			return next(ctx, cmd)
		}
		h.left--
		h.proxy.LoseAnswers()
		failed := make(chan error)
		go func() { failed <- next(ctx, cmd) }()
		require.Eventually(h.t, h.done, patience, time.Millisecond)
		h.proxy.Cut()
		err := <-failed
		h.proxy.Restore()
		return err
	}
}

func TestLostAnswerIsAskedForAgainAndAdmitsOnce(t *testing.T) {
	onNetwork(t, func(t *testing.T, s server) {
		direct := s.gate(t)
		sale := load(t, direct, aSale(anItem("phone", 10)))
		// The script must be known to the server, so that EVALSHA takes effect.
		admit(t, direct, wish(t, sale, "zoe", "", of("phone", 1)))

		proxy := testkit.NewProxy(t, s.addr)
		behind := s
		behind.addr = proxy.Addr
		g := behind.gate(t)
		require.NoError(t, g.Ping(t.Context()))
		g.cfg.Client.AddHook(&onLostAnswer{proxy: proxy, t: t, left: 1, done: func() bool {
			return countersOf(t, direct, sale)["phone"].Available == 9-1
		}})
		r := wish(t, sale, "alice", "key", of("phone", 1))
		a := admit(t, g, r)
		require.Equal(t, r.OrderID, a.OrderID)
		require.False(t, a.Repeated, "it is the request's own order")
		require.Equal(t, int64(2), a.Ticket)
		require.Equal(t, int64(1), g.Stats().Resends)
		require.Equal(t, Counters{Total: 10, Available: 8, InFlight: 2}, countersOf(t, direct, sale)["phone"])
		requireInFlight(t, direct, sale)
	})
}

func TestOutcomeIsUnknownWhenTheSecondAnswerIsLostToo(t *testing.T) {
	onNetwork(t, func(t *testing.T, s server) {
		direct := s.gate(t)
		sale := load(t, direct, aSale(anItem("phone", 10)))
		proxy := testkit.NewProxy(t, s.addr)
		behind := s
		behind.addr = proxy.Addr
		g := behind.gate(t, func(c *Config) { c.Timeout = 50 * time.Millisecond })
		require.Eventually(t, func() bool { return g.Ping(t.Context()) == nil }, patience, time.Millisecond)
		proxy.LoseAnswers()
		r := wish(t, sale, "alice", "key", of("phone", 1))
		e := refused(t, g, r, seckill.CodeUnavailable)
		require.ErrorIs(t, e, seckill.ErrOutcomeUnknown)
		require.Equal(t, time.Second, e.RetryAfter)
		require.Equal(t, int64(1), g.Stats().Unknown)
		proxy.Restore()
		// The buyer's way out.
		retry := r
		retry.OrderID = newID()
		a := admit(t, direct, retry)
		require.Equal(t, int64(9), countersOf(t, direct, sale)["phone"].Available)
		require.Contains(t, []seckill.ID{r.OrderID, retry.OrderID}, a.OrderID)
	})
}

func TestRedisThatIsDownIsUnavailableAndNothingIsUnknown(t *testing.T) {
	t.Parallel()
	client := NewClient(ClientOptions{Addrs: []string{"127.0.0.1:1"}})
	defer client.Close()
	g, err := New(Config{Client: client})
	require.NoError(t, err)
	defer g.Close()
	sale := aSale(anItem("phone", 10))
	e := refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeUnavailable)
	require.False(t, errors.Is(e, seckill.ErrOutcomeUnknown), "%v", e)
	_, err = g.Counters(t.Context(), sale.ID)
	coded(t, err, seckill.CodeUnavailable)
}

func TestARushOnADeadRedisWritesFewLines(t *testing.T) {
	t.Parallel()
	client := NewClient(ClientOptions{Addrs: []string{"127.0.0.1:1"}})
	defer client.Close()
	var out bytes.Buffer
	g, err := New(Config{Client: client, Logger: slog.New(slog.NewJSONHandler(&out, nil))})
	require.NoError(t, err)
	sale := aSale(anItem("phone", 10))
	for range 200 {
		refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeUnavailable)
	}
	g.Close() // nobody writes any more
	require.LessOrEqual(t, strings.Count(out.String(), "\n"), 20, "of 200 failed admissions")
	require.Contains(t, out.String(), "admission failed")
}

// The same order id in two calls, in any order, is one order.
func TestOrderIDIsAdmittedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 1)))
		r := wish(t, sale, "alice", "", of("phone", 1))
		first := admit(t, g, r)
		require.Equal(t, first, admit(t, g, r))
		require.Equal(t, Counters{Total: 1, Available: 0, InFlight: 1}, countersOf(t, g, sale)["phone"])
	})
}
