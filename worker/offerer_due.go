package worker

import (
	"context"
	"maps"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// offererAllEvery is how often all sales are searched for a mark that was forgotten.
// Whoever takes over from a process that died does so at once, not having looked for
// longer than that.
const offererAllEvery = time.Minute

// due are the sales to be looked at.
func (o *Offerer) due(ctx context.Context) (map[seckill.ID]bool, error) {
	waited, err := o.Waitlist.WaitedSales(ctx)
	if err != nil {
		return nil, err
	}
	sales := maps.Clone(o.looked)
	if sales == nil {
		sales = make(map[seckill.ID]bool)
	}
	for _, id := range waited {
		sales[id] = true
	}
	if time.Since(o.allAt) < offererAllEvery {
		return sales, nil
	}
	if err := o.findMarks(ctx, sales); err != nil {
		return nil, err
	}
	o.allAt = time.Now()
	return sales, nil
}

// findMarks adds the sales that have a mark, whoever left it there.
func (o *Offerer) findMarks(ctx context.Context, sales map[seckill.ID]bool) error {
	all, err := o.Stock.Sales(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		counters, err := o.Stock.Counters(ctx, s.ID)
		if err != nil {
			continue // it is being loaded, or has left: the next look finds it
		}
		for _, c := range counters {
			if c.Waited != 0 {
				sales[s.ID] = true
			}
		}
	}
	return nil
}
