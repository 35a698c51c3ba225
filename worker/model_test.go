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

	"github.com/seckill-go/seckill/internal/model"
	"github.com/seckill-go/seckill/seckill"
)

// How much the model test does. The race detector makes the stores some eight
// times slower and finds nothing in what takes turns, so under it and with -short
// few operations run; make model runs all of them without it.
const (
	allOperations    = 200_000
	raceOperations   = 3_000
	sequenceLength   = 300 // actions on average
	sequencesAtATime = 5   // of which rapid runs a fifth with -short
	shards           = 2
)

// TestTheServiceAgreesWithItsModel runs random operations on the model and on the
// real gate, ledger, broker and agents. A failure is shrunk and printed with the
// seed that repeats it:
//
//	go test ./worker -run TestTheServiceAgreesWithItsModel -rapid.seed=... -rapid.steps=300
func TestTheServiceAgreesWithItsModel(t *testing.T) {
	want := int64(allOperations)
	if raceEnabled || testing.Short() {
		want = raceOperations
	}
	chosen := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { chosen[f.Name] = true })
	setFlag(t, chosen, "rapid.steps", sequenceLength)
	replay := chosen["rapid.seed"] || chosen["rapid.failfile"] || chosen["rapid.checks"]
	if !replay {
		setFlag(t, chosen, "rapid.checks", sequencesAtATime)
	}
	empty, started := migrated(t), time.Now()
	var done, sequences atomic.Int64
	var ends tally
	t.Run("shards", func(t *testing.T) {
		for shard := range shards {
			t.Run(strconv.Itoa(shard), func(t *testing.T) {
				t.Parallel()
				for first := true; first || !replay && done.Load() < want; first = false {
					rapid.Check(t, func(rt *rapid.T) {
						done.Add(int64(oneSequence(rt, empty, &ends)))
						sequences.Add(1)
					})
				}
			})
		}
	})
	t.Logf("%d operations in %d sequences agree with the model, in %s; orders: %v, %d of them paid late",
		done.Load(), sequences.Load(), time.Since(started).Round(time.Second), ends.orders, ends.retaken)
	if !replay && !t.Failed() {
		require.GreaterOrEqual(t, done.Load(), want)
	}
	if !replay && !t.Failed() && want == allOperations {
		// What never happens would be tested by nothing.
		for _, end := range seckill.OrderStatuses {
			require.Equal(t, end != seckill.OrderQueued && end != seckill.OrderAwaitingPayment, ends.orders[end] > 0, "orders that are %s", end)
		}
		require.Positive(t, ends.retaken, "orders that were paid late")
	}
}

// tally counts how orders ended.
type tally struct {
	mu      sync.Mutex
	orders  map[seckill.OrderStatus]int
	retaken int // got their units again for a late payment
}

func (t *tally) add(m *model.Model) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.orders == nil {
		t.orders = map[seckill.OrderStatus]int{}
	}
	for _, o := range m.Orders {
		t.orders[o.Status]++
		if o.Retake == model.Decided && o.Status == seckill.OrderPaid {
			t.retaken++
		}
	}
}

func setFlag(t *testing.T, chosen map[string]bool, name string, value int) {
	if chosen[name] {
		return
	}
	before := flag.Lookup(name).Value.String()
	require.NoError(t, flag.Set(name, strconv.Itoa(value)))
	t.Cleanup(func() { _ = flag.Set(name, before) })
}

func oneSequence(rt *rapid.T, empty []byte, ends *tally) (operations int) {
	s := newShop(rt, empty)
	defer s.shut()
	s.advance(time.Duration(rapid.SampledFrom([]int{0, 60, 60, 60, 61}).Draw(rt, "opening in")) * time.Second)
	rt.Repeat(s.actions())
	if rapid.SampledFrom([]bool{false, false, false, true}).Draw(rt, "closed at the end") {
		s.setState(rt, seckill.SaleClosed)
	}
	s.drain()
	s.requirePromises()
	ends.add(s.model)
	return s.operations
}
