package main

import (
	"fmt"
	"time"

	"github.com/seckill-go/seckill/internal/salefile"
	"github.com/seckill-go/seckill/seckill"
)

// tell shows what the file says, with its money as people read it: it is written in
// minor units, where two zeros too few are hard to see.
func (p *preloader) tell(sales []salefile.Sale) {
	for _, s := range sales {
		at := s.StartsAt.Format(time.RFC3339) + " to " + s.EndsAt.Format(time.RFC3339)
		if s.Relative() {
			at = fmt.Sprintf("from %v after it is created, for %v", *s.StartsIn, s.Lasts)
		}
		fmt.Fprintf(p.out, "%s (%s), %s, %v to pay\n", s.Name, s.Key, at, s.Hold)
		for _, it := range s.Items {
			fmt.Fprintf(p.out, "  %s: %s%s, %d units, at most %d a buyer: %s\n", it.SKU, priceText(it), listPriceText(it), it.Total, it.LimitPerBuyer, it.Title)
		}
	}
}

func priceText(it seckill.Item) string {
	if it.Price == 0 {
		return "free"
	}
	return seckill.Money(it.Price, it.Currency)
}

func listPriceText(it seckill.Item) string {
	if it.ListPrice == 0 {
		return ""
	}
	return " instead of " + seckill.Money(it.ListPrice, it.Currency)
}
