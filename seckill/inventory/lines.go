package inventory

import (
	"fmt"
	"maps"
	"slices"

	"github.com/seckill-go/seckill/seckill"
)

// Limits on what a caller can send.
const (
	// MaxLines is the most lines of one order.
	MaxLines = 100
	// MaxUnits is the most units of one line.
	MaxUnits = 1_000_000
	// MaxOnHand is the most units of one goods.
	MaxOnHand = 1_000_000_000
	// MaxBatch is the most goods that are read at a time.
	MaxBatch = 100
)

// Line is units of one goods.
type Line struct {
	Goods    string `json:"goods"`
	Quantity int64  `json:"quantity"`
}

// summed checks lines and adds up those of the same goods, in the order in which goods
// are locked.
func summed(lines []Line) ([]Line, error) {
	if len(lines) == 0 || len(lines) > MaxLines {
		return nil, seckill.Invalid("lines", "must be 1 to %d, not %d", MaxLines, len(lines))
	}
	sums := make(map[string]int64, len(lines))
	for n, l := range lines {
		if !seckill.ValidSKU(l.Goods) {
			return nil, invalidGoods(fmt.Sprintf("lines[%d].goods", n), l.Goods)
		}
		if l.Quantity < 1 || l.Quantity > MaxUnits {
			return nil, seckill.Invalid(fmt.Sprintf("lines[%d].quantity", n), "must be 1 to %d units, not %d", MaxUnits, l.Quantity)
		}
		sums[l.Goods] += l.Quantity
	}
	return linesOf(sums), nil
}

// linesOf are units by goods, in the order in which goods are locked.
func linesOf(units map[string]int64) []Line {
	lines := make([]Line, 0, len(units))
	for _, goods := range slices.Sorted(maps.Keys(units)) {
		lines = append(lines, Line{goods, units[goods]})
	}
	return lines
}

func invalidGoods(field, goods string) error {
	return seckill.Invalid(field, "must be 1 to %d letters, digits, '.', '_' or '-', and start with a letter or digit, not %.70q",
		seckill.MaxSKUBytes, goods)
}

func goodsOf(lines []Line) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.Goods
	}
	return out
}

// together adds up the lines of several orders, in the order in which goods are locked.
// Each is summed already.
func together(orders ...[]Line) []Line {
	if len(orders) == 1 {
		return orders[0]
	}
	sums := make(map[string]int64)
	for _, lines := range orders {
		for _, l := range lines {
			sums[l.Goods] += l.Quantity
		}
	}
	return linesOf(sums)
}
