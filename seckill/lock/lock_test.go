package lock

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

func TestOneHolderAtATime(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		const processes, times = 4, 5
		var inside, worked int // without a mutex: the lock is one
		var all sync.WaitGroup
		for range processes {
			l := s.locks(t, patient)
			all.Go(func() {
				for range times {
					h, err := l.Acquire(t.Context(), "goods")
					if err != nil {
						t.Error(err)
						return
					}
					if inside++; inside != 1 {
						t.Error("two are inside")
					}
					worked++
					inside--
					if err := h.Release(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		require.Equal(t, processes*times, worked)
	})
}

func TestLocksOfTwoNamesAreTwo(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		l := s.locks(t)
		get(t, l, "one")
		get(t, l, "other")
		requireTaken(t, l, "one")
	})
}

// The lock of the first lapses, as if it had slept. What it does then must not touch the
// second's.
func TestOnlyItsHolderReleasesALock(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		short, long := s.locks(t, lasting(500*time.Millisecond), patient), s.locks(t, patient)
		first := get(t, short, "goods")
		second := get(t, long, "goods")
		require.ErrorIs(t, first.Err(), ErrLost)
		require.ErrorIs(t, first.Release(t.Context()), ErrLost)
		require.NoError(t, second.Err())
		requireTaken(t, s.locks(t), "goods")
		require.NoError(t, second.Release(t.Context()))
		require.NoError(t, second.Release(t.Context()), "again")
		require.ErrorIs(t, second.Err(), ErrReleased)
		get(t, s.locks(t), "goods")
	})
}

// Somebody else's token is there, and a holder who does not know it yet extends.
func TestOnlyItsHolderExtendsALock(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		h := get(t, s.locks(t, func(c *Config) { c.ExtendAfter = 10 * time.Millisecond }), "goods")
		for _, c := range s.clients {
			require.NoError(t, c.Set(t.Context(), keys{s.prefix}.token("goods"), "another's", 2*patience).Err())
		}
		require.ErrorIs(t, hears(t, h), ErrLost)
		for _, c := range s.clients {
			require.Greater(t, c.PTTL(t.Context(), keys{s.prefix}.token("goods")).Val(), patience)
		}
	})
}

// The servers are made to forget it earlier than its holder was granted.
func TestALockIsExtendedOnItsServersWhileItsHolderLives(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		h := get(t, s.locks(t, func(c *Config) { c.ExtendAfter, c.LongestHold = 10*time.Millisecond, time.Hour }), "goods")
		s.requireEverywhere(t, "goods")
		first, key := h.reliable(), keys{s.prefix}.token("goods")
		for _, c := range s.clients {
			require.NoError(t, c.PExpire(t.Context(), key, patience/2).Err())
		}
		for _, c := range s.clients {
			testkit.Eventually(t, func() bool { return c.PTTL(t.Context(), key).Val() > patience*3/4 }, "the server has it for longer")
		}
		testkit.Eventually(t, func() bool { return h.reliable().After(first) }, "its holder relies on it for longer")
		require.NoError(t, h.Err())
		requireTaken(t, s.locks(t), "goods")
	})
}

// reliable is until when the holder relies on the lock.
func (h *Held) reliable() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until
}

func TestTheFenceGrowsWithEachHolder(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		var last int64
		for range 30 {
			h := get(t, s.locks(t), "goods")
			require.Greater(t, h.Fence(), last)
			last = h.Fence()
			require.NoError(t, h.Release(t.Context()))
		}
		h := get(t, s.locks(t), "goods", Above(last+1<<40))
		require.Greater(t, h.Fence(), last+1<<40)
		require.NoError(t, h.Release(t.Context()))
		require.Greater(t, get(t, s.locks(t), "goods").Fence(), h.Fence(), "who comes after need not ask for it")
	})
}

func TestAcquireEndsWithItsContext(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		l := s.locks(t, patient)
		h := get(t, l, "goods")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := l.Acquire(ctx, "goods")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, h.Release(ctx), "released though the context has ended")
		get(t, s.locks(t, patient), "goods")
	})
}

func TestAHoldEndsWithTheContextItWasGotUnder(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		ctx, cancel := context.WithCancel(t.Context())
		h, err := s.locks(t).Acquire(ctx, "goods")
		require.NoError(t, err)
		cancel()
		require.ErrorIs(t, hears(t, h), context.Canceled)
		require.NoError(t, h.Release(ctx))
		get(t, s.locks(t), "goods")
	})
}

func TestALockOnAClusterHasItsKeysInOneSlot(t *testing.T) {
	t.Parallel()
	testkit.InTurn(t, 1, 2)
	c, prefix := testkit.SharedRedisCluster(t)
	s := site{prefix: prefix}
	s.add(t, clusterClient(c))
	last := map[string]int64{}
	for _, name := range []string{"a", "b", "c", "a", "b", "c"} { // on different servers
		h := get(t, s.locks(t, patient, func(c *Config) {
			c.TTL, c.Timeout, c.StayOut = 8*time.Second, 2*time.Second, 8*time.Second
		}), name)
		requireTaken(t, s.locks(t), name)
		require.Greater(t, h.Fence(), last[name])
		last[name] = h.Fence()
		require.NoError(t, h.Release(t.Context()))
	}
}

func TestErrorsSayWhatACallerMayDo(t *testing.T) {
	t.Parallel()
	for _, err := range []error{ended(ErrLost), ended(ErrLongestHold), noMajority(errOut)} {
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
	}
}
