package chaos

import (
	"fmt"
	"slices"
	"strings"
)

// Violation is a promise that was broken.
type Violation struct {
	Promise string
	Words   string
	// Order and Buyer that it is about, where there are any.
	Order, Buyer string
}

func (v Violation) String() string { return v.Promise + ": " + v.Words }

// The promises of the service that a run can see, by the numbers of the design.
const (
	neverOversold  = "1 never oversold"
	neverUndersold = "2 never undersold"
	conserved      = "3 conserved"
	nothingLost    = "4 no accepted order is lost"
	oneClick       = "5 one click, one order"
	money          = "6 money is never kept without goods"
	nobodyEarly    = "7 nobody early"
	limitPerBuyer  = "limit per buyer"
	events         = "every event is published"
	fairDraw       = "the draw is fair"
	fairQueue      = "the queue is fair"
	goesOn         = "the sale goes on"
	noDefect       = "no process tells of a defect"
)

// check holds the evidence against every promise.
func check(e Evidence) []Violation {
	found := slices.Clone(e.Sampled)
	for _, promise := range []func(Evidence) []Violation{
		checkRest, checkFinal, checkConserved, checkSides, checkHistory, checkAccepted, checkKeys, checkRefused, checkCancels,
		checkApplied, checkMoney, checkWrongPayments, checkOpening, checkEvents, checkStock, checkShopOrders, checkWaiters, checkDraws, checkQueues, checkSaleGoesOn,
	} {
		found = append(found, promise(e)...)
	}
	for _, line := range e.Complaints {
		found = append(found, Violation{Promise: noDefect, Words: line})
	}
	return found
}

// atEveryMoment checks what must hold in each snapshot of SQL: no item is
// oversold, and its counters are those of its orders.
func atEveryMoment(s State, limits map[string]map[string]int64) (found []Violation) {
	type item struct{ sale, sku string }
	reserved, sold := map[item]int64{}, map[item]int64{}
	type holder struct{ sale, sku, buyer string }
	has := map[holder]int64{}
	for _, o := range s.Orders {
		for _, l := range o.Lines {
			switch o.Stock {
			case stockReserved:
				reserved[item{o.Sale, l.SKU}] += l.Quantity
			case stockSold:
				sold[item{o.Sale, l.SKU}] += l.Quantity
			default:
				continue
			}
			has[holder{o.Sale, l.SKU, o.Buyer}] += l.Quantity
		}
	}
	for _, it := range s.Items {
		k := item{it.Sale, it.SKU}
		if it.Reserved+it.Sold > it.Total {
			found = append(found, Violation{Promise: neverOversold, Words: fmt.Sprintf("%s: reserved %d and sold %d of %d", it.SKU, it.Reserved, it.Sold, it.Total)})
		}
		if it.Reserved != reserved[k] || it.Sold != sold[k] {
			found = append(found, Violation{Promise: conserved, Words: fmt.Sprintf("%s: SQL counts reserved %d, sold %d; its orders have %d and %d", it.SKU, it.Reserved, it.Sold, reserved[k], sold[k])})
		}
	}
	for h, n := range has {
		if limit := limits[h.sale][h.sku]; n > limit {
			found = append(found, Violation{Promise: limitPerBuyer, Buyer: h.buyer, Words: fmt.Sprintf("%s has %d units of %s, the limit is %d", h.buyer, n, h.sku, limit)})
		}
	}
	return found
}

func checkRest(e Evidence) []Violation {
	if e.Unrest == "" {
		return nil
	}
	return []Violation{{Promise: nothingLost, Words: "the installation does not come to rest: " + e.Unrest}}
}

// checkFinal: no order is stuck.
func checkFinal(e Evidence) (found []Violation) {
	for _, o := range e.State.Orders {
		switch o.Status {
		case "paid", "expired", "cancelled", "refund_due", "refunded":
		case "failed":
			if o.Reason == "" {
				found = append(found, Violation{nothingLost, "order " + o.ID + " failed without a reason", o.ID, o.Buyer})
			}
		default:
			found = append(found, Violation{nothingLost, "order " + o.ID + " is stuck as " + o.Status, o.ID, o.Buyer})
		}
	}
	return found
}

