package e2e

import (
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
	s := stage.openSale(longHold, item{"phone-1", int64(orders) + 100, 1})
	accepted := s.rush(crowd{buyers: orders, clicks: 1, connections: 256}, "phone-1")
	require.Len(t, accepted, orders)

	var took []time.Duration
	buyers := []string{"ann", "bob", "carol", "dave", "eve"}
	for n, name := range buyers[:testkit.Sized(len(buyers), 2)] {
		dead := stage.webs[0]
		dead.kill()
		began := time.Now()
		stage.replace(dead, start(t, stage.env, "serve"))
		a := s.insist(0, buyerToken(name), "", "phone-1")
		took = append(took, time.Since(began).Round(time.Millisecond))
		require.Equal(t, 202, a.HTTP, "%s", a.Body)
		accepted = append(accepted, told{name, a.OrderID})
		require.EqualValues(t, orders+n+1, a.Ticket, "it goes on where it was")
	}
	t.Logf("with %d orders it sold again after %v, from the start of the process", orders, took)
	if testkit.Soaking() {
		require.LessOrEqual(t, slices.Max(took), time.Second)
	}
	it := s.audit()["phone-1"]
	require.EqualValues(t, len(accepted), it.Reserved)
}
