package chaos

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Plan is all that is drawn for a run. Times count from the moment at which the
// installation is ready.
type Plan struct {
	Seed uint64
	// Redis is what Redis is: one of the topologies.
	Redis string
	// Ack is admission.ack: admitted or settled.
	Ack string
	// API: the payment provider can be asked about payments and for refunds.
	API bool
	// Hold is the time to pay, whole seconds.
	Hold time.Duration
	// Load is how long buyers arrive and faults strike.
	Load   time.Duration
	Sales  []SalePlan
	Buyers []BuyerPlan
	Faults []Fault
	// Operations are what the operator does meanwhile.
	Operations []Operation
	// Goods are the shop's stock, of which some items are and from which ShopOrders take
	// meanwhile, by the strategy; empty in half of the runs.
	Goods      []GoodsPlan
	ShopOrders []ShopOrderPlan
	Strategy   string
}

// SalePlan is one sale.
type SalePlan struct {
	Opens time.Duration
	// Entries is how long a draw takes entries, from its making; 0: the sale has none.
	Entries time.Duration
	// Queue lets buyers in one after the other.
	Queue bool
	Items []ItemPlan
}

// ItemPlan is one item of a sale.
type ItemPlan struct {
	SKU                 string
	Stock, Limit, Price int64
	Goods               string // of the shop's stock; empty: units of its own
}

// The topologies of Redis: one server; a primary with a replica and three sentinels; a
// cluster of three masters with a replica each.
const (
	oneRedis      = "one Redis"
	sentinelRedis = "Redis with Sentinel"
	clusterRedis  = "a Redis Cluster"
)

// topologyOf draws the topology of a seed.
func topologyOf(seed uint64) string {
	switch {
	case seed%3 == 0:
		return sentinelRedis
	case seed%6 == 4:
		return clusterRedis
	}
	return oneRedis
}

const (
	webs, workers = 2, 2
	currency      = "CNY"

	ackAdmitted, ackSettled = "admitted", "settled"
)

// NewPlan draws the plan of a seed; the same seed gives the same plan.
func NewPlan(seed uint64) Plan { return NewPlanOn(seed, topologyOf(seed)) }

// NewPlanOn is NewPlan with a topology of Redis that was not drawn.
func NewPlanOn(seed uint64, topology string) Plan {
	// Each part has its own stream, so that a change of one leaves the others.
	stream := func(part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) }
	r := stream(1)
	p := Plan{
		Seed:  seed,
		Redis: topology,
		Ack:   pick(r, ackAdmitted, ackAdmitted, ackSettled),
		Hold:  time.Duration(2+r.IntN(3)) * time.Second,
		Load:  4*time.Second + millis(r, 0, 2000),
	}
	for i := range 1 + r.IntN(2) {
		p.Sales = append(p.Sales, drawSale(r, i))
	}
	p.API = r.IntN(2) == 0
	p.Buyers = drawBuyers(stream(2), &p)
	p.Faults = drawFaults(stream(3), &p)
	p.Operations = drawOperations(stream(4), &p)
	drawGoods(stream(5), &p)
	drawWaits(stream(6), &p)
	addDraw(stream(7), &p)
	addQueue(stream(8), &p)
	return p
}

func drawSale(r *rand.Rand, n int) SalePlan {
	// Some come before it opens, and must be sent away.
	s := SalePlan{Opens: millis(r, 300, 900)}
	for i := range 1 + r.IntN(3) {
		item := ItemPlan{SKU: fmt.Sprintf("item-%d-%d", n, i), Limit: 1 + r.Int64N(3), Price: 100 + r.Int64N(50_000)}
		if r.IntN(2) == 0 {
			item.Stock = 5 + r.Int64N(40) // sold out soon
		} else {
			item.Stock = 150 + r.Int64N(300) // never
		}
		s.Items = append(s.Items, item)
	}
	return s
}

// Without leaves out the faults that a pattern matches, as they are printed: to
// find out which of them it takes.
func (p Plan) Without(pattern *regexp.Regexp) Plan {
	p.Faults = slices.DeleteFunc(slices.Clone(p.Faults), func(f Fault) bool { return pattern.MatchString(f.String()) })
	return p
}

func (p Plan) String() string {
	var b strings.Builder
	redis := p.Redis
	if p.API {
		redis += ", a provider with an API"
	}
	fmt.Fprintf(&b, "seed %d: %s, ack %s, hold %s, %d buyers in %s\n", p.Seed, redis, p.Ack, p.Hold, len(p.Buyers), p.Load)
	for i, s := range p.Sales {
		fmt.Fprintf(&b, "  sale %d opens at %s", i, s.Opens)
		if s.Entries > 0 {
			fmt.Fprintf(&b, ", drawn among who enters within %s", s.Entries)
		}
		if s.Queue {
			b.WriteString(", with a queue")
		}
		b.WriteString(":")
		for _, it := range s.Items {
			fmt.Fprintf(&b, " %s stock %d limit %d", it.SKU, it.Stock, it.Limit)
			if it.Goods != "" {
				b.WriteString(" of " + it.Goods)
			}
			b.WriteString(";")
		}
		b.WriteString("\n")
	}
	for _, g := range p.Goods {
		fmt.Fprintf(&b, "  %d units of %s in the shop's stock, %d orders of the shop, strategy %s\n", g.Units, g.Name, len(p.ShopOrders), p.Strategy)
	}
	for _, f := range p.Faults {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	for _, o := range p.Operations {
		fmt.Fprintf(&b, "  %s\n", o)
	}
	return b.String()
}

func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

func millis(r *rand.Rand, least, most int) time.Duration {
	return time.Duration(least+r.IntN(most-least)) * time.Millisecond
}