// checkConserved: in the end every unit is in one place.
func checkConserved(e Evidence) (found []Violation) {
	for _, it := range e.State.Items {
		c, ok := e.Redis[it.Sale]
		if !ok {
			continue
		}
		available := c.Available[it.SKU]
		if sum := available + it.Reserved + it.Sold; sum != it.Total {
			promise := neverOversold
			if sum < it.Total {
				promise = neverUndersold
			}
			found = append(found, Violation{Promise: promise, Words: fmt.Sprintf("%s: available %d + reserved %d + sold %d = %d, not %d", it.SKU, available, it.Reserved, it.Sold, sum, it.Total)})
		}
		if c.Entries != 0 || c.InFlight != 0 {
			found = append(found, Violation{Promise: conserved, Words: fmt.Sprintf("sale %s: %d outbox entries, %d orders in flight in the end", it.Sale, c.Entries, c.InFlight)})
		}
	}
	return append(found, atEveryMoment(e.State, e.limits())...)
}

// checkSides compares Redis with SQL order by order, which names the orders at
// fault when the counters are off.
func checkSides(e Evidence) (found []Violation) {
	for _, o := range e.State.Orders {
		c, ok := e.Redis[o.Sale]
		if !ok {
			continue
		}
		taken := o.Stock == stockReserved || o.Stock == stockSold
		switch {
		case taken && !c.holds(o.ID):
			found = append(found, Violation{neverOversold, fmt.Sprintf("order %s (%s) has its units in SQL, and Redis sells them (mark %q)", o.ID, o.Status, c.Orders[o.ID]), o.ID, o.Buyer})
		case !taken && c.holds(o.ID):
			found = append(found, Violation{neverUndersold, fmt.Sprintf("order %s (%s) gave its units back in SQL, and Redis holds them", o.ID, o.Status), o.ID, o.Buyer})
		}
	}
	for _, c := range e.Redis {
		for id := range c.Orders {
			if _, there := e.State.Orders[id]; !there && c.holds(id) {
				found = append(found, Violation{Promise: neverUndersold, Words: "Redis holds units of order " + id + ", which SQL does not have", Order: id})
			}
		}
	}
	return found
}

func (e Evidence) limits() map[string]map[string]int64 {
	limits := map[string]map[string]int64{}
	for _, it := range e.State.Items {
		if limits[it.Sale] == nil {
			limits[it.Sale] = map[string]int64{}
		}
		for _, s := range e.Plan.Sales {
			for _, p := range s.Items {
				if p.SKU == it.SKU {
					limits[it.Sale][it.SKU] = p.Limit
				}
			}
		}
	}
	return limits
}

// checkHistory adds up the stock history of each order: what was taken was sold,
// or came back, once.
func checkHistory(e Evidence) (found []Violation) {
	for _, o := range e.State.Orders {
		for _, l := range o.Lines {
			m := o.Moves[l.SKU]
			held, sold := m[moveReserve]+m[moveRetake]-m[moveRelease]-m[moveConfirm], m[moveConfirm]
			wantHeld, wantSold := int64(0), int64(0)
			switch o.Stock {
			case stockReserved:
				wantHeld = l.Quantity
			case stockSold:
				wantSold = l.Quantity
			}
			if held != wantHeld || sold != wantSold {
				found = append(found, Violation{neverUndersold, fmt.Sprintf("order %s (%s) of %d %s: its stock history is %v", o.ID, o.Status, l.Quantity, l.SKU, m), o.ID, o.Buyer})
			}
		}
		if goods := o.Stock == stockSold; goods != (o.Status == "paid") {
			found = append(found, Violation{money, fmt.Sprintf("order %s is %s with stock state %d", o.ID, o.Status, o.Stock), o.ID, o.Buyer})
		}
	}
	return found
}

