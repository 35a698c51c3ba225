package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Whoever starts on a data folder after a kill -9 waits for nobody: with a lease of
// ten minutes that the dead one holds, waiting would end this test.
func TestAnEmbeddedServerThatWasKilledSellsAgainAtOnce(t *testing.T) {
	alone(t)
	stage := onData(t)
	stage.env = append(stage.env, "SECKILL_WORKER_LEASE_TTL=10m")
	stage.webs = []*process{start(t, stage.env, "serve")}
	stage.awaitReady()
	orders := testkit.Sized(100_000, 1_000)
	again := testkit.Sized(5, 1)
	s := stage.openSale(longHold, item{"phone-1", int64(orders) + 100, 1})
	var accepted []told
	// restarts kills the server again and again, and tells how long it took from the start
	// of the next one to an order.
	restarts := func(when string) (took []time.Duration) {
		for n := range again {
			name := fmt.Sprintf("%s-%d", when, n)
			dead := stage.webs[0]
			dead.kill()
			began := time.Now()
			stage.replace(dead, start(t, stage.env, "serve"))
			a := s.insist(0, buyerToken(name), "", "phone-1")
			took = append(took, time.Since(began).Round(time.Millisecond))
			require.Equal(t, 202, a.HTTP, "%s", a.Body)
			accepted = append(accepted, told{name, a.OrderID})
			require.EqualValues(t, len(accepted), a.Ticket, "it goes on where it was")
		}
		slices.Sort(took)
		return took
	}
	few := restarts("before")
	accepted = append(accepted, s.rush(crowd{buyers: orders, clicks: 1, connections: 256}, "phone-1")...)
	require.Len(t, accepted, again+orders)
	many := restarts("after")
	t.Logf("with %d orders it sold again after %v, with none after %v, from the start of the process", orders, many, few)
	// It was 4 to 5 times as long; 7 to 9 times, before a sale was written into Redis while
	// SQL is still read.
	if testkit.Soaking() {
		require.LessOrEqual(t, many[again/2], 6*few[again/2])
	}
	it := s.audit()["phone-1"]
	require.EqualValues(t, len(accepted), it.Reserved)
}
