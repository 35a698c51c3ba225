package chaos

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// queueScene is a good run whose sale had a queue: each buyer with an order had a turn, one
// waits, and one has let it pass.
func queueScene(t *testing.T) Evidence {
	t.Helper()
	const sale = "1"
	e := scene()
	q := QueueRow{Sale: sale, Seed: strings.Repeat("ab", 32), Opened: true, Early: 1, CalledTo: firstArrival + 50}
	add := func(buyer, state string, number int64) {
		e.State.Places = append(e.State.Places, PlaceRow{Sale: sale, Buyer: buyer, State: state, Number: number})
		p := PlaceCall{Buyer: buyer, Sale: sale, State: "waiting", Number: fmt.Sprintf("%016x", number), Place: 1 + number%1000}
		e.Places = append(e.Places, p)
		if state != "waiting" {
			p.State, p.Pass = "called", "pass"
			e.Places = append(e.Places, p)
		}
	}
	n := int64(0)
	seen := map[string]bool{}
	for _, o := range e.State.Orders {
		if !seen[o.Buyer] {
			seen[o.Buyer] = true
			add(o.Buyer, "served", firstArrival+n)
			n++
		}
	}
	add("early", "lapsed", shuffledNumber(q, "early"))
	add("late", "waiting", firstArrival+51)
	q.Arrivals = n + 1
	e.State.Queues = []QueueRow{q}
	return e
}

func TestAThirdOfThePlansHaveAQueue(t *testing.T) {
	queues, absent := 0, 0
	for seed := range uint64(500) {
		p := NewPlan(seed)
		last := len(p.Sales) - 1
		if p.Sales[last].Queue {
			queues++
		}
		for _, b := range p.Buyers {
			if b.Queues {
				require.True(t, p.Sales[b.Sale].Queue)
			}
			if b.Queues && b.Absent {
				absent++
			}
		}
	}
	require.InDelta(t, 500/3, queues, 50)
	require.Positive(t, absent)
}

func TestARunWithAFairQueueIsFoundGood(t *testing.T) {
	require.Empty(t, check(queueScene(t)))
}

func TestTheCheckerSeesWhatIsWrongWithAQueue(t *testing.T) {
	of := func(e *Evidence, buyer string) *PlaceRow {
		for i := range e.State.Places {
			if e.State.Places[i].Buyer == buyer {
				return &e.State.Places[i]
			}
		}
		return nil
	}
	for name, c := range map[string]struct {
		breaks func(*Evidence)
		want   string
	}{
		"never opened":              {func(e *Evidence) { e.State.Queues[0].Opened = false }, nothingLost},
		"passed over":               {func(e *Evidence) { of(e, "late").Number = firstArrival + 49; e.Places = e.Places[:len(e.Places)-1] }, fairQueue},
		"called before others":      {func(e *Evidence) { of(e, "late").State = "called" }, fairQueue},
		"not where the seed put it": {func(e *Evidence) { of(e, "early").Number++ }, fairQueue},
		"another place": {func(e *Evidence) {
			p := e.Places[len(e.Places)-1]
			p.Number = "4000000000000042"
			e.Places = append(e.Places, p)
		}, fairQueue},
		"another count":        {func(e *Evidence) { p := e.Places[len(e.Places)-1]; p.Place++; e.Places = append(e.Places, p) }, fairQueue},
		"a place that is lost": {func(e *Evidence) { e.State.Places = e.State.Places[:len(e.State.Places)-1] }, fairQueue},
		"bought without a turn": {func(e *Evidence) {
			for i := range e.Places {
				e.Places[i].Pass = ""
			}
		}, fairQueue},
		"a turn that is not used up": {func(e *Evidence) { e.State.Places[0].State = "lapsed" }, fairQueue},
	} {
		t.Run(name, func(t *testing.T) {
			e := queueScene(t)
			c.breaks(&e)
			found := check(e)
			require.NotEmpty(t, found)
			require.Equal(t, c.want, found[0].Promise, "%+v", found)
		})
	}
}
