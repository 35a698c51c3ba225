package gate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seckill-go/seckill/seckill"
)

// model is the gate as a few lines of Go: what it must agree with after any
// sequence of calls.
type model struct {
	sale     seckill.Sale
	state    seckill.SaleState
	total    map[string]int64
	orders   map[seckill.ID]*modelOrder
	ids      []seckill.ID // of orders
	byKey    map[string]seckill.ID
	newest   map[string]seckill.ID // sku and buyer
	inFlight []string              // entries
	entries  map[string][]seckill.ID
	ticket   int64
	revision int64
}

type modelOrder struct {
	buyer    string
	lines    []seckill.Line
	ticket   int64
	released bool
	again    bool // it was paid late: it holds its units again, or is released for good
	settled  bool
}

func (m *model) units(sku, buyer string) (n int64) {
	for _, o := range m.orders {
		for _, l := range o.lines {
			if l.SKU == sku && !o.released && (buyer == "" || o.buyer == buyer) {
				n += l.Quantity
			}
		}
	}
	return n
}

func (m *model) counters() map[string]Counters {
	all := map[string]Counters{}
	for sku, total := range m.total {
		c := Counters{Total: total, Available: total - m.units(sku, "")}
		for _, o := range m.orders {
			for _, l := range o.lines {
				if l.SKU == sku && !o.settled {
					c.InFlight += l.Quantity
				}
			}
		}
		all[sku] = c
	}
	return all
}

// decide says what must become of a request, and notes it.
func (m *model) decide(r seckill.Request) (code seckill.Code, order seckill.ID) {
	if id, ok := m.byKey[r.Key+" "+r.Buyer]; ok && r.Key != "" {
		return "", id
	}
	if m.state != seckill.SaleReady {
		return seckill.CodeUnavailable, 0
	}
	if code, order = m.short(r.Buyer, r.Lines); code != "" {
		return code, order
	}
	m.ticket++
	m.ids = append(m.ids, r.OrderID)
	m.orders[r.OrderID] = &modelOrder{buyer: r.Buyer, lines: r.Lines, ticket: m.ticket}
	if r.Key != "" {
		m.byKey[r.Key+" "+r.Buyer] = r.OrderID
	}
	for _, l := range r.Lines {
		m.newest[l.SKU+" "+r.Buyer] = r.OrderID
	}
	return "", r.OrderID
}

// short tells which limit or stock stands against lines.
func (m *model) short(buyer string, lines []seckill.Line) (code seckill.Code, order seckill.ID) {
	for _, l := range lines {
		item, _ := m.sale.Item(l.SKU)
		if has := m.units(l.SKU, buyer); has+l.Quantity > item.LimitPerBuyer {
			if has > 0 {
				order = m.newest[l.SKU+" "+buyer]
			}
			return seckill.CodeLimitExceeded, order
		}
	}
	for _, l := range lines {
		if m.total[l.SKU]-m.units(l.SKU, "") < l.Quantity {
			return seckill.CodeSoldOut, 0
		}
	}
	return "", 0
}

func TestGateAgreesWithItsModel(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		rapid.Check(t, func(rt *rapid.T) {
			phone, cup := anItem("phone", 6), anItem("cup", 3)
			phone.LimitPerBuyer, cup.LimitPerBuyer = 3, 2
			m := &model{
				sale: load(t, g, aSale(phone, cup)), state: seckill.SaleReady, revision: 3,
				total:  map[string]int64{"phone": 6, "cup": 3},
				orders: map[seckill.ID]*modelOrder{}, byKey: map[string]seckill.ID{}, newest: map[string]seckill.ID{},
				entries: map[string][]seckill.ID{},
			}
			rt.Repeat(map[string]func(*rapid.T){
				"":         func(rt *rapid.T) { m.agree(t, rt, g) },
				"admit":    func(rt *rapid.T) { m.admit(t, rt, g) },
				"release":  func(rt *rapid.T) { m.release(t, rt, g) },
				"for good": func(rt *rapid.T) { m.releaseForGood(t, rt, g) },
				"retake":   func(rt *rapid.T) { m.retake(t, rt, g) },
				"settle":   func(rt *rapid.T) { m.settle(t, rt, g) },
				"total":    func(rt *rapid.T) { m.setTotal(t, rt, g) },
				"state":    func(rt *rapid.T) { m.setState(t, rt, g) },
			})
		})
	})
}

func (m *model) agree(t *testing.T, rt *rapid.T, g *Gate) {
	got, err := g.Counters(t.Context(), m.sale.ID)
	require.NoError(rt, err)
	require.Equal(rt, m.counters(), got)
}

