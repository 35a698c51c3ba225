package worker

import (
	"flag"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seckill-go/seckill/internal/proof/model"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// How much the model test does. By itself it runs a few sequences of new seeds, which
// look for races; scripts/model.sh runs as many as a release has to, without the race
// detector, and says how to run the same again.
const (
	fewOperations  = 600
	someOperations = 3_000 // in make soak
	sequenceLength = 300   // actions on average
	shards         = 2
	// shrinkTime is for making a failure short: its hundreds of operations run again
	// for each try.
	shrinkTime = 2 * time.Minute
	// everythingHappens within so many operations.
	everythingHappens = 30_000
)

// TestTheServiceAgreesWithItsModel runs random operations on the model and on the
// real gate, ledger, broker and agents. A failure is shrunk and printed with the
// seed that repeats it:
//
//	go test ./worker -run TestTheServiceAgreesWithItsModel -rapid.seed=...
//
// With -rapid.seed or -rapid.checks it runs that many sequences, one after the other.
func TestTheServiceAgreesWithItsModel(t *testing.T) {
	chosen := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { chosen[f.Name] = true })
	setFlag(t, chosen, "rapid.steps", strconv.Itoa(sequenceLength))
	setFlag(t, chosen, "rapid.shrinktime", shrinkTime.String())
	enough := int64(testkit.Sized(someOperations, fewOperations))
	exactly := chosen["rapid.seed"] || chosen["rapid.failfile"] || chosen["rapid.checks"]
	atATime := shards
	if exactly {
		atATime = 1
	} else {
		one := "1"
		if testing.Short() {
			one = "5" // of which rapid takes a fifth; of 1, none, for ever
		}
		setFlag(t, chosen, "rapid.checks", one)
	}
	started := time.Now()
	var done, sequences atomic.Int64
	var ends tally
	t.Run("shards", func(t *testing.T) {
		for shard := range atATime {
			t.Run(strconv.Itoa(shard), func(t *testing.T) {
				t.Parallel()
				for first := true; first || !exactly && done.Load() < enough; first = false {
					rapid.Check(t, func(rt *rapid.T) {
						done.Add(int64(oneSequence(rt, &ends)))
						sequences.Add(1)
					})
				}
			})
		}
	})
	t.Logf("%d operations in %d sequences agree with the model, in %s; orders: %v, %d of them paid late, after losses of Redis: %v",
		done.Load(), sequences.Load(), time.Since(started).Round(time.Second), ends.orders, ends.retaken, ends.losses)
	if !t.Failed() && done.Load() > everythingHappens {
		// What never happens would be tested by nothing.
		for _, end := range seckill.OrderStatuses {
			require.Equal(t, end != seckill.OrderQueued && end != seckill.OrderAwaitingPayment, ends.orders[end] > 0, "orders that are %s", end)
		}
		for _, what := range []string{"adopted", "taken again", "lost and told", "gone"} {
			require.Positive(t, ends.losses[what], "orders that are %s", what)
		}
		require.Positive(t, ends.retaken, "orders that were paid late")
	}
}

// tally counts how orders ended.
type tally struct {
	mu      sync.Mutex
	orders  map[seckill.OrderStatus]int
	retaken int // got their units again for a late payment
	losses  map[string]int
}

func (t *tally) add(s *shop) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.orders == nil {
		t.orders, t.losses = map[seckill.OrderStatus]int{}, map[string]int{}
	}
	t.losses["epochs"] += int(s.model.Sale.Epoch)
	t.losses["adopted"] += s.model.Adopted
	t.losses["taken again"] += s.takenAgain
	t.losses["lost and told"] += s.lostAndTold
	for _, o := range s.model.Orders {
		if o.Stock == model.Nowhere {
			t.losses["gone"]++
			continue
		}
		t.orders[o.Status]++
		if o.Retake == model.Decided && o.Status == seckill.OrderPaid {
			t.retaken++
		}
	}
}

func setFlag(t *testing.T, chosen map[string]bool, name, value string) {
	if chosen[name] {
		return
	}
	before := flag.Lookup(name).Value.String()
	require.NoError(t, flag.Set(name, value))
	t.Cleanup(func() { _ = flag.Set(name, before) })
}

func oneSequence(rt *rapid.T, ends *tally) (operations int) {
	s := newShop(rt)
	defer s.shut()
	s.advance(time.Duration(rapid.SampledFrom([]int{0, 60, 60, 60, 61}).Draw(rt, "opening in")) * time.Second)
	rt.Repeat(s.actions())
	if rapid.SampledFrom([]bool{false, false, false, true}).Draw(rt, "closed at the end") {
		s.setState(rt, seckill.SaleClosed)
	}
	s.drain()
	s.requirePromises()
	ends.add(s)
	return s.operations
}
