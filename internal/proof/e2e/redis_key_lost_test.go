package e2e

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Someone deletes one key of a sale while buyers press: a script of his own, or
// the wrong sale in a good one.
func TestASaleSurvivesTheLossOfOneOfItsKeys(t *testing.T) {
	t.Parallel()
	stage := external(t, 1, 1)
	units := testkit.Sized(200, 100)
	for i, key := range []string{"meta", "stock", "totals", "buyers", "orders", "requests", "ticket", "outbox", "inflight"} {
		t.Run(key, func(t *testing.T) {
			testkit.InTurn(t, i, 3)
			t.Parallel()
			own := *stage
			own.t = t
			s := own.openSale(longHold, item{"phone-1", int64(units), 1})
			client := own.redis()
			var once sync.Once
			orders := s.rush(crowd{name: key, buyers: units * 3 / 2, clicks: 2, connections: 8, done: func(n int64) {
				if n >= int64(units/2) {
					once.Do(func() {
						if n, err := client.Del(t.Context(), s.key(key)).Result(); err != nil || n != 1 {
							t.Errorf("deleted %d keys: %v", n, err)
						}
					})
				}
			}}, "phone-1")
			s.awaitLoads(1, s.workers...)
			f := s.fates(orders)
			t.Logf("%+v, loaded in %v", f, s.loads(s.workers...))
			require.Equal(t, len(orders), f.told())
			it := s.units("phone-1", 0, f)
			require.LessOrEqual(t, it.Available, int64(f.refused), "only what such an order gave back is left")
			require.Len(t, s.loads(s.workers...), 1, "once is enough")
		})
	}
}
