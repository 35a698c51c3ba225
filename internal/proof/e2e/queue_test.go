package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// queueSale opens a sale with a queue, whose places are shuffled in a while from now.
func (s *stage) queueSale(in time.Duration, items ...item) sale {
	s.t.Helper()
	made := s.draftSaleWith(map[string]any{"entry": "queue", "starts_at": time.Now().Add(in).UTC()}, "", longHold, items...)
	made.administer("/preload", nil)
	return made
}

// quickTurns makes turns short, for a test that waits until they have passed.
var quickTurns = []string{"SECKILL_QUEUE_PASS_TTL=2s", "SECKILL_QUEUE_GRACE=1s"}

type turn struct {
	State string `json:"state"`
	Place int64  `json:"place"`
	Ahead int64  `json:"ahead"`
	Pass  string `json:"pass"`
}

func (s sale) asks(web int, method, buyer string) (p turn, ok bool) {
	a, err := call(method, s.url(web)+"/api/v1/sales/"+s.id+"/queue", buyerToken(buyer), nil, nil)
	return p, err == nil && (a.HTTP == 200 || a.HTTP == 202) && json.Unmarshal(a.Body, &p) == nil
}

// queues gives a buyer a place.
func (s sale) queues(web int, buyer string) (p turn) {
	s.t.Helper()
	testkit.Eventually(s.t, func() (ok bool) {
		p, ok = s.asks(web, "POST", buyer)
		return ok
	}, buyer+" queues")
	return p
}

// queueAll gives places to buyers, over several connections, in whatever order.
func (s sale) queueAll(buyers []string) {
	s.t.Helper()
	s.spread(len(buyers), func(i int) { s.queues(i, buyers[i]) })
}

// spread does things at once, not all of them.
func (s sale) spread(n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	all.Wait()
}

// places are those of buyers, once they are shuffled.
func (s sale) places(buyers []string) map[string]int64 {
	s.t.Helper()
	var mu sync.Mutex
	at := make(map[string]int64, len(buyers))
	s.spread(len(buyers), func(i int) {
		testkit.Eventually(s.t, func() bool {
			p, ok := s.asks(i, "GET", buyers[i])
			if !ok || p.Place == 0 {
				return false
			}
			mu.Lock()
			defer mu.Unlock()
			at[buyers[i]] = p.Place
			return true
		}, "the place of "+buyers[i])
	})
	return at
}

// comes waits for the buyer's turn, and buys; came is false when somebody else has the last
// unit by then.
func (s sale) comes(web int, buyer string) (o told, came bool) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		p, ok := s.asks(web, "GET", buyer)
		if !ok {
			return false
		}
		if p.State != "called" {
			if p.State == "lapsed" { // the machine stood still for longer than a turn
				s.queues(web, buyer)
			}
			return s.gone()
		}
		a, err := call("POST", s.url(web)+"/api/v1/sales/"+s.id+"/orders", buyerToken(buyer),
			map[string]string{"Queue-Pass": p.Pass, "Idempotency-Key": "of-" + buyer}, map[string]any{"lines": []line{{"phone-1", 1}}})
		if err != nil || a.HTTP != 202 && a.HTTP != 200 {
			return s.gone()
		}
		var made struct {
			OrderID string `json:"order_id"`
		}
		came = json.Unmarshal(a.Body, &made) == nil
		o = told{buyer, made.OrderID}
		return came
	}, buyer+" has a turn")
	return o, came
}

// comeAll has all of them come when it is their turn, and gives the orders that they got.
func (s sale) comeAll(buyers []string) (sold []told) {
	s.t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for i, buyer := range buyers {
		all.Go(func() {
			if o, came := s.comes(i, buyer); came {
				mu.Lock()
				defer mu.Unlock()
				sold = append(sold, o)
			}
		})
	}
	all.Wait()
	return sold
}

// gone tells whether no unit is left.
func (s sale) gone() bool {
	a, err := call("GET", s.url(0)+"/api/v1/sales/"+s.id, "", nil, nil)
	var now struct{ Status string }
	return err == nil && json.Unmarshal(a.Body, &now) == nil && now.Status == "sold_out"
}

func named(kind string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%d", kind, i)
	}
	return names
}

