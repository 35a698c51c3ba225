package memory

import (
	"slices"
	"time"

	"github.com/seckill-go/seckill/seckill/broker"
)

// stored is one message in one queue.
type stored struct {
	broker.Message
	held        time.Time // when it came into a hold queue
	redelivered int       // how often it was given back
	// The rest is set in QueueDead.
	queue    string
	reason   string
	attempts int
	died     time.Time
}

// queue keeps messages in order; the Broker's lock guards it.
type queue struct {
	name     string
	ttl      time.Duration // 0: not a hold queue
	ready    fifo
	returned []*stored // given back by a consumer; these go out first
	unacked  int
	changed  chan struct{} // closed and made anew when there may be work for a consumer
}

func (q *queue) waiting() int { return len(q.returned) + q.ready.len() }
func (q *queue) length() int  { return q.waiting() + q.unacked }

func (q *queue) add(m *stored) {
	q.ready.push(m)
	q.wake()
}

// take hands the oldest message to a consumer.
func (q *queue) take() *stored {
	if len(q.returned) > 0 {
		m := q.returned[0]
		q.returned = slices.Delete(q.returned, 0, 1)
		q.unacked++
		return m
	}
	if q.ready.len() == 0 {
		return nil
	}
	q.unacked++
	return q.ready.pop()
}

func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// remove takes waiting messages out. It is for QueueDead alone, which has no
// consumer, so that nothing was ever popped from it or returned to it.
func (q *queue) remove(gone map[*stored]bool) {
	q.ready.items = slices.DeleteFunc(q.ready.items, func(m *stored) bool { return gone[m] })
}

// fifo is a list that is pushed at its end and popped at its head.
type fifo struct {
	items []*stored
	head  int
}

func (f *fifo) len() int       { return len(f.items) - f.head }
func (f *fifo) front() *stored { return f.items[f.head] }
func (f *fifo) push(m *stored) { f.items = append(f.items, m) }
func (f *fifo) pop() (m *stored) {
	m, f.items[f.head] = f.items[f.head], nil
	f.head++
	if f.head == len(f.items) {
		f.items, f.head = f.items[:0], 0
	} else if f.head > 1024 && f.head > len(f.items)/2 {
		// Give the popped half back before it grows without end.
		f.items = slices.Delete(f.items, 0, f.head)
		f.head = 0
	}
	return m
}
