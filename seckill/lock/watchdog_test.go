package lock

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// endsAt waits until the hold ends and tells when that was, since the beginning.
func endsAt(h *Held, began time.Time) (after time.Duration, why error) {
	<-h.Context().Done()
	return time.Since(began), context.Cause(h.Context())
}

func TestALockIsExtendedFromAThirdOfItsTTLOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes, began := newFakes(5), time.Now()
		l := nodes.locks(t)
		h := get(t, l, "goods")
		time.Sleep(3*ttl + time.Millisecond)
		require.NoError(t, h.Err())
		for _, n := range nodes {
			require.Equal(t, 9, n.extended())
			for i, at := range n.extends {
				require.Equal(t, time.Duration(i+1)*(ttl/3), at.Sub(began))
			}
		}
		require.NoError(t, h.Release(t.Context()))
		l.Close()
		nodes.requireFree(t)
	})
}

func TestTheWatchdogTriesAgainWhileNodesFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes := newFakes(5)
		h := get(t, nodes.locks(t), "goods")
		nodes.set(func(n *fakeNode) { n.down = true }, 0, 1, 2)
		time.Sleep(ttl * 8 / 10)
		nodes.set(func(n *fakeNode) { n.down = false }, 0, 1, 2)
		time.Sleep(ttl)
		require.NoError(t, h.Err())
	})
}

// Nobody else can get the lock while its holder relies on it, and the holder is told at
// that very moment, not before.
func TestAHoldEndsWhenWhatItMayRelyOnRunsOut(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(n *fakeNode){
		"down": func(n *fakeNode) { n.down = true },
		"deaf": func(n *fakeNode) { n.deaf = true },
		"mute": func(n *fakeNode) { n.mute = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				nodes, began := newFakes(5), time.Now()
				l := nodes.locks(t)
				h := get(t, l, "goods")
				nodes.set(fault, 0, 1, 2)
				after, why := endsAt(h, began)
				require.Equal(t, l.cfg.validity(), after)
				require.ErrorIs(t, why, ErrLost)
				require.ErrorIs(t, h.Release(t.Context()), ErrLost)
			})
		})
	}
}

func TestAHolderHearsAtOnceThatAMajorityForgotIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes, began := newFakes(5), time.Now()
		h := get(t, nodes.locks(t), "goods")
		synctest.Wait() // all five have it
		nodes[0].forget()
		nodes[1].forget()
		time.Sleep(2 * ttl)
		require.NoError(t, h.Err(), "three have it")
		nodes[2].forget()
		after, why := endsAt(h, began)
		require.Equal(t, 6*(ttl/3)+ttl/3, after, "the next time it is extended")
		require.ErrorIs(t, why, ErrLost)
	})
}

func TestNobodyHoldsALockLongerThanTheLongest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes, began := newFakes(5), time.Now()
		const longest = 3*ttl + ttl/2
		l := nodes.locks(t, func(c *Config) { c.LongestHold = longest })
		h := get(t, l, "goods")
		after, why := endsAt(h, began)
		require.Equal(t, longest, after)
		require.ErrorIs(t, why, ErrLongestHold)
		requireTaken(t, l, "goods")
		time.Sleep(ttl - l.cfg.validity() + time.Millisecond) // it hangs, and does not release
		nodes.requireFree(t)
		require.ErrorIs(t, h.Release(t.Context()), ErrLongestHold)
	})
}

// It cannot be made longer from its first moment on, and is looked after nevertheless.
func TestAHolderHearsOfALossInItsLastTTLToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes, began := newFakes(5), time.Now()
		h := get(t, nodes.locks(t, func(c *Config) { c.LongestHold = ttl }), "goods")
		time.Sleep(ttl/3 + time.Millisecond)
		nodes[0].forget()
		nodes[1].forget()
		nodes[2].forget()
		after, why := endsAt(h, began)
		require.Equal(t, 2*(ttl/3), after, "the next time it is asked for")
		require.ErrorIs(t, why, ErrLost)
	})
}

// A process that was stopped goes on before any of its timers has fired.
func TestErrLooksAtTheClockItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newFakes(5).locks(t, never)
		h := get(t, l, "goods")
		child, cancel := context.WithCancel(h.Context())
		defer cancel()
		h.expiry.Stop()
		time.Sleep(l.cfg.validity() - time.Nanosecond)
		require.NoError(t, h.Context().Err())
		require.NoError(t, h.Err())
		time.Sleep(time.Nanosecond)
		select {
		case <-h.ctx.Done():
			t.Fatal("a timer told it")
		default:
		}
		require.ErrorIs(t, h.Context().Err(), context.Canceled)
		require.ErrorIs(t, h.Err(), ErrLost)
		require.ErrorIs(t, context.Cause(child), ErrLost)
	})
}

// The second of two gets the lock at the very moment it is free. The answers to the first
// were long on their way.
func TestValidityCountsFromBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes := newFakes(5)
		slow := nodes.locks(t, never)
		nodes.set(func(n *fakeNode) { n.back = ttl / 12 }, nodes.all()...)
		h := get(t, slow, "goods")
		nodes.set(func(n *fakeNode) { n.back = 0 }, nodes.all()...)
		get(t, nodes.locks(t, func(c *Config) { c.Wait, c.Pause = 2*ttl, time.Millisecond }), "goods")
		h.expiry.Stop()
		require.ErrorIs(t, h.Err(), ErrLost, "two rely on it")
	})
}

func TestExtendingCountsFromBeforeTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes, began := newFakes(5), time.Now()
		l := nodes.locks(t)
		h := get(t, l, "goods")
		nodes.set(func(n *fakeNode) { n.back = ttl / 12 }, nodes.all()...)
		time.Sleep(ttl / 2)
		require.Equal(t, ttl/3+l.cfg.validity(), h.reliable().Sub(began))
	})
}

func TestAnswersThatComeTooLateGetNobodyALock(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 5} {
		synctest.Test(t, func(t *testing.T) {
			nodes := newFakes(size)
			nodes.set(func(n *fakeNode) { n.back = ttl }, nodes.all()...)
			l := nodes.locks(t, func(c *Config) { c.Timeout = 2 * ttl })
			requireNoMajority(t, l, "goods")
			l.Close()
			nodes.requireFree(t)
		})
	}
}

// An extension is on its way when the lock is given back, and arrives after that.
func TestAReleasedLockIsNotExtended(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes := newFakes(5)
		l := nodes.locks(t)
		h := get(t, l, "goods")
		nodes.set(func(n *fakeNode) { n.there = ttl / 20 }, nodes.all()...)
		time.Sleep(ttl / 3)
		synctest.Wait()
		nodes.set(func(n *fakeNode) { n.there = 0 }, nodes.all()...)
		require.NoError(t, h.Release(t.Context()))
		time.Sleep(2 * ttl)
		l.Close()
		nodes.requireFree(t)
		for _, n := range nodes {
			require.Equal(t, 1, n.extended())
		}
	})
}