func (m *model) admit(t *testing.T, rt *rapid.T, g *Gate) {
	var requests []seckill.Request
	for range rapid.IntRange(1, 4).Draw(rt, "requests") {
		buyer := rapid.SampledFrom([]string{"alice", "bob", "carol"}).Draw(rt, "buyer")
		key := rapid.SampledFrom([]string{"", "", "k1", "k2"}).Draw(rt, "key")
		var lines []seckill.Line
		for _, sku := range rapid.SampledFrom([][]string{{"phone"}, {"cup"}, {"cup", "phone"}}).Draw(rt, "items") {
			lines = append(lines, of(sku, rapid.Int64Range(1, 3).Draw(rt, sku)))
		}
		requests = append(requests, wish(t, m.sale, buyer, key, lines...))
	}
	for i, o := range batch(t, g, requests...) {
		code, order := m.decide(requests[i])
		what := fmt.Sprintf("request %d: %v", i, requests[i])
		if code == "" {
			require.NoError(rt, o.err, what)
			require.Equal(rt, order, o.admission.OrderID, what)
			require.Equal(rt, m.orders[order].ticket, o.admission.Ticket, what)
			continue
		}
		require.Equal(rt, code, seckill.CodeOf(o.err), what)
		if code == seckill.CodeLimitExceeded {
			require.Equal(rt, order, o.err.(*seckill.Error).OrderID, what)
		}
	}
}

func (m *model) release(t *testing.T, rt *rapid.T, g *Gate) {
	ids := append(slices.Clone(m.ids), 5) // 5 is nobody's
	orders := rapid.SliceOfN(rapid.SampledFrom(ids), 1, 3).Draw(rt, "orders")
	require.NoError(rt, releaseOf(t, g, m.sale.ID, orders))
	for _, id := range orders {
		if o := m.orders[id]; o != nil && !o.again {
			o.released = true
		}
	}
}

func (m *model) releaseForGood(t *testing.T, rt *rapid.T, g *Gate) {
	if len(m.ids) == 0 {
		return
	}
	id := rapid.SampledFrom(m.ids).Draw(rt, "order")
	_, err := g.ReleaseForGood(t.Context(), m.sale.ID, []seckill.ID{id})
	require.NoError(rt, err)
	m.orders[id].released, m.orders[id].again = true, true
}

func (m *model) retake(t *testing.T, rt *rapid.T, g *Gate) {
	if len(m.ids) == 0 {
		return
	}
	id := rapid.SampledFrom(m.ids).Draw(rt, "order")
	o := m.orders[id]
	want := ""
	if o.released {
		code, _ := m.short(o.buyer, o.lines)
		switch {
		case o.again, code == seckill.CodeSoldOut:
			want = seckill.ReasonPaidLate
		case code == seckill.CodeLimitExceeded:
			want = seckill.ReasonPaidLateLimit
		}
	}
	if want == "" {
		o.released, o.again = false, true
	}
	refusal, _, err := g.Retake(t.Context(), seckill.Order{ID: id, SaleID: m.sale.ID, Buyer: o.buyer, Ticket: o.ticket,
		Lines: o.lines, Currency: "CNY", CreatedAt: time.Now()})
	require.NoError(rt, err)
	require.Equal(rt, want, refusal)
}

func (m *model) settle(t *testing.T, rt *rapid.T, g *Gate) {
	read, err := g.ReadOutbox(t.Context(), m.sale.ID, "reader", 100, 0)
	require.NoError(rt, err)
	for _, e := range read {
		m.inFlight = append(m.inFlight, e.ID)
		for _, o := range e.Orders {
			m.entries[e.ID] = append(m.entries[e.ID], o.ID)
			require.Equal(rt, m.orders[o.ID].lines, o.Lines)
			require.Equal(rt, m.orders[o.ID].ticket, o.Ticket)
		}
	}
	if len(m.inFlight) == 0 {
		return
	}
	entries := rapid.SliceOfN(rapid.SampledFrom(m.inFlight), 1, 3).Draw(rt, "entries")
	require.NoError(rt, g.Settled(t.Context(), m.sale.ID, entriesOf(m.sale.ID, entries), nil))
	for _, e := range entries {
		for _, id := range m.entries[e] {
			m.orders[id].settled = true
		}
	}
}

func (m *model) setTotal(t *testing.T, rt *rapid.T, g *Gate) {
	sku := rapid.SampledFrom([]string{"phone", "cup"}).Draw(rt, "sku")
	total := rapid.Int64Range(0, 12).Draw(rt, "total")
	m.revision++
	err := g.SetTotal(t.Context(), m.sale.ID, sku, total, m.revision)
	if total < m.units(sku, "") {
		require.Equal(rt, seckill.CodeConflict, seckill.CodeOf(err))
		return
	}
	require.NoError(rt, err)
	m.total[sku] = total
}

func (m *model) setState(t *testing.T, rt *rapid.T, g *Gate) {
	state := rapid.SampledFrom([]seckill.SaleState{seckill.SaleReady, seckill.SaleReady, seckill.SalePaused}).Draw(rt, "state")
	m.revision++
	_, err := g.SetState(t.Context(), m.sale.ID, state, m.revision)
	require.NoError(rt, err)
	m.state = state
}

func entriesOf(sale seckill.ID, ids []string) []seckill.OutboxEntry {
	entries := make([]seckill.OutboxEntry, len(ids))
	for i, id := range ids {
		entries[i] = seckill.OutboxEntry{SaleID: sale, ID: id}
	}
	return entries
}
