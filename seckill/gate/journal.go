package gate

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/seckill-go/seckill/seckill"
)

// journal keeps the orders that this process told buyers of, until they are known to be
// in SQL. If Redis loses them before that, no other place has them.
type journal struct {
	limit int // 0: off

	mu     sync.Mutex
	orders map[seckill.ID]noted
	// age lists ids in the order in which they came; some are gone already.
	age []seckill.ID
	// epochs is the newest epoch that was seen of each sale with orders here.
	epochs map[seckill.ID]string
}

// noted is an order as text. There are tens of thousands in a rush, and nearly none is
// ever read again. As values with pointers they would be most of what the garbage
// collector has to scan.
type noted struct {
	sale      seckill.ID
	holdUntil int64  // unix ms
	text      string // "<idempotency key> <value of the orders hash>"; a key has no spaces
}

func note(o seckill.Order) noted {
	return noted{sale: o.SaleID, holdUntil: o.HoldUntil.UnixMilli(), text: o.RequestKey + " " + orderValue(held, o)}
}

func (n noted) order(id seckill.ID) (seckill.Order, error) {
	key, value, _ := strings.Cut(n.text, " ")
	o, err := readOrderValue(value)
	if err != nil {
		return o, fmt.Errorf("order %s: %w", id, err)
	}
	o.ID, o.SaleID, o.RequestKey, o.Status, o.HoldUntil = id, n.sale, key, seckill.OrderQueued, seckill.UnixMilli(n.holdUntil)
	return o, nil
}

func newJournal(limit int) *journal {
	return &journal{limit: limit, orders: map[seckill.ID]noted{}, epochs: map[seckill.ID]string{}}
}

// saw notes under which epoch a sale admits. It tells whether that is another one
// than before, so that orders may have been lost in between.
func (j *journal) saw(sale seckill.ID, epoch string) (changed bool) {
	if j.limit == 0 {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	before, known := j.epochs[sale]
	j.epochs[sale] = epoch
	return known && before != epoch
}

// Remember keeps an order, as QueuedOrder gave it and with its RequestKey, that this
// process is about to tell its buyer of, although it did not hear of the admission
// itself: the answer got lost, or another process had it. From then on the order is
// handed in again if Redis loses it.
func (g *Gate) Remember(o seckill.Order) { g.journal.add(o) }

// add keeps orders until they are settled. Beyond the limit the oldest go.
func (j *journal) add(orders ...seckill.Order) {
	if j.limit == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, o := range orders {
		j.orders[o.ID] = note(o)
		j.age = append(j.age, o.ID)
	}
	for len(j.orders) > j.limit {
		delete(j.orders, j.age[0])
		j.age = j.age[1:]
	}
	if len(j.age) > 2*len(j.orders)+1024 {
		j.forgetGone()
	}
}

// forgetGone needs the lock.
func (j *journal) forgetGone() {
	kept := make([]seckill.ID, 0, len(j.orders))
	for _, id := range j.age {
		if _, ok := j.orders[id]; ok {
			kept = append(kept, id)
		}
	}
	j.age = kept
}

// remove forgets an order, and tells whether it was there.
func (j *journal) remove(order seckill.ID) bool {
	if j.limit == 0 {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, found := j.orders[order]
	delete(j.orders, order)
	return found
}

func (j *journal) has(order seckill.ID) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, ok := j.orders[order]
	return ok
}

// of lists the orders of a sale, in no order. The error is about those that it
// cannot list.
func (j *journal) of(sale seckill.ID) (found []seckill.Order, unreadable error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for id, n := range j.orders {
		if n.sale != sale {
			continue
		}
		o, err := n.order(id)
		if err != nil {
			unreadable = errors.Join(unreadable, err)
			continue
		}
		found = append(found, o)
	}
	return found, unreadable
}

// sales lists the sales that have orders here.
func (j *journal) sales() []seckill.ID {
	j.mu.Lock()
	defer j.mu.Unlock()
	seen := make(map[seckill.ID]bool)
	var found []seckill.ID
	for _, n := range j.orders {
		if !seen[n.sale] {
			seen[n.sale] = true
			found = append(found, n.sale)
		}
	}
	return found
}
