package chaos

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Result is what a run found, and what it was; a line of the report.
type Result struct {
	Seed    uint64         `json:"seed"`
	Version string         `json:"version"`
	At      time.Time      `json:"at"`
	Redis   string         `json:"redis"`
	Ack     string         `json:"ack"`
	Faults  map[string]int `json:"faults"`
	// Injected tells when each fault was in effect.
	Injected []string `json:"injected"`
	// Orders by their status in the end; "gone" are those that only their buyers
	// remember; "lost" and "duplicate" are failed ones whose reason says so.
	Orders map[string]int `json:"orders"`
	// ShopOrders are the orders of the shop by what became of them.
	ShopOrders map[string]int `json:"shop_orders,omitempty"`
	// Draw is what became of the entries in a draw, and how many orders others made then.
	Draw       map[string]int `json:"draw,omitempty"`
	Accepted   int            `json:"accepted"`
	Clicks     int            `json:"clicks"`
	Unanswered int            `json:"unanswered"`
	Callbacks  int            `json:"callbacks"`
	Looks      int            `json:"looks"`
	Broken     []string       `json:"broken,omitempty"`
	// Started, Loaded and Settled are how long the parts took.
	Started time.Duration `json:"started_ns"`
	Loaded  time.Duration `json:"loaded_ns"`
	Settled time.Duration `json:"settled_ns"`
	// Harness says that a fault could not be injected or undone.
	Harness []string `json:"harness,omitempty"`

	// Story tells of each violation what led to it; Logs is all that there is to
	// tell. Both are empty when nothing was broken.
	Story, Logs string `json:"-"`
}

// judge makes the result of the evidence.
func (run *Run) judge(e Evidence, faults []Injected, r rest) Result {
	e.Unrest, e.Probes = r.unrest, r.probes
	res := Result{Seed: run.Seed, Version: run.in.version, At: run.began.UTC(), Redis: run.Redis, Ack: run.Ack, Faults: map[string]int{}, Orders: map[string]int{}, ShopOrders: map[string]int{}, Draw: map[string]int{},
		Clicks: len(e.Clicks), Callbacks: len(e.Callbacks), Harness: failures(faults)}
	_, res.Looks = run.sampler.stop()
	for _, f := range faults {
		res.Faults[f.Kind]++
		res.Injected = append(res.Injected, f.String())
	}
	res.countOrders(e)
	violations := check(e)
	for _, v := range violations {
		res.Broken = append(res.Broken, v.String())
	}
	if len(violations) > 0 {
		res.Story, res.Logs = run.story(violations), run.logs()
	}
	return res
}

func (res *Result) countOrders(e Evidence) {
	seen := map[string]bool{}
	for _, c := range e.Clicks {
		if c.HTTP == 0 {
			res.Unanswered++
		}
		if c.accepted() && !seen[c.OrderID] {
			seen[c.OrderID] = true
			res.Accepted++
			if _, there := e.State.Orders[c.OrderID]; !there {
				res.Orders["gone"]++
			}
		}
	}
	for _, o := range e.State.Orders {
		switch {
		case o.lost():
			res.Orders["lost"]++
		case o.duplicate():
			res.Orders["duplicate"]++
		default:
			res.Orders[o.Status]++
		}
	}
	res.countTurns(e)
	for _, o := range e.Plan.ShopOrders {
		res.ShopOrders[map[int]string{0: "refused", deductionReserved: "reserved", deductionConfirmed: "confirmed", deductionReturned: "returned"}[e.State.Deductions[o.No].State]]++
	}
}

// countTurns counts entries by what became of their turns, and the orders of anybody else.
func (res *Result) countTurns(e Evidence) {
	turns := map[string]bool{}
	for _, row := range e.State.Entries {
		o, served := e.State.Orders[row.Order]
		if turns[row.Order] = true; served {
			res.Draw[o.Status]++
		} else {
			res.Draw["without a turn"]++
		}
	}
	for _, d := range e.State.Draws {
		for _, o := range e.State.Orders {
			if o.Sale == d.Sale && !turns[o.ID] {
				res.Draw["of others"]++
			}
		}
	}
}

// storyLimit keeps a run in which everything broke readable.
const storyLimit = 5

// story is the plan, and for each violation what is known of its order.
func (run *Run) story(violations []Violation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d promises broken. To run it again: make chaos SEED=%d\n\n%s\n", len(violations), run.Seed, run.Plan)
	for i, v := range violations {
		fmt.Fprintf(&b, "BROKEN %s\n", v)
		if i == storyLimit {
			fmt.Fprintf(&b, "... and %d more\n", len(violations)-i-1)
			break
		}
	}
	for i, v := range violations[:min(len(violations), storyLimit)] {
		if v.Order == "" && v.Buyer == "" && i > 0 {
			continue
		}
		fmt.Fprintf(&b, "\n--- %s\n", v)
		for _, n := range run.history.about(v.Buyer, v.Order) {
			fmt.Fprintln(&b, n)
		}
		for _, s := range run.slots {
			for _, l := range s.about(v.Order) {
				fmt.Fprintf(&b, "%7.3fs %-12s %s\n", l.at.Sub(run.history.began).Seconds(), s.name, l.text)
			}
		}
	}
	return b.String()
}

// logs is all that the run's processes said, and the whole timeline.
func (run *Run) logs() string {
	var b strings.Builder
	run.history.mu.Lock()
	for _, n := range run.history.notes {
		fmt.Fprintln(&b, n)
	}
	run.history.mu.Unlock()
	for _, s := range run.slots {
		for _, l := range s.all() {
			fmt.Fprintf(&b, "%7.3fs %-12s %s\n", l.at.Sub(run.history.began).Seconds(), s.name, l.text)
		}
	}
	return b.String()
}

// Line is the result as a line of JSON.
func (res Result) Line() []byte {
	line, err := json.Marshal(res)
	if err != nil {
		panic(err) // texts and numbers alone
	}
	return append(line, '\n')
}
