package e2e

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/broker"
)

// The lives of an installation of which one process dies: each goes on until
// that has happened, and then checks that nothing was lost.

func rushing(m *mortal) {
	units := testkit.Sized(200, 100)
	s := m.openSale(longHold, item{"phone-1", int64(units), 1})
	accepted := s.rush(crowd{buyers: units * 3 / 2, clicks: 1, connections: 16}, "phone-1")
	m.whole()
	s.exactly(units, "phone-1", accepted)
}

func expiring(m *mortal) {
	const units = 40
	s := m.openSale(shortHold, item{"phone-1", units, 1})
	var held []told
	crowds := 0
	for waves := 0; waves < 20 && !m.dead(); waves++ {
		var wave []told
		// On a slow machine several crowds find nothing before the units are back.
		testkit.Eventually(m.t, func() bool {
			crowds++
			wave = s.rush(crowd{name: fmt.Sprintf("wave-%d", crowds), buyers: units + 10, clicks: 1, connections: 2}, "phone-1")
			return m.dead() || len(wave) > 0
		}, "units are on sale again")
		held = append(held, wave...)
		testkit.Eventually(m.t, func() bool { return m.dead() || s.isStatus(wave[0], "expired") }, "the holds have ended")
	}
	m.whole()
	for _, o := range held {
		testkit.Eventually(m.t, func() bool { return s.isStatus(o, "expired") }, "order "+o.order+" has expired")
	}
	require.EqualValues(m.t, units, s.audit()["phone-1"].Available, "every unit is back")
	s.historyAddsUp("phone-1", held, 0)
}

// goOnFor is how many buyers come after the death.
const goOnFor = 5

func paying(m *mortal) {
	const units = 1000
	announced := m.watchEvents()
	s := m.openSale(longHold, item{"phone-1", units, 1})
	var paid []told
	for after := 0; after < goOnFor; {
		if m.dead() {
			after++
		}
		paid = append(paid, s.buyAndPayOne(fmt.Sprintf("payer-%d", len(paid))))
	}
	m.whole()
	for _, o := range paid {
		require.True(m.t, s.isStatus(o, "paid"))
		announced(o, "awaiting_payment", "paid")
		m.shop.wasTold(o, "awaiting_payment", "paid")
	}
	it := s.auditOnceSold("phone-1", int64(len(paid)))
	require.EqualValues(m.t, units-len(paid), it.Available)
	s.historyAddsUp("phone-1", paid, len(paid))
}

func (s sale) buyAndPayOne(buyer string) told {
	s.t.Helper()
	token := buyerToken(buyer)
	a := s.insist(0, token, "key", "phone-1")
	require.Contains(s.t, []int{200, 202}, a.HTTP, "%s", a.Body)
	p := s.persistently("POST", "/api/v1/orders/"+a.OrderID+"/pay", token, nil)
	require.Equal(s.t, 200, p.HTTP, "%s", p.Body)
	c := s.untilAnswered(func() (answer, error) {
		return s.tryCallback("evt_"+p.PaymentID, time.Now(), succeeded(p.PaymentID, a.OrderID, price))
	})
	require.Contains(s.t, []string{"applied", "duplicate"}, c.Result, "%s", c.Body)
	return told{buyer, a.OrderID}
}

// A payment that comes late is decided once, by whoever is alive.
func payingLate(m *mortal) {
	const units = 100
	s := m.openSale(longHold, item{"phone-1", units, 1})
	var paid []told
	for after := 0; after < goOnFor; {
		if m.dead() {
			after++
		}
		paid = append(paid, s.buyCancelAndPayOne(fmt.Sprintf("late-%d", len(paid))))
	}
	m.whole()
	for _, o := range paid {
		require.True(m.t, s.isStatus(o, "paid"))
	}
	it := s.auditOnceSold("phone-1", int64(len(paid)))
	require.EqualValues(m.t, units-len(paid), it.Available)
	s.historyAddsUp("phone-1", paid, len(paid))
}

