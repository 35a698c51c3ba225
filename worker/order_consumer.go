package worker

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

// orderConsumer consumes a queue whose messages name orders, and does one thing with
// all the orders of a batch. A sweep over SQL, which one process at a time runs, does
// the same with orders that no message named in time.
type orderConsumer struct {
	agent  string // for the log
	broker consumer
	queue  string
	// batch is the most messages that are handled together.
	batch int
	// named reads which orders a message is about; what it cannot read is refused.
	named    func(body []byte) ([]seckill.ID, error)
	received fault.Name
	// doing says for the log what do does.
	doing string
	do    func(ctx context.Context, ids []seckill.ID) error

	sweeper sole
	// due lists the orders that a sweep takes up, sweepBatch at the most.
	due        func(ctx context.Context, limit int) ([]seckill.ID, error)
	sweepBatch int
}

// run consumes and sweeps until ctx ends.
func (c orderConsumer) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return c.broker.Consume(ctx, c.queue, broker.ConsumeOptions{BatchSize: c.batch, Prefetch: 2 * c.batch}, c.handle)
	})
	g.Go(func() error {
		return c.sweeper.run(ctx, c.agent+": sweeping", c.sweep)
	})
	return g.Wait()
}

// handle gives each message of a batch its verdict. One that cannot be read is refused
// and delays no other; the others share the outcome. While a service is away it waits.
func (c orderConsumer) handle(ctx context.Context, batch []broker.Delivery) []error {
	verdicts := make([]error, len(batch))
	var ids []seckill.ID
	for i, d := range batch {
		named, err := c.named(d.Body)
		if err != nil {
			verdicts[i] = broker.Reject(err)
			continue
		}
		ids = append(ids, named...)
	}
	if len(ids) == 0 {
		return verdicts
	}
	err := whileAway(ctx, c.sweeper.log, c.agent+": "+c.doing, func(ctx context.Context) error {
		if err := fault.Point(ctx, c.received); err != nil {
			return err
		}
		return c.do(ctx, ids)
	})
	for i := range verdicts {
		if verdicts[i] == nil {
			verdicts[i] = err
		}
	}
	return verdicts
}

func (c orderConsumer) sweep(ctx context.Context) (more bool, err error) {
	ids, err := c.due(ctx, c.sweepBatch)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	return len(ids) == c.sweepBatch, c.do(ctx, ids)
}
