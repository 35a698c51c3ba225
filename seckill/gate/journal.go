package gate

import (
	"sync"

	"github.com/seckill-go/seckill/seckill"
)

// journal keeps the orders that this process told buyers of and that are not
// known to be in SQL yet. Should Redis lose them, nobody else knows them.
type journal struct {
	limit int // 0: off

	mu     sync.Mutex
	orders map[seckill.ID]seckill.Order
	// age lists ids in the order in which they came; some are gone already.
	age []seckill.ID
	// epochs is the newest epoch that was seen of each sale with orders here.
	epochs map[seckill.ID]string
}

func newJournal(limit int) *journal {
	return &journal{limit: limit, orders: map[seckill.ID]seckill.Order{}, epochs: map[seckill.ID]string{}}
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

// add keeps an order until it is settled. Beyond the limit the oldest goes.
func (j *journal) add(o seckill.Order) {
	if j.limit == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.orders[o.ID] = o
	j.age = append(j.age, o.ID)
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

// of lists the orders of a sale, in no order.
func (j *journal) of(sale seckill.ID) []seckill.Order {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []seckill.Order
	for _, o := range j.orders {
		if o.SaleID == sale {
			found = append(found, o)
		}
	}
	return found
}

// sales lists the sales that have orders here.
func (j *journal) sales() []seckill.ID {
	j.mu.Lock()
	defer j.mu.Unlock()
	seen := make(map[seckill.ID]bool)
	var found []seckill.ID
	for _, o := range j.orders {
		if !seen[o.SaleID] {
			seen[o.SaleID] = true
			found = append(found, o.SaleID)
		}
	}
	return found
}
