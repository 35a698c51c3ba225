package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Operation is one thing that the operator does while the sale runs.
type Operation struct {
	At   time.Duration
	Sale int
	// SKU and Delta: a change of stock. Without a SKU the sale is paused, and
	// resumed after For; or closed, for good.
	SKU   string
	Delta int64
	For   time.Duration
	Close bool
}

func (o Operation) String() string {
	if o.Close {
		return fmt.Sprintf("%5.2fs the operator closes sale %d", o.At.Seconds(), o.Sale)
	}
	if o.SKU == "" {
		return fmt.Sprintf("%5.2fs the operator pauses sale %d for %s", o.At.Seconds(), o.Sale, o.For)
	}
	return fmt.Sprintf("%5.2fs the operator changes %s by %+d", o.At.Seconds(), o.SKU, o.Delta)
}

// drawOperations draws them for every third run: they take buyers away from the
// other faults.
func drawOperations(r *rand.Rand, p *Plan) []Operation {
	if r.IntN(3) != 0 {
		return nil
	}
	operations := make([]Operation, 1+r.IntN(3))
	for i := range operations {
		o := Operation{At: millis(r, 500, int(p.Load.Milliseconds())), Sale: r.IntN(len(p.Sales)), For: millis(r, 200, 1000)}
		if r.IntN(4) != 0 {
			o.SKU = pick(r, p.Sales[o.Sale].Items...).SKU
			o.Delta = pick(r, 1+r.Int64N(20), 1+r.Int64N(20), -1-r.Int64N(20))
		}
		operations[i] = o
	}
	slices.SortStableFunc(operations, func(a, b Operation) int { return int(a.At - b.At) })
	return operations
}

// operate does the operations one after the other.
func (run *Run) operate(ctx context.Context, wg *sync.WaitGroup) {
	wg.Go(func() {
		for _, o := range run.Operations {
			pause(ctx, time.Until(run.began.Add(o.At)))
			if o.Close {
				run.close(ctx, o.Sale)
				continue
			}
			if o.SKU == "" {
				run.administer(ctx, o.Sale, "/pause", nil)
				pause(ctx, o.For)
				run.administer(ctx, o.Sale, "/resume", nil)
				continue
			}
			body, _ := json.Marshal(map[string]any{"delta": o.Delta, "reason": "chaos"})
			run.administer(ctx, o.Sale, "/items/"+o.SKU+"/stock", body)
		}
	})
}

// close ends a sale for good.
func (run *Run) close(ctx context.Context, sale int) {
	run.closed[sale] = true
	run.administer(ctx, sale, "/close", nil)
}

// administer sends a command of the operator. A change of state is sent until
// it is answered, as it may be repeated; a change of stock is sent once.
func (run *Run) administer(ctx context.Context, sale int, path string, body []byte) {
	for until, web := time.Now().Add(settleFor), 0; time.Now().Before(until); web++ {
		a := run.call(ctx, "POST", run.slots[web%webs].url()+"/api/v1/admin/sales/"+run.sales[sale].id+path, adminToken, nil, body)
		run.history.note(operatorWho, "", "POST %s %s: %d %s", path, body, a.HTTP, a.Code)
		if body != nil || a.HTTP == 200 {
			return
		}
		pause(ctx, 200*time.Millisecond)
	}
}

const operatorWho = "operator"
