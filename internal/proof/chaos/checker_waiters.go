package chaos

import (
	"fmt"
	"slices"
)

// checkWaiters: every offer is one order, nobody is stuck on the way to one, and nobody
// waits while there is what he wants.
func checkWaiters(e Evidence) (found []Violation) {
	orders := map[string]bool{}
	for _, w := range e.State.Waiters {
		o, there := e.State.Orders[w.Order]
		wrong := ""
		switch {
		case w.Status == "offering":
			wrong = "is never offered what came back"
		case w.Status == "offered" && !there:
			wrong = "was offered order " + w.Order + ", which is not there"
		case w.Status == "offered" && (o.Buyer != w.Buyer || !slices.Equal(o.Lines, []Line{{w.SKU, w.Quantity}})):
			wrong = fmt.Sprintf("was offered an order of %v of %s", o.Lines, o.Buyer)
		case w.Status == "offered" && orders[w.Order]:
			wrong = "was offered the order of another"
		case w.Status != "offered" && w.Status != "lapsed" && there:
			wrong = "is " + w.Status + ", and has order " + w.Order
		}
		orders[w.Order] = w.Status == "offered"
		if wrong != "" {
			found = append(found, Violation{nothingLost, fmt.Sprintf("%s, who waits for %d of %s, %s", w.Buyer, w.Quantity, w.SKU, wrong), w.Order, w.Buyer})
		}
		c, loaded := e.Redis[w.Sale]
		if w.Status == "waiting" && loaded && c.Available[w.SKU] >= w.Quantity {
			found = append(found, Violation{neverUndersold, fmt.Sprintf("%s waits for %d of %s, and %d are available", w.Buyer, w.Quantity, w.SKU, c.Available[w.SKU]), "", w.Buyer})
		}
	}
	for sale, c := range e.Redis {
		for sku, n := range c.Available {
			if n > 0 && c.Available[waitedMark(sku)] != 0 {
				found = append(found, Violation{Promise: neverUndersold, Words: fmt.Sprintf("%d of %s in sale %s are kept for those who wait, and nobody gets them", n, sku, sale)})
			}
		}
	}
	for _, o := range e.Offers {
		if row, there := e.State.Orders[o.Order]; !there || row.Buyer != o.Buyer {
			found = append(found, Violation{nothingLost, fmt.Sprintf("%s was told of order %s, which is not there", o.Buyer, o.Order), o.Order, o.Buyer})
		}
	}
	return found
}