func (s sale) buyCancelAndPayOne(buyer string) told {
	s.t.Helper()
	o := s.buyAndCancelOne(buyer)
	c := s.untilAnswered(func() (answer, error) {
		return s.tryCallback("evt_"+o.order, time.Now(), succeeded("pay_"+o.order, o.order, price))
	})
	require.Contains(s.t, []string{"applied", "duplicate"}, c.Result, "%s", c.Body)
	return o
}

// What was paid twice is returned once.
func refunding(m *mortal) {
	s := m.openSale(longHold, item{"phone-1", 1000, 1})
	var twice []string
	for after := 0; after < goOnFor; {
		if m.dead() {
			after++
		}
		twice = append(twice, s.buyAndPayTwice(fmt.Sprintf("payer-%d", len(twice))))
	}
	m.whole()
	m.provider.returns(s.stage, twice)
	require.Len(m.t, m.provider.refunded(), len(twice))
	s.auditOnceSold("phone-1", int64(len(twice)))
}

func (s sale) buyAndPayTwice(buyer string) (paymentID string) {
	s.t.Helper()
	o := s.buyAndPayOne(buyer)
	paymentID = "pay_again_" + o.order
	c := s.untilAnswered(func() (answer, error) {
		return s.tryCallback("evt_"+paymentID, time.Now(), succeeded(paymentID, o.order, price))
	})
	require.Contains(s.t, []string{"refund_due", "duplicate"}, c.Result, "%s", c.Body)
	return paymentID
}

// returns waits until the money of payments is back, and the ledger knows.
func (p *provider) returns(s *stage, payments []string) {
	p.t.Helper()
	l := s.openLedger()
	for _, id := range payments {
		testkit.Eventually(p.t, func() bool {
			payment, err := l.Payment(p.t.Context(), "standard", id)
			return err == nil && payment.Status == "refunded"
		}, "payment "+id+" is refunded")
		require.Contains(p.t, p.refunded(), "refund_"+id)
	}
}

// Payments of which nobody tells are found before their orders expire.
func inquiring(m *mortal) {
	m.provider.takeAll(m.stage)
	s := m.openSale(shortHold, item{"phone-1", 100, 1})
	var paid []told
	for after := 0; after < 2; {
		if m.dead() {
			after++
		}
		buyer := fmt.Sprintf("silent-%d", len(paid))
		_, order, _ := s.begun(buyer)
		o := told{buyer, order}
		testkit.Eventually(m.t, func() bool { return m.dead() || s.isStatus(o, "paid") }, "the payment is found")
		paid = append(paid, o)
	}
	m.whole()
	for _, o := range paid {
		testkit.Eventually(m.t, func() bool { return s.isStatus(o, "paid") }, "the payment is found")
	}
	s.auditOnceSold("phone-1", int64(len(paid)))
}

func cancelling(m *mortal) {
	const units = 100
	s := m.openSale(longHold, item{"phone-1", units, 1})
	var given []told
	for after := 0; after < goOnFor; {
		if m.dead() {
			after++
		}
		given = append(given, s.buyAndCancelOne(fmt.Sprintf("canceller-%d", len(given))))
	}
	m.whole()
	for _, o := range given {
		require.True(m.t, s.isStatus(o, "cancelled"))
	}
	require.EqualValues(m.t, units, s.audit()["phone-1"].Available, "every unit is back")
	s.historyAddsUp("phone-1", given, 0)
}

func (s sale) buyAndCancelOne(buyer string) told {
	s.t.Helper()
	token := buyerToken(buyer)
	order := s.insist(0, token, "key", "phone-1").OrderID
	a := s.persistently("POST", "/api/v1/orders/"+order+"/cancel", token, nil)
	// A conflict: cancelled before, by a call whose answer was lost.
	require.True(s.t, a.HTTP == 200 || a.HTTP == 409 && a.State == "cancelled", "%d %s", a.HTTP, a.Body)
	return told{buyer, order}
}

