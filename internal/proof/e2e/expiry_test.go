package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Buyers of the first wave do not pay; those who come after them do, and in
// the end every unit is paid for.
func TestUnpaidUnitsAreBoughtByOthers(t *testing.T) {
	t.Parallel()
	for name, make := range bothModes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := make(t).openSale(shortHold, item{"phone-1", 100, 1})
			unpaid := s.rush(crowd{buyers: 300, clicks: 1, connections: 32}, "phone-1")
			require.GreaterOrEqual(t, len(unpaid), 100)

			paid := s.buyAndPay("phone-1", 100)
			for _, o := range unpaid {
				require.Equal(t, "expired", s.order(buyerToken(o.buyer), o.order).Status)
			}
			for _, o := range paid {
				require.Equal(t, "paid", s.order(buyerToken(o.buyer), o.order).Status)
			}
			it := s.auditOnceSold("phone-1", 100)
			require.EqualValues(t, 0, it.Available)
			require.EqualValues(t, 0, it.Reserved)
			s.historyAddsUp("phone-1", append(unpaid, paid...), 100)
		})
	}
}

// buyAndPay sends buyers, who keep trying while it is sold out, until units are
// paid for.
func (s sale) buyAndPay(sku string, units int) []told {
	s.t.Helper()
	var mu sync.Mutex
	var paid []told
	var wg sync.WaitGroup
	deadline := time.Now().Add(insistFor)
	for i := range units {
		wg.Go(func() {
			buyer := fmt.Sprintf("payer-%d", i)
			token := buyerToken(buyer)
			for try := 0; ; try++ {
				a := s.insist(i, token, fmt.Sprintf("key-%d", try), sku)
				if a.HTTP == 409 && (a.Code == "sold_out" || a.Code == "limit_exceeded") && time.Now().Before(deadline) {
					// Nothing left yet, or an earlier order of this buyer, who paid too
					// late, has not given its unit back yet.
					time.Sleep(50 * time.Millisecond) // a buyer's patience, not a wait of the test's
					continue
				}
				if a.HTTP != 202 && a.HTTP != 200 {
					s.t.Errorf("%s was answered %d %s", buyer, a.HTTP, a.Body)
					return
				}
				if s.payWhenSettled(token, a.OrderID).Result == "applied" {
					mu.Lock()
					defer mu.Unlock()
					paid = append(paid, told{buyer, a.OrderID})
					return
				}
				// The machine was too slow for a hold of two seconds: once more.
			}
		})
	}
	wg.Wait()
	require.Len(s.t, paid, units)
	return paid
}

// payWhenSettled pays as soon as the order can be paid.
func (s *stage) payWhenSettled(token, order string) answer {
	s.t.Helper()
	var a answer
	testkit.Eventually(s.t, func() bool {
		a = s.pay(token, order)
		return a.HTTP != 409 || a.State != "queued"
	}, "order "+order+" can be paid")
	return a
}
