package buyer

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

const (
	// watchLook is how often a watched sale is looked at, once for all that watch it.
	watchLook = 250 * time.Millisecond
	// watchCount is the least time between two pieces of news that are numbers
	// alone. What a buyer can do is told at once.
	watchCount = 2 * time.Second
)

// saleNews is what changes of a sale while it runs, with the names that
// saleBody has for it.
type saleNews struct {
	Status       seckill.Phase `json:"status"`
	NextReturnAt string        `json:"next_return_at,omitempty"`
	Queue        *queueNews    `json:"queue,omitempty"`
	Items        []itemNews    `json:"items"`
}

type itemNews struct {
	SKU       string `json:"sku"`
	Stock     int64  `json:"stock"`
	Available int64  `json:"available"`
	Held      *int64 `json:"held,omitempty"`
	DrawnOnly bool   `json:"drawn_only,omitempty"`
}

func newsOf(b saleBody) saleNews {
	n := saleNews{Status: b.Status, NextReturnAt: b.NextReturnAt, Queue: b.Queue.news(), Items: make([]itemNews, len(b.Items))}
	for i, it := range b.Items {
		n.Items[i] = itemNews{it.SKU, it.Stock, it.Available, it.Held, it.DrawnOnly}
	}
	return n
}

// sameToBuyers tells whether a buyer can do the same with both.
func (n saleNews) sameToBuyers(m saleNews) bool {
	return n.Status == m.Status && n.Queue.state() == m.Queue.state() && slices.EqualFunc(n.Items, m.Items, func(a, b itemNews) bool {
		return a.SKU == b.SKU && (a.Available > 0) == (b.Available > 0) && a.DrawnOnly == b.DrawnOnly
	})
}

// saleWatches looks at each sale that somebody watches, once for all of them, for
// as long as the first to the last of their requests.
type saleWatches struct {
	mu   sync.Mutex
	open map[seckill.ID]*saleWatch
}

func newSaleWatches() *saleWatches { return &saleWatches{open: map[seckill.ID]*saleWatch{}} }

// saleWatch has the latest news of one sale.
type saleWatch struct {
	watchers int // under saleWatches.mu
	stop     context.CancelFunc

	mu      sync.Mutex
	latest  saleNews
	event   []byte        // that tells it, written once for all
	changed chan struct{} // closed when there is news
}

// join watches a sale, of which first is known already; look reads it again. The
// caller calls leave once.
func (s *saleWatches) join(id seckill.ID, first saleNews, look func(context.Context) (saleNews, error)) (w *saleWatch, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, found := s.open[id]
	if !found {
		ctx, cancel := context.WithCancel(context.Background())
		w = &saleWatch{stop: cancel, changed: make(chan struct{})}
		w.tell(first)
		s.open[id] = w
		go w.run(ctx, look)
	}
	w.watchers++
	return w, func() { s.leave(id, w) }
}

func (s *saleWatches) leave(id seckill.ID, w *saleWatch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.watchers--; w.watchers == 0 {
		w.stop()
		delete(s.open, id)
	}
}

// run looks again and again. What cannot be read is no news.
func (w *saleWatch) run(ctx context.Context, look func(context.Context) (saleNews, error)) {
	tick := time.NewTicker(watchLook)
	defer tick.Stop()
	told := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		news, err := look(ctx)
		if err != nil || news.sameToBuyers(w.latest) && time.Since(told) < watchCount {
			continue
		}
		if w.tell(news) {
			told = time.Now()
		}
	}
}

// tell keeps the news and wakes those that wait, if it is any.
func (w *saleWatch) tell(news saleNews) bool {
	text, err := json.Marshal(news)
	if err != nil {
		panic(err) // numbers and short texts can always be written
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	event := web.DataEvent(text)
	if bytes.Equal(event, w.event) {
		return false
	}
	w.latest, w.event = news, event
	close(w.changed)
	w.changed = make(chan struct{})
	return true
}

// now gives the event of the latest news, and a channel that is closed when there is
// more.
func (w *saleWatch) now() (event []byte, phase seckill.Phase, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.event, w.latest.Status, w.changed
}
