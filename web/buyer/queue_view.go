package buyer

import (
	"context"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// queueFresh is how old what is known of a queue may be: however many watch their places, SQL
// is asked once in that time for a sale, and Redis never.
const queueFresh = time.Second

// queueView is a queue as this process has read it: enough to tell everybody his place.
type queueView struct {
	seckill.Queue
	shuffled []int64 // the numbers of places of before it opened, in order; once it is open
	ranked   bool    // shuffled is read
	gaps     []int64 // numbers that nobody has any more, in order
	since    int64
}

// place is which one a number is, from 1 on; it stays the same for ever.
func (v *queueView) place(number int64) int64 { return v.upTo(number-1) + 1 }

// upTo is how many places there are with numbers up to this one.
func (v *queueView) upTo(number int64) int64 {
	if number >= seckill.FirstArrival {
		return int64(len(v.shuffled)) + number - seckill.FirstArrival + 1
	}
	at, _ := slices.BinarySearch(v.shuffled, number+1)
	return int64(at)
}

// ahead is how many wait that stand before a number.
func (v *queueView) ahead(number int64) int64 {
	if number <= v.CalledTo {
		return 0
	}
	return max(0, v.upTo(number-1)-v.upTo(v.CalledTo)-v.gapsUpTo(number-1)+v.gapsUpTo(v.CalledTo))
}

func (v *queueView) gapsUpTo(number int64) int64 {
	at, _ := slices.BinarySearch(v.gaps, number+1)
	return int64(at)
}

// waiting is how many wait.
func (v *queueView) waiting() int64 {
	if v.OpenedAt.IsZero() {
		return v.Early
	}
	return v.ahead(seckill.FirstArrival + v.Arrivals)
}

// gone tells whether nobody has this number any more.
func (v *queueView) gone(number int64) bool {
	_, gone := slices.BinarySearch(v.gaps, number)
	return gone
}

// queueViews reads queues, each once for all that ask at the time, and then what is new.
type queueViews struct {
	ledger Ledger
	fresh  *web.Cache[*queueView]

	// last are the views of the sales that were asked for last, however old.
	last *lru.Cache[seckill.ID, *queueView]
}

func newQueueViews(l Ledger, clock seckill.Clock) *queueViews {
	last, _ := lru.New[seckill.ID, *queueView](maxCachedSales) // fails on a size below 1 alone
	return &queueViews{ledger: l, fresh: web.NewCache[*queueView](maxCachedSales, queueFresh, web.IsNotFound, clock), last: last}
}

func (q *queueViews) get(ctx context.Context, sale seckill.ID) (*queueView, error) {
	return q.fresh.Get(ctx, sale, func(ctx context.Context) (*queueView, error) { return q.read(ctx, sale) })
}

// key signs the passes of a sale. It never changes, so a buyer with a pass needs no SQL.
func (q *queueViews) key(ctx context.Context, sale seckill.ID) ([]byte, error) {
	if v, known := q.last.Get(sale); known {
		return v.PassKey, nil
	}
	v, err := q.get(ctx, sale)
	if err != nil {
		return nil, err
	}
	return v.PassKey, nil
}

// read makes a new view of the last one and what has happened since; views are not changed.
func (q *queueViews) read(ctx context.Context, sale seckill.ID) (*queueView, error) {
	v := queueView{}
	if last, known := q.last.Get(sale); known {
		v = *last
	}
	news, err := q.ledger.QueueNews(ctx, sale, v.since)
	if err != nil {
		return nil, err
	}
	v.Queue, v.since = news.Queue, news.Since
	if len(news.Gaps) > 0 {
		v.gaps = append(slices.Clone(v.gaps), news.Gaps...)
		slices.Sort(v.gaps)
	}
	if !v.OpenedAt.IsZero() && !v.ranked {
		if v.shuffled, err = q.ledger.Shuffled(ctx, sale); err != nil {
			return nil, err
		}
		v.ranked = true
	}
	q.last.Add(sale, &v)
	return &v, nil
}

// queueBody is what everybody may know of a queue.
type queueBody struct {
	queueNews
	Commitment string `json:"commitment"`
	// Seed is published when the places are shuffled.
	Seed string `json:"seed,omitempty"`
}

// queueNews is what changes of it.
type queueNews struct {
	State seckill.QueueState `json:"state"`
	// Joined is how many places were given, and Waiting how many people wait.
	Joined  int64 `json:"joined"`
	Waiting int64 `json:"waiting"`
}

func (b *queueBody) news() *queueNews {
	if b == nil {
		return nil
	}
	return &b.queueNews
}

func (n *queueNews) state() seckill.QueueState {
	if n == nil {
		return ""
	}
	return n.State
}

// queueBody is nil where SQL does not say.
func (s *API) queueBody(ctx context.Context, sale *seckill.Sale, now time.Time) *queueBody {
	v, err := s.queueViews.get(ctx, sale.ID)
	if err != nil {
		return nil
	}
	return &queueBody{queueNews: queueNews{State: v.StateIn(sale, now), Joined: v.Joined(), Waiting: v.waiting()},
		Commitment: v.Commitment, Seed: v.PublishedSeed()}
}
