package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// outage is how long a service is away. It is what is tested, not a wait for
// something.
const outage = 20 * time.Second

func TestSaleGoesOnWhileAServiceIsAway(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"rabbitmq", "mysql"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			services := testkit.ServiceSet(t)
			s := externalOn(t, services, 1, 1).openSale(longHold, item{"phone-1", 3000, 1})
			stop := s.auditAllTheTime()
			first := s.rush(crowd{buyers: 500, clicks: 1, connections: 16}, "phone-1")
			require.Len(t, first, 500)
			s.settled(first)

			services.Stop(service)
			back := time.After(outage)
			during := s.rush(crowd{name: "during", buyers: 500, clicks: 1, connections: 16}, "phone-1")
			require.Len(t, during, 500, "admission goes on")
			<-back
			services.Start(service)

			after := s.rush(crowd{name: "after", buyers: 500, clicks: 1, connections: 16}, "phone-1")
			require.Len(t, after, 500)
			require.Equal(t, 1000, s.settled(append(during, after...)), "the backlog drains")
			require.Greater(t, stop().moving, 2, "audits that succeeded")
			neverDrifted(t, slices.Concat(s.webs, s.workers))
			it := s.audit()["phone-1"]
			require.EqualValues(t, 1500, it.Reserved)
			require.EqualValues(t, 1500, it.Available)
		})
	}
}
