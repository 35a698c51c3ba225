package e2e

import (
	"cmp"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// crowd is many buyers who press one button at the same time.
type crowd struct {
	name        string // its buyers are <name>-0, <name>-1, ...; "buyer" when empty
	buyers      int
	clicks      int // of each buyer, at the same time
	connections int
	// done is called with the number of answers so far; may be nil.
	done func(n int64)
}

// told is what a buyer was told of an order.
type told struct {
	buyer, order string
}

// rush lets a crowd buy one unit each. A click without an answer, or with the
// answer to come again, is repeated with the same idempotency key, as the page
// does. It returns every order that some 200 or 202 named.
func (s sale) rush(c crowd, sku string) []told {
	s.t.Helper()
	type click struct{ buyer, n int }
	clicks := make(chan click)
	var mu sync.Mutex
	var accepted []told
	seen := make(map[told]bool)
	var answers atomic.Int64
	var wg sync.WaitGroup
	for range c.connections {
		wg.Go(func() {
			for cl := range clicks {
				if s.t.Failed() {
					continue // nothing more to learn
				}
				buyer := fmt.Sprintf("%s-%d", cmp.Or(c.name, "buyer"), cl.buyer)
				a := s.insist(cl.buyer+cl.n, buyerToken(buyer), fmt.Sprintf("key-%d", cl.n), sku)
				switch {
				case a.HTTP == 202 || a.HTTP == 200:
					mu.Lock()
					if o := (told{buyer, a.OrderID}); !seen[o] {
						seen[o] = true
						accepted = append(accepted, o)
					}
					mu.Unlock()
				case a.HTTP == 409 && (a.Code == "sold_out" || a.Code == "limit_exceeded"):
				default:
					s.t.Errorf("%s was answered %d %s", buyer, a.HTTP, a.Body)
				}
				if n := answers.Add(1); c.done != nil {
					c.done(n)
				}
			}
		})
	}
	for b := range c.buyers {
		for n := range c.clicks {
			clicks <- click{b, n}
		}
	}
	close(clicks)
	wg.Wait()
	return accepted
}

// insistFor bounds how long a buyer keeps trying: far longer than any outage is on a
// slow machine.
const insistFor = 3 * time.Minute

func (s sale) insist(web int, token, key, sku string) answer {
	for deadline := time.Now().Add(insistFor); ; web++ {
		a := s.buy(web, token, key, line{sku, 1})
		if a.HTTP != 0 && a.HTTP != 503 && a.HTTP != 429 || time.Now().After(deadline) {
			return a
		}
		time.Sleep(50 * time.Millisecond) // a buyer's patience, not a wait of the test's
	}
}

// settled waits until every order that a buyer was told of has ended or can be
// paid, and returns how many are payable.
func (s sale) settled(orders []told) (payable int) {
	s.t.Helper()
	for _, o := range orders {
		var a answer
		testkit.Eventually(s.t, func() bool {
			var err error
			a, err = call("GET", s.url(0)+"/api/v1/orders/"+o.order, buyerToken(o.buyer), nil, nil)
			return err == nil && a.HTTP == 200 && a.Status != "queued"
		}, "order "+o.order+" of "+o.buyer+" is settled")
		switch a.Status {
		case "awaiting_payment":
			payable++
		case "failed":
			require.NotEmpty(s.t, a.Reason)
		default:
			s.t.Errorf("order %s is %v", o.order, a.Status)
		}
	}
	return payable
}

// exactly checks the end of a rush: as many orders as units, one each.
func (s sale) exactly(units int, sku string, accepted []told) {
	s.t.Helper()
	require.Len(s.t, accepted, units, "orders that buyers were told of")
	buyers := make(map[string]bool)
	for _, o := range accepted {
		require.False(s.t, buyers[o.buyer], "%s has two orders", o.buyer)
		buyers[o.buyer] = true
	}
	require.Equal(s.t, units, s.settled(accepted), "payable orders")
	it := s.audit()[sku]
	require.EqualValues(s.t, units, it.Reserved)
	require.EqualValues(s.t, 0, it.Available)
}

func TestRushSellsExactlyWhatIsThere(t *testing.T) {
	t.Parallel()
	stages := map[string]func(*testing.T) *stage{
		"embedded":            embedded,
		"two web, two worker": func(t *testing.T) *stage { return external(t, 2, 2) },
		"external": func(t *testing.T) *stage {
			testkit.OnlyInSoak(t, "two web and two worker processes sell as one of each does")
			return external(t, 1, 1)
		},
	}
	buyers := testkit.Sized(5000, 200)
	for name, make := range stages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := make(t).openSale(longHold, item{"phone-1", 100, 1})
			accepted := s.rush(crowd{buyers: buyers, clicks: 2, connections: testkit.Sized(64, 16)}, "phone-1")
			s.exactly(100, "phone-1", accepted)
		})
	}
}

func TestRushSurvivesTheEndOfAProcess(t *testing.T) {
	t.Parallel()
	kill, stop := (*process).kill, func(p *process) {
		if code := p.stop(); code != 0 {
			p.t.Errorf("stopped with exit code %d", code)
		}
	}
	web, worker := func(s *stage) *process { return s.webs[0] }, func(s *stage) *process { return s.workers[0] }
	oneWeb := func(t *testing.T) *stage { return external(t, 1, 1) }
	twoWebs := func(t *testing.T) *stage { return external(t, 2, 1) }
	// Each share has both ends, and two kinds of processes.
	for i, c := range []struct {
		name   string
		end    func(*process)
		make   func(*testing.T) *stage
		victim func(*stage) *process
	}{
		{"kill -9 of the embedded process", kill, embedded, web},
		{"SIGTERM of the embedded process", stop, embedded, web},
		{"kill -9 of a web process", kill, twoWebs, web},
		{"SIGTERM of a worker", stop, oneWeb, worker},
		{"kill -9 of a worker", kill, oneWeb, worker},
		{"SIGTERM of a web process", stop, twoWebs, web},
	} {
		t.Run(c.name, func(t *testing.T) {
			testkit.InTurn(t, i, 3)
			t.Parallel()
			units, buyers := rushSize()
			s := c.make(t).openSale(longHold, item{"phone-1", int64(units), 1})
			accepted := s.rushWhileOneEnds(buyers, c.victim(s.stage), c.end)
			s.awaitReady()
			s.exactly(units, "phone-1", accepted)
		})
	}
}

// rushSize is how large a rush is in the middle of which something happens.
func rushSize() (units, buyers int) { return testkit.Sized(2000, 240), testkit.Sized(2500, 300) }

// rushWhileOneEnds ends a process in the middle of a rush and starts another in
// its place.
func (s sale) rushWhileOneEnds(buyers int, victim *process, end func(*process)) []told {
	middle, restarted := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(restarted)
		<-middle
		end(victim)
		fresh := start(s.t, s.env, victim.cmd.Args[1:]...)
		stageMu.Lock()
		defer stageMu.Unlock()
		s.replace(victim, fresh)
	}()
	var once sync.Once
	accepted := s.rush(crowd{buyers: buyers, clicks: 2, connections: testkit.Sized(64, 16), done: func(n int64) {
		if n >= int64(buyers/5) {
			once.Do(func() { close(middle) })
		}
	}}, "phone-1")
	<-restarted
	return accepted
}
