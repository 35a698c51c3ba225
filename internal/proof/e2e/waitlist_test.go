package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// joins gives a buyer a place in the waitlist.
func (s sale) joins(buyer string, quantity int64) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		a, err := call("POST", s.url(0)+"/api/v1/sales/"+s.id+"/waitlist", buyerToken(buyer), nil, map[string]any{"sku": "phone-1", "quantity": quantity})
		return err == nil && (a.HTTP == 202 || a.HTTP == 200)
	}, buyer+" waits")
}

type place struct {
	Status  string `json:"status"`
	OrderID string `json:"order_id"`
}

func (s sale) place(buyer string) (p place) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		a, err := call("GET", s.url(0)+"/api/v1/sales/"+s.id+"/waitlist", buyerToken(buyer), nil, nil)
		return err == nil && a.HTTP == 200 && json.Unmarshal(a.Body, &p) == nil
	}, "the place of "+buyer)
	return p
}

// offered waits until a buyer is offered units.
func (s sale) offered(buyer string) (order string) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		p := s.place(buyer)
		order = p.OrderID
		return p.Status == "offered"
	}, buyer+" is offered units")
	return order
}

// grabbers try to buy all the time, as those do who do not wait in the list.
func (s sale) grabbers(n int) (stop func() (bought int)) {
	done := make(chan struct{})
	var all sync.WaitGroup
	var mu sync.Mutex
	bought := 0
	for i := range n {
		all.Go(func() {
			for try := 0; ; try++ {
				select {
				case <-done:
					return
				default:
				}
				a, err := call("POST", s.url(i)+"/api/v1/sales/"+s.id+"/orders", buyerToken(fmt.Sprintf("grabber-%d-%d", i, try)), nil,
					map[string]any{"lines": []line{{"phone-1", 1}}})
				if err == nil && a.HTTP == 202 {
					mu.Lock()
					bought++
					mu.Unlock()
				}
			}
		})
	}
	return func() int {
		close(done)
		all.Wait()
		return bought
	}
}

// All units of a sold-out sale come back while others try to grab them; each goes to the
// one who waits for the longest, and to nobody else.
func TestWhatComesBackGoesToThoseWhoWaitForIt(t *testing.T) {
	t.Parallel()
	for name, make := range bothModes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage := make(t)
			units := testkit.Sized(200, 40)
			s := stage.openSale(longHold, item{"phone-1", int64(units), 4})
			first := s.rush(crowd{buyers: units, clicks: 1, connections: 16}, "phone-1")
			require.Len(t, first, units)
			require.Equal(t, units, s.settled(first))
			// Groups of four and single buyers, who want all units. One too many comes when
			// all have what they want: where units come back slowly, a single buyer would
			// find his one before a group has all of its four, as he may.
			var waiters []string
			for wanted := 0; wanted < units; {
				quantity := 1
				if wanted%8 == 0 {
					quantity = 4
				}
				waiters = append(waiters, fmt.Sprintf("waiter-%d", len(waiters)))
				s.joins(waiters[len(waiters)-1], int64(quantity))
				wanted += quantity
			}
			stop := s.grabbers(4)
			for _, o := range first {
				a := s.persistently("POST", "/api/v1/orders/"+o.order+"/cancel", buyerToken(o.buyer), nil)
				require.Equal(t, 200, a.HTTP, "%s", a.Body)
			}
			for _, buyer := range waiters {
				require.Equal(t, "awaiting_payment", s.order(buyerToken(buyer), s.offered(buyer)).Status)
			}
			s.joins("too-late", 1)
			require.Zero(t, stop(), "nobody got what others wait for")
			require.Equal(t, "waiting", s.place("too-late").Status)
			it := s.audit()["phone-1"]
			require.EqualValues(t, units, it.Reserved)
			require.Zero(t, it.Available)
		})
	}
}

// A unit is offered within a second of its return, on a machine that has nothing else to do.
func TestAReturnedUnitIsOfferedWithinASecond(t *testing.T) {
	t.Parallel()
	stage := external(t, 1, 1)
	s := stage.openSale(longHold, item{"phone-1", 1, 1})
	o := s.rush(crowd{buyers: 1, clicks: 1, connections: 1}, "phone-1")
	require.Equal(t, 1, s.settled(o))
	var took []time.Duration
	holder := o[0]
	for n := range 7 {
		buyer := fmt.Sprintf("waiter-%d", n)
		s.joins(buyer, 1)
		a := s.persistently("POST", "/api/v1/orders/"+holder.order+"/cancel", buyerToken(holder.buyer), nil)
		require.Equal(t, 200, a.HTTP, "%s", a.Body)
		began := time.Now()
		holder = told{buyer, s.offered(buyer)}
		took = append(took, time.Since(began))
	}
	t.Logf("offered after %v", took)
	if testkit.Soaking() {
		require.Less(t, slices.Max(took), time.Second)
	}
}

// offering lets units come back again and again until the worker has died at its point.
func offering(m *mortal) {
	s := m.openSale(longHold, item{"phone-1", 1, 1})
	o := s.rush(crowd{buyers: 1, clicks: 1, connections: 1}, "phone-1")
	require.Equal(m.t, 1, s.settled(o))
	holder := o[0]
	for n, after := 0, 0; after < 2; n++ {
		if m.dead() {
			after++
		}
		buyer := fmt.Sprintf("waiter-%d", n)
		s.joins(buyer, 1)
		s.persistently("POST", "/api/v1/orders/"+holder.order+"/cancel", buyerToken(holder.buyer), nil)
		holder = told{buyer, s.offered(buyer)}
		require.Equal(m.t, "awaiting_payment", s.order(buyerToken(buyer), holder.order).Status)
	}
	m.whole()
	it := s.audit()["phone-1"]
	require.EqualValues(m.t, 1, it.Reserved, "one order, and one unit")
	require.Zero(m.t, it.Available)
}