const lostReason = "lost:"

func (o OrderRow) lost() bool { return o.Status == "failed" && strings.HasPrefix(o.Reason, lostReason) }

// mayBeLost tells whether the durability of this run's faults allows the loss of
// what a buyer was told by this click: Redis lost writes after the order was
// sent, and the buyer was not told to rely on SQL.
func (e Evidence) mayBeLost(c Click) bool {
	if e.Plan.Ack == ackSettled {
		return false
	}
	for _, w := range e.RedisLosses {
		if c.Sent.Before(w.until) {
			return true
		}
	}
	return false
}

const duplicateReason = "duplicate_request:"

func (o OrderRow) duplicate() bool {
	return o.Status == "failed" && strings.HasPrefix(o.Reason, duplicateReason)
}

const overLimitReason = "limit_exceeded:"

func (o OrderRow) overLimit() bool {
	return o.Status == "failed" && strings.HasPrefix(o.Reason, overLimitReason)
}

// gaveWay tells whether the order of a click failed because its buyer has another one
// with the same key, or as many units as he may, and rightly so: Redis forgot one of
// the two, and that one came to SQL by RabbitMQ, before the other or after it.
func (e Evidence) gaveWay(c Click) bool {
	o := e.State.Orders[c.OrderID]
	if e.Plan.Ack == ackSettled || len(e.RedisLosses) == 0 || !o.duplicate() && !o.overLimit() {
		return false
	}
	for _, other := range e.State.Orders {
		if other.ID != c.OrderID && other.Sale == c.Sale && other.Buyer == c.Buyer && (o.overLimit() || other.Key == c.Key) {
			return true
		}
	}
	return false
}

// checkAccepted: every order that a buyer was told of is there in the end, and
// its buyer is told the same as SQL has.
func checkAccepted(e Evidence) (found []Violation) {
	for _, c := range e.Clicks {
		if !c.accepted() {
			continue
		}
		o, there := e.State.Orders[c.OrderID]
		read := e.Reads[c.OrderID]
		wrong := ""
		switch {
		case there && o.lost() && !e.mayBeLost(c):
			wrong = "is lost (" + o.Reason + "), which nothing allows"
		case there && (o.overLimit() || o.duplicate()) && c.Status != "failed" && !e.gaveWay(c):
			wrong = "failed (" + o.Reason + "), and there was nothing that it could give way to"
		case there && read.HTTP != 200:
			wrong = fmt.Sprintf("is %s in SQL, and its buyer is told %d %s", o.Status, read.HTTP, read.Code)
		case there && read.Status != o.Status:
			wrong = fmt.Sprintf("is %s in SQL, and its buyer is told %s", o.Status, read.Status)
		case there && read.Status == "failed" && read.Reason == "":
			wrong = "failed, and its buyer is not told why"
		case there && (o.Buyer != c.Buyer || o.Key != c.Key && o.Status != "failed"):
			wrong = fmt.Sprintf("belongs to %s with key %q", o.Buyer, o.Key)
		case !there && !e.mayBeLost(c):
			wrong = fmt.Sprintf("is gone (GET says %d %s %s), which nothing allows", read.HTTP, read.Status, read.Code)
		case !there && !e.Orphaned[c.OrderID]:
			wrong = fmt.Sprintf("is gone (GET says %d %s %s) although the process that accepted it lives", read.HTTP, read.Status, read.Code)
		case !there && (read.HTTP != 404 || !strings.Contains(strings.ToLower(read.Detail), "lost")):
			wrong = fmt.Sprintf("is gone, and its buyer is not told that orders were lost: %d %s", read.HTTP, read.Body)
		}
		if wrong != "" {
			found = append(found, Violation{nothingLost, fmt.Sprintf("order %s of %s, answered %d %s, %s", c.OrderID, c.Buyer, c.HTTP, c.Status, wrong), c.OrderID, c.Buyer})
		}
	}
	return found
}

