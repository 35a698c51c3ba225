package lock

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeNode does what the scripts do, in the time of a synctest bubble. What goes wrong on
// the way to it is told to it.
type fakeNode struct {
	mu      sync.Mutex
	holder  string
	ends    time.Time
	fence   int64
	there   time.Duration // how long a call is on its way to it
	back    time.Duration // and its answer
	down    bool          // it refuses connections
	deaf    bool          // it hangs: nothing reaches it
	mute    bool          // what is sent reaches it, and its answer nobody
	extends []time.Time
}

func (n *fakeNode) run(ctx context.Context, v verb, name string, args ...any) (answer, error) {
	n.mu.Lock()
	there, back, down, deaf, mute := n.there, n.back, n.down, n.deaf, n.mute
	n.mu.Unlock()
	switch {
	case down:
		return answer{}, errCut
	case deaf:
		<-ctx.Done()
		return answer{}, ctx.Err()
	}
	replies := make(chan answer, 1)
	after(there, func() {
		a := n.script(v, args)
		if !mute {
			after(back, func() { replies <- a })
		}
	})
	select {
	case a := <-replies:
		return a, nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// after is time.AfterFunc but for what is due at once: under the race detector, several
// goroutines that begin such a timer in a bubble crash the runtime of Go 1.26.
func after(d time.Duration, do func()) {
	if d == 0 {
		do()
		return
	}
	time.AfterFunc(d, do)
}

func (n *fakeNode) script(v verb, args []any) answer {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, token := time.Now(), args[0].(string)
	if !now.Before(n.ends) {
		n.holder = ""
	}
	ttl := func() time.Duration { return time.Duration(args[1].(int64)) * time.Millisecond }
	if v.name == "extend" {
		n.extends = append(n.extends, now)
	}
	if v.name == "acquire" {
		if n.holder != "" && n.holder != token {
			return answer{word: taken}
		}
		n.holder, n.ends = token, now.Add(ttl())
		n.fence = max(n.fence+1, args[2].(int64)+1, now.UnixMicro())
		return answer{word: granted, number: n.fence}
	}
	if n.holder != token {
		return answer{word: gone}
	}
	switch v.name {
	case "raise":
		n.fence = max(n.fence, args[1].(int64))
	case "extend":
		n.ends = now.Add(ttl())
	case "release":
		n.holder = ""
	}
	return answer{word: kept}
}

func (n *fakeNode) set(change func(n *fakeNode)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(n)
}

func (n *fakeNode) forget() { n.set(func(n *fakeNode) { n.holder = "" }) }

// has tells whether anybody has the lock there.
func (n *fakeNode) has() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.holder != "" && time.Now().Before(n.ends)
}

func (n *fakeNode) extended() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.extends)
}

type fakeNodes []*fakeNode

func newFakes(n int) fakeNodes {
	all := make(fakeNodes, n)
	for i := range all {
		all[i] = &fakeNode{}
	}
	return all
}

// ttl of locks in these tests, in the time of a bubble.
const ttl = time.Second

// locks makes locks over the nodes; call it in the bubble.
func (f fakeNodes) locks(t testing.TB, change ...func(*Config)) *Lock {
	cfg := Config{TTL: ttl, Wait: -1, Logger: discard}
	for _, c := range change {
		c(&cfg)
	}
	cfg.fill()
	l := &Lock{cfg: cfg}
	for _, n := range f {
		l.nodes = append(l.nodes, n)
	}
	t.Cleanup(l.Close)
	return l
}

func (f fakeNodes) set(change func(n *fakeNode), which ...int) {
	for _, i := range which {
		f[i].set(change)
	}
}

func (f fakeNodes) all() (which []int) {
	for i := range f {
		which = append(which, i)
	}
	return which
}

func never(c *Config) { c.ExtendAfter = -1 }

// requireFree checks that nobody has the lock on any node.
func (f fakeNodes) requireFree(t testing.TB) {
	t.Helper()
	for i, n := range f {
		require.False(t, n.has(), "node %d", i)
	}
}
