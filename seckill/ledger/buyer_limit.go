package ledger

import (
	"slices"

	"github.com/seckill-go/seckill/seckill"
)

// The limit per buyer is kept by Redis, which knows every order. Only when Redis
// lost some does it admit a buyer again who has an order on its way to SQL; for
// sales to which that can have happened SQL keeps the limit as well.

// holdings are the units that buyers have of the items of restored sales.
type holdings struct {
	restored map[seckill.ID]bool
	units    map[holding]int64
}

type holding struct {
	sale       seckill.ID
	buyer, sku string
}

// exceeded tells whether the buyer of an order would have more than a limit with one
// of its lines. In a sale that was never restored nobody would.
func (h holdings) exceeded(o seckill.Order, line seckill.Line, limit int64) bool {
	return h.restored[o.SaleID] && h.units[holding{o.SaleID, o.Buyer, line.SKU}]+line.Quantity > limit
}

func (h holdings) add(o seckill.Order) {
	if !h.restored[o.SaleID] {
		return
	}
	for _, line := range o.Lines {
		h.units[holding{o.SaleID, o.Buyer, line.SKU}] += line.Quantity
	}
}

// restoredSales are those that were loaded into Redis more than once.
func restoredSales(epochs map[seckill.ID]int64) map[seckill.ID]bool {
	restored := make(map[seckill.ID]bool)
	for id, epoch := range epochs {
		if epoch > 1 {
			restored[id] = true
		}
	}
	return restored
}

// heldBefore reads what the buyers of orders have in restored sales without these
// orders, which the transaction has inserted already. Whoever else settles for them
// waits for the items' locks, or has committed and is seen.
//
// Units on their way back to Redis do not count: Redis may have admitted their buyer
// again before SQL learns that they arrived. Nor do those that a late payment took
// again, which it does whatever the buyer has bought since.
func (s *settlement) heldBefore(orders []seckill.Order, restored map[seckill.ID]bool) (holdings, error) {
	h := holdings{restored: restored, units: make(map[holding]int64)}
	var sales []int64
	for id := range restored {
		sales = append(sales, int64(id))
	}
	var buyers []string
	own := make(map[seckill.ID]bool, len(orders))
	for _, o := range orders {
		own[o.ID] = true
		if restored[o.SaleID] {
			buyers = append(buyers, o.Buyer)
		}
	}
	slices.Sort(buyers)
	buyers = slices.Compact(buyers)
	if len(buyers) == 0 {
		return h, nil
	}
	for _, chunk := range chunks(buyers) {
		var rows []struct {
			ID, SaleID int64
			Buyer, SKU string
			Quantity   int64
		}
		err := s.tx.Raw("SELECT o.id, o.sale_id, o.buyer, l.sku, l.quantity FROM orders o JOIN order_lines l ON l.order_id = o.id"+
			" WHERE o.sale_id IN ? AND o.buyer IN ? AND o.stock_state IN (?,?) AND o.retake = ?",
			sales, chunk, stockReserved, stockSold, retakeNone).Scan(&rows).Error
		if err != nil {
			return h, err
		}
		for _, r := range rows {
			if !own[seckill.ID(r.ID)] {
				h.units[holding{seckill.ID(r.SaleID), r.Buyer, r.SKU}] += r.Quantity
			}
		}
	}
	return h, nil
}