// checkKeys: an idempotency key makes one order, whatever was repeated.
func checkKeys(e Evidence) (found []Violation) {
	type key struct{ sale, buyer, key string }
	told := map[key]map[string]bool{}
	for _, c := range e.Clicks {
		if c.Key == "" || !c.accepted() {
			continue
		}
		// A lost order leaves its key to the next one. Of one that Redis forgot, and
		// that came home by RabbitMQ, and the next one, the later to come fails.
		o, there := e.State.Orders[c.OrderID]
		if e.mayBeLost(c) && (!there || o.lost()) || e.gaveWay(c) {
			continue
		}
		k := key{c.Sale, c.Buyer, c.Key}
		if told[k] == nil {
			told[k] = map[string]bool{}
		}
		told[k][c.OrderID] = true
	}
	for k, orders := range told {
		if len(orders) > 1 {
			found = append(found, Violation{Promise: oneClick, Buyer: k.buyer, Words: fmt.Sprintf("the key %q of %s was answered with %d orders: %v", k.key, k.buyer, len(orders), orders)})
		}
	}
	alive := map[key]int{}
	for _, o := range e.State.Orders {
		if o.Key != "" && o.Status != "failed" {
			k := key{o.Sale, o.Buyer, o.Key}
			if alive[k]++; alive[k] == 2 {
				found = append(found, Violation{oneClick, fmt.Sprintf("SQL has two orders of %s with the key %q", o.Buyer, o.Key), o.ID, o.Buyer})
			}
		}
	}
	return found
}

// checkRefused: who was told no, each time that they asked with a key, has no
// order of that key.
func checkRefused(e Evidence) (found []Violation) {
	type key struct{ sale, buyer, key string }
	refused, maybe := map[key]bool{}, map[key]bool{}
	for _, c := range e.Clicks {
		k := key{c.Sale, c.Buyer, c.Key}
		if c.refused() && c.Key != "" {
			refused[k] = true
		} else {
			maybe[k] = true
		}
	}
	for _, o := range e.State.Orders {
		k := key{o.Sale, o.Buyer, o.Key}
		if refused[k] && !maybe[k] && o.Status != "failed" {
			found = append(found, Violation{oneClick, fmt.Sprintf("%s was refused, and has order %s (%s)", o.Buyer, o.ID, o.Status), o.ID, o.Buyer})
		}
	}
	return found
}

// checkCancels: a cancelled order stays so, unless it is paid late.
func checkCancels(e Evidence) (found []Violation) {
	for _, c := range e.Cancels {
		if c.HTTP != 200 {
			continue
		}
		o, there := e.State.Orders[c.Order]
		late := false
		for _, ch := range e.Charges {
			late = late || ch.order == c.Order
		}
		if !there || o.Status != "cancelled" && !late {
			found = append(found, Violation{nothingLost, fmt.Sprintf("order %s was answered cancelled, and is %q", c.Order, o.Status), c.Order, o.Buyer})
		}
	}
	return found
}

// checkOpening: Redis's clock is that of this machine.
func checkOpening(e Evidence) (found []Violation) {
	for _, o := range e.State.Orders {
		if opens, ok := e.Opens[o.Sale]; ok && o.Created.Before(opens) {
			found = append(found, Violation{nobodyEarly, fmt.Sprintf("order %s was admitted %s before the sale opened", o.ID, opens.Sub(o.Created)), o.ID, o.Buyer})
		}
	}
	for _, c := range e.Clicks {
		if c.accepted() && c.Answered.Before(e.Opens[c.Sale]) {
			found = append(found, Violation{nobodyEarly, fmt.Sprintf("%s was accepted %s before the sale opened", c.Buyer, e.Opens[c.Sale].Sub(c.Answered)), c.OrderID, c.Buyer})
		}
	}
	return found
}

func checkSaleGoesOn(e Evidence) (found []Violation) {
	for _, p := range e.Probes {
		found = append(found, Violation{Promise: goesOn, Words: p})
	}
	return found
}
