package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every open sale has a reader that waits for its orders; many of them must not
// take the connections that everything else needs.
func TestManySalesAreOpenAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := external(t, 1, 0)
	s.env = append(s.env, "SECKILL_REDIS_POOL_SIZE=4")
	s.launch(0, 1)
	var sales []sale
	for range 25 {
		sales = append(sales, s.openSale(longHold, item{"phone-1", 1, 1}))
	}
	for _, sale := range sales {
		a := sale.buy(0, buyerToken("alice"), "", line{"phone-1", 1})
		if a.HTTP != 202 {
			t.Fatalf("answered %d %s", a.HTTP, a.Body)
		}
		sale.settled([]told{{"alice", a.OrderID}})
	}
	require.NotContains(t, s.workers[0].logged(), "connection pool timeout")
}
