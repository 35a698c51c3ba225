package e2e

import (
	"strconv"
	"testing"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Every open sale has a reader that waits for its orders; many of them must not
// take the connections that everything else needs.
func TestManySalesAreOpenAtTheSameTime(t *testing.T) {
	t.Parallel()
	s, _ := onOwnRedis(t, 1, 0)
	s.set("SECKILL_REDIS_POOL_SIZE", "4")
	s.launch(0, 1)
	const open = 25
	var sales []sale
	for range open {
		sales = append(sales, s.openSale(longHold, item{"phone-1", 1, 1}))
	}
	for _, sale := range sales {
		a := sale.buy(0, buyerToken("alice"), "", line{"phone-1", 1})
		if a.HTTP != 202 {
			t.Fatalf("answered %d %s", a.HTTP, a.Body)
		}
		sale.settled([]told{{"alice", a.OrderID}})
	}
	redis := s.redis()
	testkit.Eventually(t, func() bool {
		info, err := redis.InfoMap(t.Context(), "clients").Result()
		return err == nil && info["Clients"]["blocked_clients"] == strconv.Itoa(open)
	}, "the readers of all sales wait, each on a connection of its own")
}
