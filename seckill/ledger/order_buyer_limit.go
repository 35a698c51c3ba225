package ledger

import (
	"slices"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// The limit per buyer is kept by Redis, which knows every order. It can fail to only
// after Redis lost orders: then it may admit a buyer, or take units for a late payment,
// although an order of his is still on its way to SQL. So SQL checks the limit as well:
// for sales to which that can have happened, and for late payments always.

// holdings are the units that buyers have of the items of sales whose limit SQL keeps.
type holdings struct {
	sales map[seckill.ID]bool
	units map[holding]int64
}

type holding struct {
	sale       seckill.ID
	buyer, sku string
}

// exceeded tells whether the buyer of an order would have more than a limit with one
// of its lines. In another sale nobody would.
func (h holdings) exceeded(o seckill.Order, line seckill.Line, limit int64) bool {
	return h.sales[o.SaleID] && h.units[holding{o.SaleID, o.Buyer, line.SKU}]+line.Quantity > limit
}

func (h holdings) add(o seckill.Order) {
	if !h.sales[o.SaleID] {
		return
	}
	for _, line := range o.Lines {
		h.units[holding{o.SaleID, o.Buyer, line.SKU}] += line.Quantity
	}
}

// limitedSales are those that were loaded into Redis more than once, and those that
// are closed: Redis need not have them any more.
func limitedSales(epochs map[seckill.ID]epochRow) map[seckill.ID]bool {
	limited := make(map[seckill.ID]bool)
	for id, sale := range epochs {
		if sale.Epoch > 1 || sale.State == string(seckill.SaleClosed) {
			limited[id] = true
		}
	}
	return limited
}

// The plus keeps SQLite from reading every reserved order of the sale for the few of these
// buyers: it takes two states and one sale for fewer rows than so many buyers.
const unitsOfBuyers = "SELECT o.id, o.sale_id, o.buyer, l.sku, l.quantity FROM orders o JOIN order_lines l ON l.order_id = o.id" +
	" WHERE o.sale_id IN ? AND o.buyer IN ? AND +o.stock_state IN (?,?)"

// heldBefore reads what the buyers of orders have in sales whose limit SQL keeps,
// without these orders, which the transaction may have inserted already. Whoever else
// takes units for them waits for the items' locks, or has committed and is seen.
//
// Units on their way back to Redis do not count: Redis may have admitted their buyer
// again before SQL learns that they arrived.
func heldBefore(tx *gorm.DB, orders []seckill.Order, sales map[seckill.ID]bool) (holdings, error) {
	h := holdings{sales: sales, units: make(map[holding]int64)}
	var ids []int64
	for id := range sales {
		ids = append(ids, int64(id))
	}
	var buyers []string
	own := make(map[seckill.ID]bool, len(orders))
	for _, o := range orders {
		own[o.ID] = true
		if sales[o.SaleID] {
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
		err := tx.Raw(unitsOfBuyers, ids, chunk, stockReserved, stockSold).Scan(&rows).Error
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