// A sale whose preload died is loaded by the worker.
func preloading(m *mortal) {
	var sales []sale
	for !m.dead() {
		s := m.draftSale(longHold, item{"phone-1", 10, 1})
		sales = append(sales, s)
		m.attempt(s, "/preload", nil)
	}
	m.whole()
	for _, s := range sales {
		s.sells()
		require.EqualValues(m.t, 10, s.audit()["phone-1"].Total)
	}
}

// A closed sale gives the shop what it did not sell, and has it no more itself.
func returning(m *mortal) {
	const goods, units = "cup-1", 100
	m.delivered(goods, units)
	var sales []sale
	for !m.dead() {
		s := m.draftSaleOf(goods, longHold, item{"phone-1", 10, 1})
		s.administer("/preload", nil)
		s.buyAndPayOne(fmt.Sprintf("payer-%d", len(sales)))
		s.administer("/close", nil)
		sales = append(sales, s)
		testkit.Eventually(m.t, func() bool { return m.dead() || m.stock(goods).Allotted == 0 }, "the sale has given back what it did not sell")
	}
	m.whole()
	testkit.Eventually(m.t, func() bool { return m.stock(goods).Allotted == 0 }, "each sale has given back what it did not sell")
	sold := int64(len(sales))
	require.Equal(m.t, stock{OnHand: units - sold, Available: units - sold, Sold: sold}, m.stock(goods))
	m.goodsAddUp()
	for _, s := range sales {
		s.keepsOnly(1)
	}
}

// A sale of which Redis lost a key is restored, also when the worker that restores
// it dies in the middle. The outbox is still there, so no order is lost.
func restoring(m *mortal) {
	s := m.openSale(longHold, item{"phone-1", 200, 1})
	accepted := s.rush(crowd{name: "before", buyers: 100, clicks: 1, connections: 16}, "phone-1")
	client := redis.NewClient(&redis.Options{Addr: m.setting("SECKILL_REDIS_ADDRS"), Password: m.setting("SECKILL_REDIS_PASSWORD")})
	defer client.Close()
	require.NoError(m.t, client.Del(m.t.Context(), m.setting("SECKILL_REDIS_PREFIX")+":{"+s.id+"}:meta").Err())
	accepted = append(accepted, s.rush(crowd{name: "after", buyers: 200, clicks: 1, connections: 16}, "phone-1")...)
	m.whole()
	s.exactly(200, "phone-1", accepted)
}

// A sale is paused or open as SQL has it, also where Redis was not told.
func pausing(m *mortal) {
	s := m.openSale(longHold, item{"phone-1", 1000, 1})
	last := ""
	for !m.dead() {
		last = map[string]string{"pause": "resume", "resume": "pause", "": "pause"}[last]
		m.attempt(s, "/"+last, nil)
	}
	m.whole()
	require.Equal(m.t, "pause", last, "the third change")
	buyers := 0
	testkit.Eventually(m.t, func() bool {
		buyers++
		return s.buy(0, buyerToken(fmt.Sprintf("early-%d", buyers)), "key", line{"phone-1", 1}).HTTP == 503
	}, "nobody can buy any more")
	s.administer("/resume", nil)
	s.sells()
	s.audit()
}

// An operator who was not answered looks at the sale and goes on from there.
func stocking(m *mortal) {
	s := m.openSale(longHold, item{"phone-1", 100, 1})
	for i := 0; !m.dead(); i++ {
		m.attempt(s, stockPath, stockChange([]int64{-3, 5}[i%2]))
	}
	m.whole()
	total := s.total()
	require.Contains(m.t, []int64{94, 97, 99, 102, 104, 105, 109}, total)
	s.administer(stockPath, stockChange(-7))
	require.Equal(m.t, total-7, s.total())
	it := s.audit()["phone-1"]
	require.Equal(m.t, total-7, it.Total, "in Redis as in SQL")
	require.Equal(m.t, total-7, it.Available)
}

