package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// recoverer finds the worker that holds the recoverer's lease; who holds it is
// named by the number of its process, among others.
func (s *stage) recoverer() *process {
	s.t.Helper()
	db := s.database()
	var holder *process
	testkit.Eventually(s.t, func() bool {
		var owner string
		if db.QueryRowContext(s.t.Context(), "SELECT owner FROM leases WHERE name = 'recoverer'").Scan(&owner) != nil {
			return false
		}
		for _, p := range s.workers {
			if strings.Contains(owner, fmt.Sprintf("-%d-", p.cmd.Process.Pid)) {
				holder = p
			}
		}
		return holder != nil
	}, "a worker holds the lease")
	return holder
}

// The worker that restores a sale dies when it has shut the buyers out and waits
// for SQL. Another one takes over, and shuts them out no longer than it must.
func TestTheWorkerThatRestoresASaleMayDieInTheMiddleOfIt(t *testing.T) {
	t.Parallel()
	part := testkit.Sized(300, 100) // of the rush
	stage := external(t, 2, 2)
	s := stage.openSale(longHold, item{"phone-1", int64(2 * part), 1})
	client := stage.redis()
	victim := stage.recoverer()
	die := func() {
		goOn := s.holdUp()
		defer goOn()
		if err := client.Del(t.Context(), s.key("stock")).Err(); err != nil {
			t.Errorf("delete a key: %v", err)
		}
		testkit.Eventually(t, func() bool {
			return client.HGet(t.Context(), s.key("meta"), "state").Val() == "loading"
		}, "the load has begun")
		victim.kill()
	}
	var once sync.Once
	var dying sync.WaitGroup
	orders := s.rush(crowd{buyers: 3 * part, clicks: 2, connections: 32, done: func(n int64) {
		if n >= int64(part) {
			once.Do(func() { dying.Go(die) })
		}
	}}, "phone-1")
	dying.Wait()
	s.awaitLoads(1, s.workers...)

	f := s.fates(orders)
	t.Logf("%+v, loaded in %v", f, s.loads(s.workers...))
	require.Equal(t, len(orders), f.told())
	require.Empty(t, s.loads(victim))
	require.Len(t, s.loads(s.workers...), 1)
	it := s.units("phone-1", 0, f)
	require.LessOrEqual(t, it.Available, int64(f.refused))
}
