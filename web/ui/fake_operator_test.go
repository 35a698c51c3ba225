package ui_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const rehearsalID = "7099"

// forOperator is what a test can change of the operators' part.
type forOperator struct {
	waits string           // Retry-After: whoever signs in has to wait
	wrong []map[string]any // what is wrong with a sale that is written
	sales []map[string]any // further sales of the list, as adminSale gives them
	past  string           // what the history of a stream has
	early time.Duration    // how long before its end the closed sale was closed

	stockPlan []map[string]any // what a file of the stock would do, where a test says so
	stockKeys []string         // of files of the stock that were applied
	unheard   bool             // the answer to one that is applied does not come
}

// admin speaks as much of the operators' API as their pages use.
func (s *shop) admin(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	waits := s.waits
	s.mu.Unlock()
	if waits != "" {
		w.Header().Set("Retry-After", waits)
		answer(w, 429, map[string]any{"code": "rate_limited", "detail": "Too many requests."})
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+adminToken {
		answer(w, 401, map[string]any{"code": "unauthorized"})
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/admin")
	if strings.HasSuffix(path, "/live") {
		s.live(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		if path == "/inventory-import" {
			s.importStock(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		s.verbs = append(s.verbs, strings.TrimSpace(path+" "+string(body)))
		s.press(w, path)
		return
	}
	s.queries = append(s.queries, r.URL.RawQuery)
	if path == "/sales" {
		answer(w, 200, map[string]any{"sales": s.listed(strings.Split(r.URL.Query().Get("state"), ","))})
		return
	}
	if body := s.adminPage(path); body != nil {
		answer(w, 200, body)
		return
	}
	answer(w, 404, map[string]any{"code": "not_found"})
}

func (s *shop) press(w http.ResponseWriter, path string) {
	if verb, ok := strings.CutPrefix(path, "/sales/"+queueID+"/queue/"); ok {
		s.pressQueue(w, verb)
		return
	}
	switch path {
	case "/sales", "/sales/7003", "/sales/" + saleID + "/items/phone-1/stock":
		if s.wrong != nil {
			answer(w, 400, map[string]any{"code": "invalid_request", "detail": "It is wrong.", "errors": s.wrong})
			return
		}
		answer(w, 200, s.adminSale("7003", "Winter lights", "draft"))
		return
	case "/sales/" + saleID + "/pause":
		s.status = "paused"
	case "/sales/import":
		answer(w, 200, s.importPlan())
		return
	case "/sales/" + saleID + "/rehearse":
		answer(w, 202, s.rehearsal("running"))
		return
	}
	answer(w, 200, map[string]any{"requeued": 1, "retried": 1})
}

// importStock has 40 more phones delivered, or what a test says; under a key once.
func (s *shop) importStock(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.verbs = append(s.verbs, r.URL.RequestURI()+" "+string(body))
	rows := s.stockPlan
	if rows == nil {
		rows = []map[string]any{{"row": 2, "goods": "phone-1", "before": 2000, "after": 2040, "new": false}, {"row": 3, "goods": "cup-1", "before": 0, "after": 12, "new": true}}
	}
	answered := map[string]any{"applied": false, "repeated": false, "rows": rows}
	if r.URL.Query().Get("apply") == "true" {
		key := r.Header.Get("Idempotency-Key")
		answered["applied"], answered["at"] = true, "2026-11-11T12:00:00.000Z"
		if slices.Contains(s.stockKeys, key) {
			answered["repeated"], answered["rows"] = true, []any{}
		} else {
			s.stockKeys = append(s.stockKeys, key)
		}
		if s.unheard {
			panic(http.ErrAbortHandler)
		}
	}
	answer(w, 200, answered)
}

// importPlan is what a file with one new and one known sale would do.
func (s *shop) importPlan() map[string]any {
	if s.plan != nil {
		return s.plan
	}
	planned := func(action, key, name string) map[string]any {
		sale := s.adminSale("", name, "draft")
		sale["key"] = key
		return map[string]any{"action": action, "sale": sale}
	}
	return map[string]any{"applied": false, "sales": []any{planned("create", "spring-2027", "Spring sale"), planned("unchanged", "winter-2026", "Winter lights")}}
}

func (s *shop) adminPage(path string) map[string]any {
	at := func(ago time.Duration) string { return time.Now().Add(-ago).UTC().Format("2006-01-02T15:04:05.000Z") }
	switch path {
	case "/sales/" + saleID:
		return s.adminSale(saleID, "Midnight drop", s.status)
	case "/sales/" + rehearsalID:
		sale := s.adminSale(rehearsalID, "Midnight drop", "ready")
		sale["rehearsal"] = true
		return sale
	case "/sales/7003":
		return s.adminSale("7003", "Winter lights", "draft")
	case "/sales/" + drawID + "/draw":
		return s.adminTurns()
	case "/sales/" + drawID:
		return s.adminDraw()
	case "/sales/" + queueID + "/queue":
		return s.adminDesk()
	case "/sales/" + queueID:
		return s.adminQueue()
	case "/sales/" + queueID + "/log":
		return map[string]any{"more": false, "actions": []any{
			map[string]any{"at": at(2 * time.Minute), "actor": "admin:Ann", "action": "queue flushed", "revision": 2},
			map[string]any{"at": at(4 * time.Minute), "actor": "admin:Ann", "action": "queue resumed", "revision": 2},
			map[string]any{"at": at(5 * time.Minute), "actor": "admin:Ann", "action": "queue paused", "revision": 2}}}
	case "/sales/" + saleID + "/log", "/sales/" + rehearsalID + "/log", "/sales/7003/log", "/sales/" + drawID + "/log":
		return map[string]any{"more": false, "actions": []any{
			map[string]any{"at": at(4 * time.Minute), "actor": "admin:Ann", "action": "stock", "revision": 4, "sku": "phone-1", "delta": 50, "total": 100, "detail": "more came"},
			map[string]any{"at": at(50 * time.Minute), "actor": "admin:Ann", "action": "resumed", "revision": 3},
			map[string]any{"at": at(55 * time.Minute), "actor": "admin:Ann", "action": "paused", "revision": 3},
			map[string]any{"at": at(time.Hour), "actor": "admin:李雷", "action": "ready", "revision": 2},
			map[string]any{"at": at(2 * time.Hour), "actor": "admin", "action": "created", "revision": 1}}}
	case "/inventory":
		return map[string]any{"goods": []any{goodsOf("earbuds-1", 35, 0, 0, 0), goodsOf("phone-1", 1180+40*len(s.stockKeys), 20, 800, 412)}}
	case "/inventory/phone-1":
		g := goodsOf("phone-1", 1180, 20, 800, 412)
		g["sales"] = []any{map[string]any{"sale_id": saleID, "units": 800}}
		return g
	case "/inventory/phone-1/history":
		return map[string]any{"next_cursor": "11", "changes": []any{
			map[string]any{"id": "15", "goods": "phone-1", "kind": "rollback", "quantity": 2, "order_no": "A-1002", "user": "eve", "reason": "the hold is over", "at": at(time.Minute)},
			map[string]any{"id": "14", "goods": "phone-1", "kind": "confirm", "quantity": 1, "order_no": "A-1001", "user": "eve", "at": at(2 * time.Minute)},
			map[string]any{"id": "13", "goods": "phone-1", "kind": "sell", "quantity": 1, "order_no": "A-1001", "user": "eve", "at": at(3 * time.Minute)},
			map[string]any{"id": "12", "goods": "phone-1", "kind": "allot", "quantity": 800, "sale_id": saleID, "user": "admin:李雷", "at": at(time.Hour)},
			map[string]any{"id": "11", "goods": "phone-1", "kind": "set", "quantity": -8, "user": "admin:Ann", "reason": "broken", "at": at(2 * time.Hour)}}}
	case "/sales/" + saleID + "/orders", "/orders":
		return map[string]any{"orders": []any{s.adminOrder("9003", "paid"), s.adminOrder("9002", "awaiting_payment"), s.adminOrder("9001", "expired")}, "next_cursor": "9001"}
	case "/sales/" + saleID + "/waitlist":
		return map[string]any{"waiting": map[string]any{"phone-1": 2}, "next_cursor": "4", "places": []any{
			map[string]any{"buyer": "eve", "sku": "phone-1", "quantity": 1, "status": "offered", "order_id": "9003", "joined_at": at(9 * time.Minute)},
			map[string]any{"buyer": "bob", "sku": "phone-1", "quantity": 2, "status": "left", "joined_at": at(8 * time.Minute)},
			map[string]any{"buyer": "韩梅梅", "sku": "phone-1", "quantity": 2, "status": "waiting", "joined_at": at(7 * time.Minute)},
			map[string]any{"buyer": "carol", "sku": "phone-1", "quantity": 1, "status": "waiting", "joined_at": at(6 * time.Minute)}}}
	case "/orders/9003":
		return map[string]any{"order": s.adminOrder("9003", "paid"), "place": "sold", "updated_at": at(time.Minute), "dead_letters": []any{},
			"stock":     []any{map[string]any{"at": at(4*time.Minute - time.Second), "move": "reserve", "sku": "phone-1", "quantity": 1}, map[string]any{"at": at(time.Minute - time.Second), "move": "confirm", "sku": "phone-1", "quantity": 1}},
			"payments":  []any{map[string]any{"payment_id": "pay_4f1c", "provider": "standard", "amount": 199900, "currency": "CNY", "status": "succeeded", "created_at": at(2 * time.Minute), "updated_at": at(time.Minute)}},
			"callbacks": []any{map[string]any{"at": at(90 * time.Second), "provider": "standard", "event_id": "e1", "type": "payment.succeeded", "payment_id": "pay_4f1c", "amount": 1, "currency": "CNY", "outcome": "mismatch", "note": "amount 1 instead of 199900"}, map[string]any{"at": at(time.Minute), "provider": "standard", "event_id": "e2", "type": "payment.succeeded", "payment_id": "pay_4f1c", "amount": 199900, "currency": "CNY", "outcome": "applied"}}}
	case "/dead-letters":
		return map[string]any{"dead_letters": []any{map[string]any{"id": "m-17", "queue": "orders.settle", "routing_key": "admitted.900000", "reason": "handler: the entry is not JSON", "attempts": 10, "died_at": at(time.Hour), "body": map[string]any{"sale_id": saleID}}}}
	case "/refunds":
		return map[string]any{"refunds": []any{
			map[string]any{"payment_id": "pay_9a2e", "provider": "standard", "order_id": "9001", "amount": 199900, "currency": "CNY", "since": at(26 * time.Hour), "attempts": 25, "last_error": "the provider refused: account closed"},
			map[string]any{"payment_id": "pay_77b0", "provider": "standard", "order_id": "9004", "amount": 19900, "currency": "CNY", "since": at(time.Minute), "attempts": 1, "next_try_at": at(-10 * time.Second)}}}
	case "/rehearsal":
		return map[string]any{"enabled": true, "rehearsal": s.rehearsal(s.crowd())}
	case "/system":
		return fakeSystem(at(5 * time.Hour))
	}
	return nil
}

func (s *shop) adminSale(id, name, state string) map[string]any {
	// A draft is for the week after, and what is closed was the week before.
	away := map[string]time.Duration{"draft": 7 * 24 * time.Hour, "closed": -7 * 24 * time.Hour}[state]
	starts := s.opened.Add(s.skew + s.startsIn + away).UTC()
	sale := map[string]any{"id": id, "name": name, "state": state, "starts_at": starts.Format(time.RFC3339Nano), "ends_at": starts.Add(time.Hour).Format(time.RFC3339Nano),
		"hold_seconds": 900, "items": s.items, "revision": 4, "created_at": starts.Add(-time.Hour).Format(time.RFC3339Nano)}
	switch state {
	case "ready":
		sale["phase"] = "live"
	case "closed":
		sale["phase"], sale["ended_at"] = "ended", starts.Add(time.Hour-s.early).Format(time.RFC3339Nano)
	}
	return sale
}

// listed are the sales of these states, the newest first, as the server lists them.
func (s *shop) listed(states []string) []any {
	sales := append([]map[string]any{s.adminSale("7003", "Winter lights", "draft"), s.adminSale(saleID, "Midnight drop", s.status), s.adminSale("7000", "Autumn sale", "closed")}, s.forOperator.sales...)
	list := []any{}
	for _, sale := range sales {
		if slices.Contains(states, sale["state"].(string)) {
			list = append(list, sale)
		}
	}
	return list
}

func (s *shop) adminOrder(id, status string) map[string]any {
	of := map[string]struct {
		ticket, price int
		buyer, sku    string
	}{"9003": {17, 199900, "jade-otter-2048", "phone-1"}, "9002": {16, 19900, "amber-heron-7310", "earbuds-1"}, "9001": {9, 9900, "violet-lynx-1187", "charger-1"}}[id]
	made := s.now().Add(-4 * time.Minute)
	return map[string]any{"order_id": id, "sale_id": saleID, "status": status, "ticket": of.ticket, "amount": of.price, "currency": "CNY", "buyer": of.buyer,
		"lines": []any{map[string]any{"sku": of.sku, "quantity": 1, "price": of.price}}, "created_at": made, "hold_until": made.Add(15 * time.Minute)}
}

// rehearsal is one of 2,000 buyers: over, or as far as the shop's readings are.
func (s *shop) rehearsal(state string) map[string]any {
	all := map[string]any{"sale_id": rehearsalID, "source_id": saleID, "state": state, "starts_at": s.now(), "ends_at": s.now().Add(20 * time.Second),
		"plan":    map[string]any{"buyers": 2000, "seconds": 20, "units": 1000, "pay_percent": 80, "twice_percent": 20},
		"arrived": 2000, "calls": 2431, "accepted": 1000, "repeated": 204, "refused": map[string]any{"sold_out": 1227}, "paid": 807,
		"latency_ms": map[string]any{"p50": 1.2, "p95": 9.4, "p99": 21.5, "max": 40}}
	if state == "running" {
		maps.Copy(all, map[string]any{"arrived": 1130, "calls": 1573, "accepted": 800, "repeated": 113, "refused": map[string]any{"limit_exceeded": 660}, "paid": 400})
	} else {
		all["conserved"] = true
	}
	return all
}

func fakeSystem(since string) map[string]any {
	part := func(name, product, version, code string, weak bool, settings ...any) map[string]any {
		return map[string]any{"name": name, "product": product, "version": version, "connected": true, "settings": settings, "promises": []any{map[string]any{"code": code, "text": code, "weak": weak}}}
	}
	setting := func(name, value string) map[string]any {
		return map[string]any{"name": name, "value": value, "source": "default"}
	}
	return map[string]any{
		"program": map[string]any{"version": "v0.9.0", "revision": "0123456789abcdef", "go_version": "go1.26", "role": "web", "mode": "external", "process": "web-1", "started_at": since},
		"parts": []any{part("redis", "Redis", "7.0.15", "redis.everysec", true, setting("appendonly", "yes"), setting("appendfsync", "everysec")),
			part("sql", "MariaDB", "10.11.6", "sql.durable", false, setting("innodb_flush_log_at_trx_commit", "1"), setting("sync_binlog", "1")),
			part("broker", "RabbitMQ", "3.10.8", "broker.quorum", false, setting("queues", "quorum"))},
		"promises": []any{map[string]any{"code": "ack.admitted", "text": "", "weak": false}},
		"settings": []any{setting("mode", "external"), setting("admission.ack", "admitted"), setting("admin.token", "(hidden)")}, "warnings": []any{}}
}

// crowd tells whether a rehearsal's crowd is still there.
func (s *shop) crowd() string {
	if s.readings < allReadings {
		return "running"
	}
	return "done"
}

// allReadings are those of a sale that has sold out a while ago.
const allReadings = 120

// live sends the shop's readings at once, and then the last one each second.
func (s *shop) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range 1_000 {
		s.mu.Lock()
		last := s.readings
		s.mu.Unlock()
		if i >= last {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(time.Second):
			}
		}
		s.mu.Lock()
		reading := s.reading(min(i, last), time.Now().Add(time.Duration(i-last)*time.Second))
		if i == 0 {
			reading = `{"history":[` + s.past + `],` + reading[1:]
		}
		s.mu.Unlock()
		if _, err := fmt.Fprintf(w, "event: reading\ndata: %s\n\n", reading); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
	}
}

// reading is second i of a sale of 1,000 units that sells out.
func (s *shop) reading(i int, at time.Time) string {
	bought := min(1000, max(0, (i-10)*25))
	paid, flight := max(0, bought-300)*8/10, 0
	if bought < 1000 {
		flight = min(40, bought)
	}
	limited, late := min(max(0, i-9), 41)*20, max(0, i-50)*180
	clicks := bought + limited + late
	return fmt.Sprintf(`{"sale_id":"%s","at":%q,"state":%q,"phase":"live","items":[{"sku":"phone-1","total":1000,"available":%d,"in_flight":%d,"reserved":%d,"sold":%d}],`+
		`"orders":{"awaiting_payment":%d,"paid":%d},"refusals":{"sold_out":%d,"limit_exceeded":%d},"orders_in_flight":%d,"orders_settled":%d,"in_flight_limit":12000,"settle_rate":2400,"lag_seconds":0.3,`+
		`"latency":{"count":%d,"seconds":[0.005,0.01,0.05],"orders":[%d,%d,%d]},"audit":{"at":%q,"conserved":%t,"items":[{"sku":"phone-1","drift":%d}]}}`,
		saleID, at.UTC().Format("2006-01-02T15:04:05.000Z"), s.status, 1000-bought, flight, bought-flight-paid, paid, bought-flight-paid, paid, late, limited, flight, bought-flight,
		clicks, clicks*8/10, clicks*99/100, clicks, at.UTC().Format(time.RFC3339), s.drift == 0, s.drift)
}

// goodsOf is the shop's stock of one goods.
func goodsOf(name string, available, reserved, allotted, sold int) map[string]any {
	return map[string]any{"goods": name, "on_hand": available + reserved + allotted, "available": available, "reserved": reserved,
		"allotted": allotted, "sold": sold, "version": 7, "updated_at": "2026-11-11T12:00:00.000Z"}
}
