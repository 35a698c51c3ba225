package lock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// aMillisecond is what Redis's whole milliseconds may be short of.
const aMillisecond = time.Millisecond

// told is how soon a holder hears of what can be known, on a machine that does nothing
// else meanwhile.
var told = time.Duration(testkit.Sized(50, 5_000)) * time.Millisecond

func TestFiveServersBearTheDeathOfTwoAndNotOfThree(t *testing.T) {
	t.Parallel()
	nodes := testkit.NewRedisNodes(t, 5)
	s := siteOf(t, nodes, "test")
	long := s.locks(t, patient, func(c *Config) { c.LongestHold, c.ExtendAfter = time.Hour, 50*time.Millisecond })
	before := get(t, long, "before")
	s.requireEverywhere(t, "before")
	nodes.Kill(1, 3)
	killed := time.Now()
	for _, h := range []*Held{before, get(t, long, "after")} {
		testkit.Eventually(t, func() bool { return h.Err() != nil || h.reliable().After(killed.Add(patience)) }, "three nodes extended the lock")
		require.NoError(t, h.Err(), h.claim.name)
	}
	requireTaken(t, s.locks(t), "after")

	const ttl = 2500 * time.Millisecond
	short := s.locks(t, patient, func(c *Config) { c.TTL, c.Timeout = ttl, ttl/4 })
	var holds []*Held
	for i := range 7 {
		holds = append(holds, get(t, short, fmt.Sprint("short-", i)))
	}
	nodes.Kill(2)
	requireNoMajority(t, s.locks(t), "another")
	// What can be known is that no server gives a lock to another before its last moment,
	// and that nobody can tell from then on.
	var late []time.Duration
	var all sync.WaitGroup
	var mu sync.Mutex
	for _, h := range holds {
		all.Go(func() {
			last := h.reliable()
			reference := contextUntil(last)
			why, heard := hears(t, h), time.Now()
			if !errors.Is(why, ErrLost) || heard.Before(last) {
				t.Errorf("told %s before the last moment: %v", last.Sub(heard), why)
			}
			mu.Lock()
			defer mu.Unlock()
			late = append(late, heard.Sub(<-reference))
		})
	}
	all.Wait()
	slices.Sort(late)
	t.Logf("told, beside a context of the test's own that ends then: %s", late)
	require.Less(t, late[len(late)/2], told)
	require.ErrorIs(t, holds[0].Release(t.Context()), ErrLost)
}

// contextUntil tells when this machine has heard of the end of a context that ends then.
func contextUntil(end time.Time) <-chan time.Time {
	heard := make(chan time.Time, 1)
	ctx, cancel := context.WithDeadline(context.Background(), end)
	go func() {
		defer cancel()
		<-ctx.Done()
		heard <- time.Now()
	}()
	return heard
}

// Three servers say that the token is gone: that can be known when they have said it.
func TestAHolderIsToldOfALockThatThreeServersForgot(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	late := make([]time.Duration, 7)
	for i := range late {
		late[i] = s.toldOfALockThatThreeForgot(t, fmt.Sprint("goods-", i))
	}
	slices.Sort(late)
	t.Logf("told, after the third answer: %s", late)
	require.Less(t, late[len(late)/2], told)
}

func (s site) toldOfALockThatThreeForgot(t *testing.T, name string) (late time.Duration) {
	l := s.locks(t, func(c *Config) { c.ExtendAfter = 100 * time.Millisecond })
	said, third := make(chan struct{}, 100), make(chan time.Time, 1)
	go func() { // as late as the holder, where the machine is
		for range 3 {
			<-said
		}
		third <- time.Now()
	}()
	for _, way := range interpose(l) {
		way.set(func(ctx context.Context, v verb, call call) (answer, error) {
			a, err := call(ctx)
			if v.name == "extend" && a.word == gone {
				said <- struct{}{}
			}
			return a, err
		})
	}
	h := get(t, l, name)
	s.requireEverywhere(t, name)
	for _, c := range s.clients[:3] {
		require.NoError(t, c.Del(t.Context(), keys{s.prefix}.token(name)).Err())
	}
	require.ErrorIs(t, hears(t, h), ErrLost)
	heard := time.Now()
	require.ErrorIs(t, h.Release(t.Context()), ErrLost)
	return heard.Sub(<-third)
}

// Three that begin together get two, two and one.
func TestASplitVoteEndsWithOneHolder(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	firsts := [][]int{{0, 1}, {2, 3}, {4}}
	begun, open := make(chan struct{}, 5), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type winner struct {
		who  int
		held *Held
	}
	winners, errs := make(chan winner, len(firsts)), make(chan error, len(firsts))
	var calls [3]atomic.Int64
	for who, first := range firsts {
		l := s.locks(t, patient)
		for i, way := range interpose(l) {
			way.set(func(ctx context.Context, v verb, call call) (answer, error) {
				calls[who].Add(1)
				if !slices.Contains(first, i) {
					<-open
					return call(ctx)
				}
				a, err := call(ctx)
				select {
				case <-open:
				default:
					if a.word != granted {
						t.Errorf("the first call to a node: %v, %v", a, err)
					}
					begun <- struct{}{}
				}
				return a, err
			})
		}
		go func() {
			if h, err := l.Acquire(ctx, "goods"); err == nil {
				winners <- winner{who, h}
			} else {
				errs <- err
			}
		}()
	}
	for range 5 {
		<-begun
	}
	close(open)
	one := <-winners
	for who := range calls { // the others go on trying
		before := calls[who].Load()
		testkit.Eventually(t, func() bool { return who == one.who || calls[who].Load() > before+15 }, "it tried three times more")
	}
	require.NoError(t, one.held.Err())
	cancel()
	for range len(firsts) - 1 {
		require.ErrorIs(t, <-errs, context.Canceled)
	}
	require.Empty(t, winners)
	require.NoError(t, one.held.Release(t.Context()))
}

