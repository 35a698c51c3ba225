package gate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// bytesPerOrder is what Redis may use for one order, its outbox entry left out,
// with keys as long as the common UUIDs. Redis's own allocator rounds to about
// 330 bytes; the one of some distributions to about 370.
const bytesPerOrder = 384

func TestOrdersAreKeptSmall(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		if !s.real {
			t.Skip("only a real Redis measures its memory")
		}
		g := s.gate(t)
		const orders = 5000
		sale := load(t, g, aSale(anItem("phone-1", orders)))
		for i := 0; i < orders; i += 100 {
			var requests []seckill.Request
			for j := range 100 {
				key := fmt.Sprintf("123e4567-e89b-12d3-a456-%012d", i+j)
				requests = append(requests, wish(t, sale, fmt.Sprintf("user-%08d", i+j), key, of("phone-1", 1)))
			}
			for _, o := range batch(t, g, requests...) {
				require.NoError(t, o.err)
			}
		}
		k := g.keys(sale.ID)
		total := int64(0)
		for _, key := range []string{k.buyers(), k.orders(), k.requests()} {
			n, err := g.cfg.Client.MemoryUsage(t.Context(), key, 0).Result()
			require.NoError(t, err)
			t.Logf("%s: %d bytes per order", key, n/orders)
			total += n
		}
		require.Less(t, total/orders, int64(bytesPerOrder))
	})
}
