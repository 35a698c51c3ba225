package stockload

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seckill-go/seckill/seckill"
)

// record is what the callers of a process have seen.
type record struct {
	// Units are those that callers were told they have, from their first order on.
	Units int64
	// Failed counts orders that were not sold, by the error's code, from the first on.
	Failed map[string]int64
	// What follows is of the measured time alone, by when the answer came.
	Sales       int64
	Latency     *hdrhistogram.Snapshot // µs
	Retries     int64
	Connections time.Duration // in use, all together
}

// Latencies are kept from 1 µs to 10 minutes, to two digits.
const (
	highest = int64(10 * time.Minute / time.Microsecond)
	digits  = 2
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, highest, digits) }

// run sells for as long as the plan says. An order that was begun is always waited for:
// one of which nobody knows what became would be missing in the sums.
func (p plan) run(ctx context.Context, s Seller) record {
	from := time.Now().Add(p.Warm)
	until := from.Add(p.Measure)
	goods := GoodsNames(p.Goods)
	callers := make([]*caller, p.Callers)
	var all sync.WaitGroup
	for n := range callers {
		c := &caller{orders: p.Orders + "-" + strconv.Itoa(n) + "-", failed: map[string]int64{}, latency: newHistogram()}
		callers[n] = c
		all.Go(func() {
			for time.Now().Before(until) && ctx.Err() == nil {
				c.sell(ctx, s, goods[rand.IntN(len(goods))], from, until)
			}
		})
	}
	r := record{Failed: map[string]int64{}}
	r.Retries, r.Connections = watch(ctx, s, from, until)
	all.Wait()
	latency := newHistogram()
	for _, c := range callers {
		r.Units, r.Sales = r.Units+c.units, r.Sales+c.sales
		for code, n := range c.failed {
			r.Failed[code] += n
		}
		latency.Merge(c.latency)
	}
	r.Latency = latency.Export()
	return r
}

// caller sells one order after the other.
type caller struct {
	orders       string // begins their numbers
	sent         int
	units, sales int64
	failed       map[string]int64
	latency      *hdrhistogram.Histogram
}

func (c *caller) sell(ctx context.Context, s Seller, goods string, from, until time.Time) {
	c.sent++
	began := time.Now()
	err := s.Sell(context.WithoutCancel(ctx), c.orders+strconv.Itoa(c.sent), goods)
	now := time.Now()
	if err != nil {
		c.failed[string(seckill.CodeOf(err))]++
		return
	}
	c.units++
	if !now.Before(from) && now.Before(until) {
		c.sales++
		_ = c.latency.RecordValue(min(max(now.Sub(began).Microseconds(), 1), highest)) // within its bounds: never an error
	}
}

const watchEvery = 5 * time.Millisecond

// watch counts retries in the measured time, and adds up how many connections are in use.
func watch(ctx context.Context, s Seller, from, until time.Time) (retries int64, connections time.Duration) {
	sleep := func(d time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(d):
		}
	}
	sleep(time.Until(from))
	before, last := s.Retries(), time.Now()
	for last.Before(until) && ctx.Err() == nil {
		sleep(min(watchEvery, time.Until(until)))
		now := time.Now()
		connections += time.Duration(s.InUse()) * now.Sub(last)
		last = now
	}
	return s.Retries() - before, connections
}