// A holder has three of five. One of them comes back empty, together with the two that
// were away: those three would be a majority that knows of nobody.
func TestAServerThatComesBackEmptyStaysOutForOneTTL(t *testing.T) {
	t.Parallel()
	nodes := testkit.NewRedisNodes(t, 5)
	s := siteOf(t, nodes, "test")
	const ttl = 2 * time.Second
	votes := func(c *Config) { c.TTL, c.Timeout, c.StayOut, c.ExtendAfter = ttl, ttl/4, ttl, -1 }
	l := s.locks(t, votes, patient)
	_ = get(t, l, "goods").Release(t.Context()) // by now all have been there for one TTL

	nodes.Kill(3, 4)
	h := get(t, l, "goods")
	nodes.Kill(2)
	nodes.Start(2, 3, 4)
	back := time.Now()
	next := get(t, l, "goods")
	require.ErrorIs(t, h.Err(), ErrLost, "two have it")
	require.GreaterOrEqual(t, time.Since(back), ttl-aMillisecond)
	require.Greater(t, next.Fence(), h.Fence())
}

// A replica that is promoted may not have heard of the last locks. It knows itself by a
// note that the primary wrote.
func TestAPromotedReplicaStaysOutForOneTTL(t *testing.T) {
	t.Parallel()
	nodes := testkit.NewRedisNodes(t, 2)
	both := siteOf(t, nodes, "test")
	primary, replica := site{clients: both.clients[:1], prefix: "test"}, site{clients: both.clients[1:], prefix: "test"}
	const ttl = 2 * time.Second
	votes := func(c *Config) { c.TTL, c.Timeout, c.StayOut = ttl, ttl/4, ttl }
	follower := replica.clients[0]
	require.NoError(t, follower.ConfigSet(t.Context(), "masterauth", nodes.Password).Err())
	host, port, err := net.SplitHostPort(nodes.Addrs[0])
	require.NoError(t, err)
	require.NoError(t, follower.SlaveOf(t.Context(), host, port).Err())

	_ = get(t, primary.locks(t, votes, patient), "goods").Release(t.Context())
	noted := keys{"test"}.node()
	testkit.Eventually(t, func() bool { return follower.Exists(t.Context(), noted).Val() == 1 }, "the replica has what the primary has")
	require.NoError(t, follower.SlaveOf(t.Context(), "NO", "ONE").Err())
	promoted := time.Now()
	get(t, replica.locks(t, votes, patient), "goods")
	require.GreaterOrEqual(t, time.Since(promoted), ttl-aMillisecond)
}

// Servers have numbers of their own, which lie far apart, and each time two others do not
// answer. No holder's number may be below that of one before.
func TestTheFenceGrowsWhicheverMajorityAnswers(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	l := s.locks(t)
	ways := interpose(l)
	const far = int64(1) << 51
	for i, c := range s.clients {
		require.NoError(t, c.Set(t.Context(), keys{s.prefix}.fence("goods"), far+int64(i)*1_000_000, 0).Err())
	}
	last := int64(0)
	for round := range 60 {
		for _, w := range ways {
			w.set(nil)
		}
		a := round % 5
		ways[a].cut()
		ways[(a+1+round%4)%5].cut()
		h := get(t, l, "goods")
		require.Greater(t, h.Fence(), last, "round %d", round)
		last = h.Fence()
		require.NoError(t, h.Release(t.Context()))
	}
}

// All servers forget everything, one after the other and then together. The numbers go
// on, since those who forgot were away for a while and no number is below the clock.
func TestTheFenceGrowsThoughServersForgetAll(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	const ttl = 2 * time.Second
	l := s.locks(t, patient, func(c *Config) { c.TTL, c.Timeout, c.StayOut = ttl, ttl/4, ttl })
	last := int64(0)
	for _, forgetful := range [][]int{{}, {0}, {1, 2}, {3, 4, 0}, {0, 1, 2, 3, 4}} {
		for _, i := range forgetful {
			require.NoError(t, s.forget(t.Context(), i, "goods"))
		}
		h := get(t, l, "goods")
		require.Greater(t, h.Fence(), last)
		last = h.Fence()
		_ = h.Release(t.Context())
	}
}

// A row has seen a number that no server knows of and that lies before no clock.
func TestANumberThatWentBackIsMadeUpForByTheRow(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	row := &row{fence: maxAbove - 1000}
	h := get(t, s.locks(t), "goods")
	require.False(t, row.claim(h.Fence()))
	require.NoError(t, h.Release(t.Context()))
	h = get(t, s.locks(t), "goods", Above(row.fence))
	require.True(t, row.claim(h.Fence()))
}

// requireEverywhere waits until every server has a lock; the last two may not have heard
// of it when it is won.
func (s site) requireEverywhere(t testing.TB, name string) {
	t.Helper()
	for _, c := range s.clients {
		testkit.Eventually(t, func() bool { return c.Exists(t.Context(), keys{s.prefix}.token(name)).Val() == 1 }, "all servers have the lock")
	}
}

// forget takes from a server what it knows of a lock, and when it was seen last.
func (s site) forget(ctx context.Context, server int, name string) error {
	return s.clients[server].Del(ctx, keys{s.prefix}.of(name, false)...).Err()
}
