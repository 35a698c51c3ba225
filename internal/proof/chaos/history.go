package chaos

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// History is all that the buyers and the payment provider asked and were
// answered.
type History struct {
	began time.Time

	mu        sync.Mutex
	clicks    []Click
	cancels   []Cancel
	callbacks []Callback
	answers   []ShopAnswer
	offers    []Offer
	entries   []EntryCall
	places    []PlaceCall
	// commitments are those of draws, as they were seen in SQL and by who checks them.
	commitments map[Commitment]bool
	notes       []Note
}

// Click is one request to buy.
type Click struct {
	Buyer, Sale, Key string
	Lines            []Line
	Slot             int
	Sent, Answered   time.Time
	// HTTP is 0 when there was no answer.
	HTTP                  int
	Code, OrderID, Status string
}

// accepted tells whether the buyer was told of an order.
func (c Click) accepted() bool { return c.HTTP == 202 || c.HTTP == 200 }

// refused tells whether the buyer was told that there is no order.
func (c Click) refused() bool { return c.HTTP >= 400 && c.HTTP < 500 && c.HTTP != 429 }

// Cancel is one answered request to cancel.
type Cancel struct {
	Order, Status string
	HTTP          int
}

// Callback is one answered delivery of a payment event.
type Callback struct {
	Event   string
	Payment string
	Order   string
	Type    string
	// Genuine: signed, and with the order's own amount and currency.
	Genuine bool
	HTTP    int
	Result  string
}

// ShopAnswer is how the inventory service decided about an order of the shop; HTTP is 0
// where it never did.
type ShopAnswer struct {
	Order, Method string
	HTTP          int
	Code          string
}

// Offer is an order that a buyer who waited was told of.
type Offer struct{ Buyer, Order string }

// Note is a line of the timeline.
type Note struct {
	At                time.Duration
	Who, Order, Words string
}

func (n Note) String() string { return fmt.Sprintf("%7.3fs %-12s %s", n.At.Seconds(), n.Who, n.Words) }

func (h *History) click(c Click) {
	h.mu.Lock()
	h.clicks = append(h.clicks, c)
	h.mu.Unlock()
	h.note(c.Buyer, c.OrderID, "POST order at %s key %q %v, sent %.3fs: %d %s%s", slotName(c.Slot), c.Key, c.Lines, c.Sent.Sub(h.began).Seconds(), c.HTTP, c.Code, c.Status)
}

func (h *History) cancel(buyer string, c Cancel) {
	h.mu.Lock()
	h.cancels = append(h.cancels, c)
	h.mu.Unlock()
	h.note(buyer, c.Order, "cancel: %d %s", c.HTTP, c.Status)
}

func (h *History) callback(c Callback) {
	h.mu.Lock()
	h.callbacks = append(h.callbacks, c)
	h.mu.Unlock()
	kind := c.Type
	if !c.Genuine {
		kind += " (not genuine)"
	}
	h.note("provider", c.Order, "%s %s of %s: %d %s", c.Event, kind, c.Payment, c.HTTP, c.Result)
}

func (h *History) tell(a ShopAnswer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers = append(h.answers, a)
}

func (h *History) offer(o Offer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.offers = append(h.offers, o)
}

// told gives all that the shop, and those who waited, were told.
func (h *History) told() ([]ShopAnswer, []Offer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.answers), slices.Clone(h.offers)
}

// drawn gives all that buyers were told of their entries, and the commitments of draws.
func (h *History) drawn() ([]EntryCall, []Commitment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.entries), slices.Collect(maps.Keys(h.commitments))
}

// note adds a line to the timeline.
func (h *History) note(who, order, format string, args ...any) {
	n := Note{At: time.Since(h.began), Who: who, Order: order, Words: fmt.Sprintf(format, args...)}
	if order != "" {
		n.Words += " [" + order + "]"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes = append(h.notes, n)
}

// about finds the notes of a buyer or an order, all faults, and what the
// operator did.
func (h *History) about(buyer, order string) []Note {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []Note
	for _, n := range h.notes {
		if n.Who == faultWho || n.Who == operatorWho || buyer != "" && n.Who == buyer || order != "" && n.Order == order {
			found = append(found, n)
		}
	}
	return found
}

const faultWho = "FAULT"

// copied gives what was recorded so far.
func (h *History) copied() ([]Click, []Cancel, []Callback) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.clicks), slices.Clone(h.cancels), slices.Clone(h.callbacks)
}