// Half of those who are let in never come. All units are sold nevertheless, and to nobody
// who had no pass.
func TestAQueueSellsOutThoughHalfOfThoseLetInNeverCome(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(t *testing.T) *stage{
		"embedded": func(t *testing.T) *stage {
			s := onData(t)
			s.env = append(s.env, quickTurns...)
			s.webs = []*process{start(t, s.env, "serve")}
			s.awaitReady()
			return s
		},
		"external": func(t *testing.T) *stage {
			s := onServices(t)
			s.env = append(s.env, quickTurns...)
			s.launch(2, 1)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			units := testkit.Sized(50, 15)
			s := make(t).queueSale(2*time.Second, item{"phone-1", int64(units), 1})
			coming, absent := named("coming", units+10), named("absent", units+10)
			s.queueAll(append(append([]string{}, absent...), coming...))
			var tries sync.WaitGroup
			for i := range 200 {
				tries.Go(func() {
					header := map[string]string{}
					if i%2 == 0 {
						header["Queue-Pass"] = fmt.Sprintf("%076d", i)
					}
					a, err := call("POST", s.url(i)+"/api/v1/sales/"+s.id+"/orders", buyerToken(fmt.Sprintf("script-%d", i)), header, map[string]any{"lines": []line{{"phone-1", 1}}})
					if err == nil && (a.HTTP != 403 || a.Code != "queue_required") {
						t.Errorf("without a pass: %d %s", a.HTTP, a.Body)
					}
				})
			}
			sold := s.comeAll(coming)
			tries.Wait()
			require.Len(t, sold, units, "all are sold")
			require.Equal(t, units, s.settled(sold))
			it := s.audit()["phone-1"]
			require.EqualValues(t, units, it.Reserved)
		})
	}
}

// Machines come first and people later, all before the start; on average they have the same
// place. Redis is emptied in the middle: nobody's place changes. Watchers cost it nothing.
func TestPlacesOfBeforeTheStartAreShuffledAndOutliveRedis(t *testing.T) {
	alone(t)
	each, watchers := testkit.Sized(50_000, 500), testkit.Sized(1_000, 200)
	stage, _ := onOwnRedis(t, 1, 1)
	machines, people := named("machine", each), named("person", each)
	s := stage.queueBeforeTheStart(machines, people)
	everybody := append(append([]string{}, machines...), people...)
	before := s.places(everybody)
	require.Equal(t, 2*each, len(before))
	mean := func(who []string) (sum float64) {
		for _, buyer := range who {
			sum += float64(before[buyer])
		}
		return sum / float64(len(who))
	}
	all := float64(2*each+1) / 2
	// The standard deviation of the mean of n of 2n places is n/sqrt(3n).
	deviation := float64(each) / math.Sqrt(3*float64(each))
	t.Logf("mean place of machines %.1f, of people %.1f of %d", mean(machines), mean(people), 2*each)
	require.InDelta(t, all, mean(machines), max(0.005*all, 5*deviation))

	quiet := s.commandsIn(2 * time.Second)
	open := s.watchPlaces(everybody[:watchers])
	watched := s.commandsIn(2 * time.Second)
	t.Logf("commands of Redis in two seconds: %d with nobody watching, %d with %d", quiet, watched, watchers)
	assert.Less(t, watched-quiet, int64(watchers)/4)
	open()

	require.NoError(t, stage.redis().FlushAll(t.Context()).Err())
	after := s.places(everybody)
	require.True(t, maps.Equal(before, after), "every place is what it was")
}

// queueBeforeTheStart opens a sale in whose queue all of them are before it starts, however
// slow the machine is, one crowd after the other.
func (s *stage) queueBeforeTheStart(crowds ...[]string) sale {
	s.t.Helper()
	for in := 5 * time.Second; ; in *= 2 {
		starts := time.Now().Add(in)
		made := s.queueSale(in, item{"phone-1", 1, 1})
		for _, crowd := range crowds {
			made.queueAll(crowd)
		}
		if time.Now().Before(starts) {
			return made
		}
	}
}

// commandsIn counts what Redis does for a while.
func (s sale) commandsIn(d time.Duration) int64 {
	s.t.Helper()
	client := s.redis()
	count := func() (n int64) {
		text, err := client.Info(s.t.Context(), "stats").Result()
		require.NoError(s.t, err)
		_, rest, _ := strings.Cut(text, "total_commands_processed:")
		_, err = fmt.Sscan(rest, &n)
		require.NoError(s.t, err)
		return n
	}
	from := count()
	time.Sleep(d) // it is a rate that is measured
	return count() - from
}

// watchPlaces opens the streams of buyers' places, and waits until each has said something.
func (s sale) watchPlaces(buyers []string) (end func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	transport := &http.Transport{}
	s.spread(len(buyers), func(i int) {
		testkit.Eventually(s.t, func() bool {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url(0)+"/api/v1/sales/"+s.id+"/queue/events", nil)
			req.Header.Set("Authorization", "Bearer "+buyerToken(buyers[i]))
			resp, err := transport.RoundTrip(req)
			if err != nil {
				return false
			}
			context.AfterFunc(ctx, func() { _ = resp.Body.Close() })
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "data: ") {
					return true
				}
			}
			return false
		}, buyers[i]+" watches")
	})
	return cancel
}

// queueing lets people in while the worker dies at its point.
func queueing(m *mortal) {
	s := m.queueSale(2*time.Second, item{"phone-1", 3, 1})
	buyers := named("buyer", 5)
	s.queueAll(buyers)
	sold := s.comeAll(buyers)
	m.whole()
	require.Len(m.t, sold, 3)
	require.Equal(m.t, 3, s.settled(sold))
	require.EqualValues(m.t, 3, s.audit()["phone-1"].Reserved)
}
