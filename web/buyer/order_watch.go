package buyer

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// standingsTimeout bounds one look at all of them.
const standingsTimeout = 10 * time.Second

// orderWatches looks into SQL for all orders that somebody watches, beneath what
// Redis announces: again and again, for as long as the first to the last of their
// streams, with a few statements however many there are.
type orderWatches struct {
	every     time.Duration
	standings func(ctx context.Context, orders []seckill.ID) (map[seckill.ID]seckill.Standing, error)

	mu   sync.Mutex
	open map[*orderWatch]struct{}
	stop context.CancelFunc // while somebody watches
}

// orderWatch is one stream's.
type orderWatch struct {
	order seckill.ID
	news  chan struct{} // it stands otherwise than the stream has told

	told seckill.Standing // under orderWatches.mu
}

func newOrderWatches(every time.Duration, l Ledger) *orderWatches {
	return &orderWatches{every: every, standings: l.Standings, open: map[*orderWatch]struct{}{}}
}

// join watches an order for a stream that tells how it stands. The caller calls leave
// once.
func (o *orderWatches) join(order seckill.ID, told seckill.Standing) (w *orderWatch, leave func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w = &orderWatch{order: order, told: told, news: make(chan struct{}, 1)}
	o.open[w] = struct{}{}
	if len(o.open) == 1 {
		ctx, cancel := context.WithCancel(context.Background())
		o.stop = cancel
		go o.run(ctx)
	}
	return w, func() { o.leave(w) }
}

func (o *orderWatches) leave(w *orderWatch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if delete(o.open, w); len(o.open) == 0 {
		o.stop()
	}
}

// tell notes what the stream tells now.
func (o *orderWatches) tell(w *orderWatch, standing seckill.Standing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w.told = standing
}

func (o *orderWatches) run(ctx context.Context) {
	tick := time.NewTicker(o.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			o.look(ctx)
		}
	}
}

// look asks once. What cannot be read is no news.
func (o *orderWatches) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, standingsTimeout)
	defer cancel()
	now, err := o.standings(ctx, o.orders())
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for w := range o.open {
		standing, found := now[w.order]
		if !found || standing == w.told {
			continue
		}
		select {
		case w.news <- struct{}{}:
		default:
		}
	}
}

func (o *orderWatches) orders() []seckill.ID {
	o.mu.Lock()
	defer o.mu.Unlock()
	distinct := make(map[seckill.ID]struct{}, len(o.open))
	for w := range o.open {
		distinct[w.order] = struct{}{}
	}
	return slices.Collect(maps.Keys(distinct))
}
