package e2e

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Orders of three lines compete for items of which the last runs out first: an
// order holds all of its lines or none.
func TestOrdersOfThreeLinesAreAllOrNothing(t *testing.T) {
	t.Parallel()
	for name, make := range bothModes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := make(t).openSale(longHold, item{"a", 100, 3}, item{"b", 90, 3}, item{"c", 80, 3}, item{"d", 70, 3})
			choices := [][]line{
				{{"a", 1}, {"b", 1}, {"c", 1}},
				{{"b", 1}, {"c", 1}, {"d", 1}},
				{{"d", 2}, {"c", 1}, {"a", 1}},
				{{"a", 3}, {"d", 1}, {"b", 2}},
			}
			var mu sync.Mutex
			var orders []told
			var wg sync.WaitGroup
			for worker := range 32 {
				wg.Go(func() {
					for i := range 10 {
						buyer := fmt.Sprintf("buyer-%d-%d", worker, i)
						a := s.buy(0, buyerToken(buyer), "k", choices[(worker+i)%len(choices)]...)
						switch a.HTTP {
						case 202:
							mu.Lock()
							orders = append(orders, told{buyer, a.OrderID})
							mu.Unlock()
						case 409:
						default:
							t.Errorf("answered %d %s", a.HTTP, a.Body)
						}
					}
				})
			}
			wg.Wait()
			require.Equal(t, len(orders), s.settled(orders))
			taken := map[string]int64{}
			for _, o := range orders {
				var order struct{ Lines []line }
				require.NoError(t, json.Unmarshal(s.order(buyerToken(o.buyer), o.order).Body, &order))
				require.Len(t, order.Lines, 3)
				for _, l := range order.Lines {
					taken[l.SKU] += l.Quantity
				}
			}
			for sku, it := range s.audit() {
				require.Equal(t, taken[sku], it.Reserved, "units of %s in orders and in the ledger", sku)
			}
		})
	}
}

var bothModes = map[string]func(*testing.T) *stage{
	"embedded": embedded,
	"external": func(t *testing.T) *stage { return external(t, 1, 1) },
}
