package inventory

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/internal/database"
)

const (
	// groupOrders is the most orders of one transaction, groupGoods the most goods.
	groupOrders = 128
	groupGoods  = database.MostInList
	// groupQueue is the most orders that wait.
	groupQueue = 4096
	// groupPatience bounds the transactions of one group, with their repetitions.
	groupPatience = 20 * time.Second
)

// grouped takes the units of orders that arrive together in one transaction: it locks
// all their goods, decides order by order as they came, and writes once what all of
// them take. A hot goods is then locked, written and committed once for a hundred orders.
type grouped struct {
	*Inventory
	lanes *coalesce.Lanes[struct{}, Order, sold]
}

// sold is what became of an order.
type sold struct {
	deduction Deduction
	err       error
}

func newGrouped(i *Inventory) *grouped {
	g := &grouped{Inventory: i}
	g.lanes = coalesce.New(coalesce.Config[struct{}, Order, sold]{
		Batch: groupOrders, Workers: i.db.Sharing, Limit: groupQueue, Gather: true, Run: g.run,
		Unknown: "it is not known whether the order took its units; send it again",
	})
	return g
}

func (g *grouped) close() { g.lanes.Close() }

func (g *grouped) sell(ctx context.Context, o Order) (Deduction, error) {
	s, err := g.lanes.Do(ctx, struct{}{}, o)
	if err != nil {
		return Deduction{}, err
	}
	return s.deduction, s.err
}

// waiter is an order and what became of it.
type waiter struct {
	order Order
	sold
}

// run sells orders that waited together, as if one after the other.
func (g *grouped) run(_ struct{}, orders []Order) []sold {
	ctx, cancel := context.WithTimeout(context.Background(), groupPatience)
	defer cancel()
	all := make([]*waiter, len(orders))
	for n, o := range orders {
		all[n] = &waiter{order: o}
	}
	for group, later := fitting(all); len(group) > 0; group, later = fitting(later) {
		g.sellTogether(ctx, group)
	}
	results := make([]sold, len(all))
	for n, w := range all {
		results[n] = w.sold
	}
	return results
}

// fitting splits a list: a group has the first ones with numbers of their own, and no
// more goods than one statement takes. The others come later, in their order, so that a
// number that comes twice is found the second time.
func fitting(list []*waiter) (group, later []*waiter) {
	numbers, goods := map[string]bool{}, map[string]bool{}
	for n, w := range list {
		if numbers[w.order.OrderNo] {
			later = append(later, w)
			continue
		}
		if len(goods)+len(w.order.Lines) > groupGoods {
			return group, append(later, list[n:]...)
		}
		numbers[w.order.OrderNo] = true
		for _, l := range w.order.Lines {
			goods[l.Goods] = true
		}
		group = append(group, w)
	}
	return group, later
}

func (g *grouped) sellTogether(ctx context.Context, group []*waiter) {
	err := g.db.Write(ctx, func(tx *gorm.DB, _ int) error { return g.transact(tx, group) })
	if err != nil {
		for _, w := range group {
			w.sold = sold{err: err}
		}
	}
}

func (g *grouped) transact(tx *gorm.DB, group []*waiter) error {
	numbers := make([]string, len(group))
	for n, w := range group {
		numbers[n] = w.order.OrderNo
	}
	known, err := findDeductions(tx, numbers)
	if err != nil {
		return err
	}
	var fresh [][]Line
	for _, w := range group {
		if d, repeated := known[w.order.OrderNo]; repeated {
			w.deduction, w.err = d.again(w.order)
			continue
		}
		fresh = append(fresh, w.order.Lines)
	}
	if len(fresh) == 0 {
		return nil
	}
	available, err := availableOf(tx, together(fresh...), g.db.ByPrimary, g.db.ForUpdate)
	if err != nil {
		return err
	}
	now := g.now()
	var deductions []Deduction
	var taken [][]Line
	for _, w := range group {
		if _, repeated := known[w.order.OrderNo]; repeated {
			continue
		}
		if w.err = missing(w.order.Lines, available); w.err != nil {
			w.deduction = Deduction{}
			continue
		}
		for _, l := range w.order.Lines {
			available[l.Goods] -= l.Quantity
		}
		w.deduction = w.order.deduction(now)
		deductions, taken = append(deductions, w.deduction), append(taken, w.order.Lines)
	}
	if len(taken) == 0 {
		return nil
	}
	// A number that another process has sold under meanwhile fails the insert, and the
	// transaction is run again, which finds it.
	if err := insertDeductions(tx, deductions, now); err != nil {
		return err
	}
	return g.mustMove(tx, selling, together(taken...))
}
