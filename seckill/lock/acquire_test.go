package lock

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestANodeThatHangsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes, began := newFakes(5), time.Now()
		nodes.set(func(n *fakeNode) { n.deaf = true }, 1, 3)
		h := get(t, nodes.locks(t), "goods")
		requireTaken(t, nodes.locks(t), "goods")
		require.Zero(t, time.Since(began))
		time.Sleep(ttl) // that it hangs is known by now
		began = time.Now()
		require.NoError(t, h.Release(t.Context()))
		require.Zero(t, time.Since(began))
	})
}

func TestAcquireTriesUntilItsWaitIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes, began := newFakes(5), time.Now()
		get(t, nodes.locks(t), "goods")
		requireTaken(t, nodes.locks(t, func(c *Config) { c.Wait, c.Pause = 3*ttl, ttl/10 }), "goods")
		require.InDelta(t, 3*ttl, time.Since(began), float64(mostPauses*ttl/10*3/2))
	})
}

func TestPausesDiffer(t *testing.T) {
	t.Parallel()
	l := newFakes(1).locks(t)
	seen := map[time.Duration]bool{}
	for i := range 100 {
		pause := l.cfg.Pause * time.Duration(min(i+1, mostPauses))
		p := l.pause(i + 1)
		require.GreaterOrEqual(t, p, pause/2)
		require.Less(t, p, pause*3/2)
		seen[p] = true
	}
	require.Greater(t, len(seen), 90)
}

// The first has two nodes, so the second cannot get a majority, whatever becomes of the
// calls to the other three.
func TestWhatATryGotIsGivenBackEverywhere(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(n *fakeNode){
		"answered":                    func(*fakeNode) {},
		"the answer came late":        func(n *fakeNode) { n.back = ttl / 20 },
		"the call came late":          func(n *fakeNode) { n.there = ttl / 20 },
		"nobody heard of the granted": func(n *fakeNode) { n.mute = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				nodes := newFakes(5)
				nodes.set(func(n *fakeNode) { n.holder, n.ends = "another", time.Now().Add(time.Hour) }, 0, 1, 2)
				nodes.set(fault, 3, 4)
				l := nodes.locks(t)
				_, err := l.Acquire(t.Context(), "goods")
				require.Error(t, err)
				nodes.set(func(n *fakeNode) { n.mute = false }, 3, 4)
				l.Close()
				synctest.Wait()
				nodes[3:].requireFree(t)
				require.True(t, nodes[0].has(), "another's")
			})
		})
	}
}

func TestWhatACallerGotWhoWentAwayIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes := newFakes(5)
		nodes.set(func(n *fakeNode) { n.back = ttl / 20 }, nodes.all()...)
		l := nodes.locks(t)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(ttl/40, cancel)
		_, err := l.Acquire(ctx, "goods")
		require.ErrorIs(t, err, context.Canceled)
		l.Close()
		nodes.requireFree(t)
	})
}

// A majority was quick, and the lock is given back before the last node has even heard of it.
func TestANodeThatGrantsLateIsReleasedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes := newFakes(5)
		nodes.set(func(n *fakeNode) { n.there = ttl / 20 }, 4)
		l := nodes.locks(t)
		require.NoError(t, get(t, l, "goods").Release(t.Context()))
		l.Close()
		nodes.requireFree(t)
	})
}
