package model

import (
	"maps"
	"slices"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Place is where SQL has the units of an order.
type Place int

const (
	Nowhere Place = iota // SQL does not know the order yet
	Reserved
	Sold
	Releasing // given back in SQL, not known to be back in Redis
	Released
)

// Order is one admitted order.
type Order struct {
	// Order is as SQL has it; until then as it was admitted last.
	seckill.Order
	InRedis
	Stock Place
	// Told is what its buyer was told, and Journaled says that the process which
	// told him lives and would give it to a Redis again that lost it.
	Told      Admitted
	Journaled bool
	// Lost says that Redis lost it once, when SQL did not have it yet.
	Lost bool
	// Retake is how far SQL is with taking the units again of an order that was paid
	// after its end.
	Retake Retake

	key string // of its request; SQL may not have it
}

// Admitted is one admission of an order; another one follows if Redis lost it.
type Admitted struct {
	Epoch, Ticket int64
	At            time.Time
}

// InRedis is what Redis has of an order.
type InRedis struct {
	Known bool // as held or as released
	Held  bool // its units are not available in Redis
	// Again is that Redis knows that it was paid late: it holds the units again, or
	// has given them back for good.
	Again    bool
	InOutbox bool // Redis was not told yet that SQL has it
	// As is how a repeated request is answered, Entry what the outbox has.
	As, Entry Admitted
	place     int64 // in the outbox
}

// Retake is whether an order that was paid late gets its units again.
type Retake int

const (
	NotAsked Retake = iota
	Undecided
	Decided
)

// Redis is what Redis has of the sale beside the orders.
type Redis struct {
	// Loaded says that the sale is there and can be relied on.
	Loaded bool
	State  seckill.SaleState
	Totals map[string]int64

	present bool     // it is there, whatever it is worth
	loading *Loading // who is at loading it, maybe somebody who died

	epoch, ticket            int64
	since                    int64 // ms; 0: nothing waits
	newestPlace              int64 // of the outbox
	opensAt                  time.Time
	loadedRevision, stateRev int64
	totalRev                 map[string]int64
	requests                 map[requestKey]seckill.ID
	newest                   map[buyerItem]seckill.ID
}

// Model is a sale with all that happened to it.
type Model struct {
	// Sale is as SQL has it.
	Sale   seckill.Sale
	Redis  Redis
	Orders map[seckill.ID]*Order
	// Payments are by the provider's payment id.
	Payments map[string]*Payment
	// Events are what became of each event of the provider that was the first with its
	// id, by that.
	Events map[string]Event
	// Announced has every event that a transition owes the shop, by its id, and
	// whether it was published.
	Announced map[string]bool
	// Adoptions are the orders that SQL has and Redis may not know. Adopted counts
	// those that Redis took over.
	Adoptions map[seckill.ID]bool
	Adopted   int
	// LostFirst is how long a sale that was loaded anew takes only what was lost.
	LostFirst time.Duration

	places int64
}

type (
	requestKey struct{ buyer, key string }
	buyerItem  struct{ buyer, sku string }
)

// New makes the model of a sale that SQL has and Redis has not.
func New(sale seckill.Sale) *Model {
	return &Model{
		Sale:      sale,
		Orders:    map[seckill.ID]*Order{},
		Payments:  map[string]*Payment{},
		Events:    map[string]Event{},
		Announced: map[string]bool{},
		Adoptions: map[seckill.ID]bool{},
	}
}

// SetState is Redis told of a state that SQL has at a revision.
func (m *Model) SetState(to seckill.SaleState, revision int64) (changed bool) {
	if !m.Redis.Loaded || revision < m.Redis.stateRev {
		return false
	}
	changed = m.Redis.State != to
	m.Redis.State, m.Redis.stateRev = to, revision
	return changed
}

// SetTotal is Redis told of a total that SQL has at a revision. short means that
// it had to refuse, as units that are gone cannot be taken off sale.
func (m *Model) SetTotal(sku string, total, revision int64) (short bool) {
	known, ok := m.Redis.totalRev[sku]
	if !ok {
		known = m.Redis.loadedRevision
	}
	switch {
	case revision < known:
		return false
	case total < m.Redis.Totals[sku] && total < m.held(sku, ""):
		return true
	}
	m.Redis.Totals[sku], m.Redis.totalRev[sku] = total, revision
	return false
}

// Transition is the sale's state in SQL.
func (m *Model) Transition(to seckill.SaleState) (ok bool) {
	if m.Sale.State == to {
		return true
	}
	if !m.Sale.State.CanBecome(to) {
		return false
	}
	m.Sale.State, m.Sale.Revision = to, m.Sale.Revision+1
	return true
}

// ChangeTotal is an item's total in SQL.
func (m *Model) ChangeTotal(sku string, delta int64) (ok bool) {
	i := slices.IndexFunc(m.Sale.Items, func(it seckill.Item) bool { return it.SKU == sku })
	total := m.Sale.Items[i].Total + delta
	if m.Sale.State == seckill.SaleClosed || total < m.units(sku, Reserved)+m.units(sku, Sold) || total > seckill.MaxStock {
		return false
	}
	m.Sale.Items = slices.Clone(m.Sale.Items)
	m.Sale.Items[i].Total = total
	m.Sale.Revision++
	return true
}

// Total is an item's total in SQL.
func (m *Model) Total(sku string) int64 {
	it, _ := m.Sale.Item(sku)
	return it.Total
}

// InFlight tells whether any order is in the outbox.
func (m *Model) InFlight() bool {
	for _, o := range m.Orders {
		if o.InOutbox {
			return true
		}
	}
	return false
}

// Available is what Redis can still sell of an item.
func (m *Model) Available(sku string) int64 { return m.Redis.Totals[sku] - m.held(sku, "") }

// Counters are what both sides must count for an item. Total is SQL's.
func (m *Model) Counters(sku string) seckill.ItemCounters {
	c := seckill.ItemCounters{
		SKU: sku, Total: m.Total(sku), Available: m.Available(sku),
		Reserved: m.units(sku, Reserved), Sold: m.units(sku, Sold), Releasing: m.units(sku, Releasing),
	}
	for _, o := range m.Orders {
		if o.InOutbox {
			c.InFlight += quantity(o, sku)
		}
	}
	return c
}

// IDs lists the orders as they were asked for.
func (m *Model) IDs() []seckill.ID { return slices.Sorted(maps.Keys(m.Orders)) }

// held is how many units of an item Redis has given out, to one buyer or to all.
func (m *Model) held(sku, buyer string) (n int64) {
	for _, o := range m.Orders {
		if o.Held && (buyer == "" || o.Buyer == buyer) {
			n += quantity(o, sku)
		}
	}
	return n
}

// units is how many units of an item SQL has in a place.
func (m *Model) units(sku string, in Place) (n int64) {
	for _, o := range m.Orders {
		if o.Stock == in {
			n += quantity(o, sku)
		}
	}
	return n
}

func quantity(o *Order, sku string) int64 {
	for _, l := range o.Lines {
		if l.SKU == sku {
			return l.Quantity
		}
	}
	return 0
}

func (m *Model) become(o *Order, to seckill.OrderStatus) {
	o.Status = to
	m.Announced[o.ID.String()+":"+string(to)] = false
}

// leastLag is how long settling may lag whatever the hold is.
const leastLag = 5 * time.Second
