package chaos

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Summary makes a Markdown table of results.
func Summary(results []Result) string {
	if len(results) == 0 {
		return "no runs\n"
	}
	slices.SortFunc(results, func(a, b Result) int { return cmp.Compare(a.Seed, b.Seed) })
	var b strings.Builder
	row := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "| %s | %s |\n", what, fmt.Sprintf(format, args...))
	}
	sum := add(results)
	b.WriteString("| | |\n| --- | --- |\n")
	row("runs", "%d, seeds %d to %d", len(results), results[0].Seed, results[len(results)-1].Seed)
	row("version", "%s", strings.Join(slices.Sorted(maps.Keys(sum.versions)), ", "))
	row("runs that broke a promise", "%s", brokenSeeds(results))
	row("Redis", "%s", counts(sum.redis))
	row("with ack settled", "%d", sum.settled)
	row("faults", "%d: %s", total(sum.faults), counts(sum.faults))
	row("requests to buy; without an answer", "%d; %d", sum.clicks, sum.unanswered)
	row("orders accepted", "%d", sum.accepted)
	row("orders in the end", "%s", counts(sum.orders))
	row("orders of the shop in the end", "%s", counts(sum.shopOrders))
	row("entries in draws in the end", "%s", counts(sum.draw))
	row("payment callbacks answered", "%d", sum.callbacks)
	row("looks at SQL on the way", "%d", sum.looks)
	row("duration of a run, median and longest", "%.1f s, %.1f s", middle(sum.took).Seconds(), slices.Max(sum.took).Seconds())
	return b.String()
}

type sums struct {
	versions                                       map[string]bool
	faults, orders, shopOrders, draw, redis        map[string]int
	settled                                        int
	clicks, unanswered, accepted, callbacks, looks int
	took                                           []time.Duration
}

func add(results []Result) sums {
	s := sums{versions: map[string]bool{}, faults: map[string]int{}, orders: map[string]int{}, shopOrders: map[string]int{}, draw: map[string]int{}, redis: map[string]int{}}
	for _, r := range results {
		s.versions[r.Version] = true
		for k, n := range r.Faults {
			s.faults[k] += n
		}
		for k, n := range r.Orders {
			s.orders[k] += n
		}
		for k, n := range r.ShopOrders {
			s.shopOrders[k] += n
		}
		for k, n := range r.Draw {
			s.draw[k] += n
		}
		s.redis[r.Redis]++
		if r.Ack == ackSettled {
			s.settled++
		}
		s.clicks, s.unanswered, s.accepted = s.clicks+r.Clicks, s.unanswered+r.Unanswered, s.accepted+r.Accepted
		s.callbacks, s.looks = s.callbacks+r.Callbacks, s.looks+r.Looks
		s.took = append(s.took, r.Started+r.Loaded+r.Settled)
	}
	return s
}

func brokenSeeds(results []Result) string {
	var seeds []string
	for _, r := range results {
		if len(r.Broken) > 0 {
			seeds = append(seeds, fmt.Sprint(r.Seed))
		}
	}
	if len(seeds) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d: seeds %s", len(seeds), strings.Join(seeds, ", "))
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// counts lists the most frequent first.
func counts(m map[string]int) string {
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, m[name])
	}
	return strings.Join(names, ", ")
}

func middle(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[len(sorted)/2]
}