const stockPath = "/items/phone-1/stock"

func stockChange(delta int64) map[string]any {
	return map[string]any{"delta": delta, "reason": "a rehearsal"}
}

// total is what SQL has as the item's total.
func (s sale) total() int64 {
	s.t.Helper()
	var made struct{ Items []struct{ Stock int64 } }
	require.NoError(s.t, json.Unmarshal(must(s.t, "GET", s.adminURL(), adminToken, nil).Body, &made))
	require.Len(s.t, made.Items, 1)
	return made.Items[0].Stock
}

// sells checks that a unit can be bought.
func (s sale) sells() {
	s.t.Helper()
	a := s.insist(0, buyerToken("late"), "key-late", "phone-1")
	require.Equal(s.t, 202, a.HTTP, "%s", a.Body)
	s.settled([]told{{"late", a.OrderID}})
}

// isStatus tells whether the order has the status now.
func (s *stage) isStatus(o told, status string) bool {
	a, err := call("GET", s.url(0)+"/api/v1/orders/"+o.order, buyerToken(o.buyer), nil, nil)
	return err == nil && a.HTTP == 200 && a.Status == status
}

// persistently calls until there is an answer that is not to come again.
func (s *stage) persistently(method, path, token string, body any) answer {
	s.t.Helper()
	return s.untilAnswered(func() (answer, error) { return call(method, s.url(0)+path, token, nil, body) })
}

func (s *stage) untilAnswered(try func() (answer, error)) answer {
	s.t.Helper()
	var a answer
	testkit.Eventually(s.t, func() bool {
		var err error
		a, err = try()
		return err == nil && a.HTTP != 503 && (a.HTTP != 409 || a.State != "queued")
	}, "there is an answer")
	return a
}

// administer does what an operator does until it has worked.
func (s sale) administer(path string, body any) {
	s.t.Helper()
	a := s.persistently("POST", "/api/v1/admin/sales/"+s.id+path, adminToken, body)
	require.Equal(s.t, 200, a.HTTP, "%s", a.Body)
}

// attempt does what an operator does once. It must work, or be the victim's end.
func (m *mortal) attempt(s sale, path string, body any) {
	m.t.Helper()
	a, err := call("POST", s.adminURL()+path, adminToken, nil, body)
	if err != nil {
		testkit.Eventually(m.t, m.dead, "the process that did not answer has died")
		return
	}
	require.Equal(m.t, 200, a.HTTP, "%s", a.Body)
}

// watchEvents binds a queue to the events, as the shop's other systems do. What
// it returns waits until events of the order have come. In embedded mode nobody
// can listen.
func (s *stage) watchEvents() (announced func(o told, statuses ...string)) {
	s.t.Helper()
	if len(s.workers) == 0 {
		return func(told, ...string) {}
	}
	ch, names := s.amqpChannel()
	queue, err := ch.QueueDeclare("", false, true, true, false, nil)
	require.NoError(s.t, err)
	require.NoError(s.t, ch.QueueBind(queue.Name, "order.*", names.Exchange(broker.ExchangeEvents), false, nil))
	deliveries, err := ch.Consume(queue.Name, "", true, true, false, false, nil)
	require.NoError(s.t, err)
	var seen sync.Map
	go func() {
		for d := range deliveries {
			var event struct{ Order struct{ ID string } }
			if json.Unmarshal(d.Body, &event) == nil {
				seen.Store(d.RoutingKey+" "+event.Order.ID, true)
			}
		}
	}()
	return func(o told, statuses ...string) {
		s.t.Helper()
		for _, status := range statuses {
			event := "order." + status + " " + o.order
			testkit.Eventually(s.t, func() bool { _, ok := seen.Load(event); return ok }, event+" was published")
		}
	}
}
