package ui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web/mockpay"
)

// shop is a server that speaks as much of the API as the pages use, and that a
// test can make misbehave.
type shop struct {
	*httptest.Server
	forOperator
	forDraw
	forQueue

	mu       sync.Mutex
	name     string        // of the sale
	skew     time.Duration // how far its clock is from this machine's
	startsIn time.Duration
	status   string
	items    []map[string]any
	refuse   []refusal // what the next orders get, before one is taken
	order    map[string]any
	place    map[string]any   // in the waitlist
	changed  chan struct{}    // closed and made anew with each change of the order
	moved    chan struct{}    // likewise of the sale
	down     bool             // nothing gets through
	script   string           // runs in each page before its own
	more     []map[string]any // other sales
	returns  time.Duration    // until the first hold ends
	keys     []string         // the Idempotency-Key of each order that came
	verbs    []string         // what the operator pressed
	told     []string         // the ids of the payment provider's callbacks
	queries  []string         // what the operator asked for
	plan     map[string]any   // what the next import would do, where a test says so
	drift    int              // units that the audit misses
	readings int              // how long an operator has watched, in seconds
	opened   time.Time
	noLogin  bool // as at a shop that signs its customers in itself
	bearers  []string
	mock     *mockpay.Handler // the gateway
}

// refusal is one answer to an order; status 0 breaks the connection.
type refusal struct {
	status int
	code   string
	extra  map[string]any
}

const (
	saleID     = "7001"
	orderID    = "9001"
	adminToken = "an-admin-token-of-32-bytes-for-tests"
)

func newShop(t *testing.T) *shop {
	t.Helper()
	s := unstartedShop()
	s.Start()
	go func() { _ = s.mock.Run(t.Context()) }()
	t.Cleanup(func() {
		s.CloseClientConnections() // streams do not end by themselves
		s.Close()
	})
	return s
}

func unstartedShop() *shop {
	s := &shop{name: "Midnight drop: Aurora X2", status: "live", readings: allReadings, changed: make(chan struct{}), moved: make(chan struct{}), opened: time.Now(), startsIn: -time.Minute, items: []map[string]any{
		{"sku": "phone-1", "title": "Aurora X2 phone, 256 GB, midnight", "image_url": "/assets/icon.svg", "images": []string{"/favicon.ico"},
			"price": 199900, "list_price": 259900, "currency": "CNY", "limit_per_buyer": 2, "stock": 100, "available": 42},
	}}
	mux := http.NewServeMux()
	s.Server = httptest.NewUnstartedServer(s.network(mux))
	mux.HandleFunc("/", s.pages(handler()))
	mux.HandleFunc("GET /test/first.js", s.first)
	s.mock = s.gateway()
	mux.Handle(mockpay.Prefix, s.mock)
	mux.HandleFunc("GET /api/v1/sales/{id}/events", s.saleEvents)
	mux.HandleFunc("GET /api/v1/time", s.time)
	mux.HandleFunc("GET /api/v1/sales", s.sales)
	mux.HandleFunc("GET /api/v1/sales/{id}", s.sale)
	mux.HandleFunc("POST /api/v1/sales/{id}/orders", s.buy)
	mux.HandleFunc("/api/v1/sales/{id}/waitlist", s.waitlist)
	mux.HandleFunc("GET /api/v1/sales/{id}/draw", s.getDraw)
	mux.HandleFunc("GET /api/v1/sales/{id}/draw/proof", s.getProof)
	mux.HandleFunc("/api/v1/sales/{id}/draw/entries", s.entries)
	mux.HandleFunc("/api/v1/sales/{id}/queue", s.queuePlace)
	mux.HandleFunc("GET /api/v1/sales/{id}/queue/events", s.queueEvents)
	mux.HandleFunc("GET /api/v1/orders", s.orders)
	mux.HandleFunc("GET /api/v1/orders/{id}", s.getOrder)
	mux.HandleFunc("GET /api/v1/orders/{id}/events", s.events)
	mux.HandleFunc("POST /api/v1/orders/{id}/pay", s.pay)
	mux.HandleFunc("POST /api/v1/orders/{id}/cancel", s.cancel)
	mux.HandleFunc("POST /api/v1/demo/login", s.login)
	mux.HandleFunc("POST "+webhook, s.callback)
	mux.HandleFunc("/api/v1/admin/", s.admin)
	return s
}

// network lets nothing through while it is down.
func (s *shop) network(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		down := s.down
		s.mu.Unlock()
		if down {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}

// lose takes the network away, from requests under way too; find gives it back.
func (s *shop) lose() {
	s.set(func(s *shop) { s.down = true })
	s.CloseClientConnections()
}

func (s *shop) find() { s.set(func(s *shop) { s.down = false }) }

// pages serves the pages, with a script of the test before their own.
func (s *shop) pages(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		script := s.script
		s.mu.Unlock()
		if script == "" || strings.HasPrefix(r.URL.Path, "/assets/") {
			next.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		maps.Copy(w.Header(), rec.Header())
		page := strings.Replace(rec.Body.String(), "<head>", `<head><script src="/test/first.js"></script>`, 1)
		w.Header().Set("Content-Length", fmt.Sprint(len(page)))
		w.WriteHeader(rec.Code)
		_, _ = io.WriteString(w, page)
	}
}

func (s *shop) first(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "text/javascript")
	_, _ = io.WriteString(w, s.script)
}

// opensIn moves the sale's opening, and lets a page that is open know. Until then a test
// keeps it far away: how long a page takes to come nobody knows.
func (s *shop) opensIn(d time.Duration, b *browser) (opens time.Time) {
	b.t.Helper()
	opens = time.Now().Add(d)
	s.set(func(s *shop) { s.startsIn = opens.Sub(s.opened) })
	js[bool](b, `dispatchEvent(new Event('online'))`) // a network that is back is a reason to look
	return opens
}

// stir changes the sale, and tells of it as the server would.
func (s *shop) stir(change func(*shop)) {
	s.set(func(s *shop) {
		change(s)
		close(s.moved)
		s.moved = make(chan struct{})
	})
}

func (s *shop) saleEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		s.mu.Lock()
		body := s.saleBody()
		told := map[string]any{"status": body["status"], "next_return_at": body["next_return_at"], "items": body["items"]}
		if s.queue != nil {
			told["queue"] = map[string]any{"state": s.queue["state"], "joined": s.queue["joined"], "waiting": s.queue["waiting"]}
		}
		news, _ := json.Marshal(told)
		moved := s.moved
		s.mu.Unlock()
		_, _ = fmt.Fprintf(w, "data: %s\n\n", news)
		w.(http.Flusher).Flush()
		select {
		case <-moved:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *shop) set(change func(*shop)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// move gives the order a new status, as the worker would.
func (s *shop) move(status string, more ...string) {
	s.stirOrder(func() {
		s.order["status"] = status
		delete(s.order, "last_payment")
		for i := 0; i+1 < len(more); i += 2 {
			s.order[more[i]] = more[i+1]
		}
	})
}

// failPayment has an attempt to pay fail: the order awaits its payment as before.
func (s *shop) failPayment() {
	s.stirOrder(func() { s.order["last_payment"] = map[string]any{"status": "failed", "at": s.now()} })
}

func (s *shop) stirOrder(change func()) {
	s.set(func(s *shop) {
		change()
		close(s.changed)
		s.changed = make(chan struct{})
	})
}

func (s *shop) now() time.Time { return time.Now().Add(s.skew).UTC() }

func (s *shop) saleBody() map[string]any {
	starts := s.opened.Add(s.skew + s.startsIn).UTC()
	body := map[string]any{"id": saleID, "name": s.name, "status": s.status, "hold_seconds": 900,
		"starts_at": starts.Format(time.RFC3339Nano), "ends_at": starts.Add(time.Hour).Format(time.RFC3339Nano),
		"now": s.now().Format(time.RFC3339Nano), "entry": "open", "items": s.items}
	if s.draw != nil {
		body["entry"], body["entries_until"] = "draw", s.draw.doc["entries_until"]
		drawn := make([]map[string]any, len(s.items))
		for i, it := range s.items {
			drawn[i] = maps.Clone(it)
			if !s.leftOver {
				drawn[i]["drawn_only"] = true
			}
		}
		body["items"] = drawn
	}
	if s.queue != nil {
		body["entry"], body["queue"] = "queue", s.queue
	}
	if s.returns > 0 {
		body["next_return_at"] = s.opened.Add(s.skew + s.returns).UTC().Format(time.RFC3339Nano)
	}
	return body
}

func (s *shop) time(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, 200, map[string]any{"now": s.now(), "unix_ms": s.now().UnixMilli()})
}

func (s *shop) sales(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, 200, map[string]any{"now": s.now(), "sales": append([]map[string]any{s.saleBody()}, s.more...)})
}

func (s *shop) sale(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.PathValue("id") != saleID {
		answer(w, 404, map[string]any{"code": "not_found"})
		return
	}
	answer(w, 200, s.saleBody())
}

func (s *shop) login(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noLogin {
		answer(w, 404, map[string]any{"code": "not_found"})
		return
	}
	var body struct{ Buyer string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	token := "token-of-" + url.QueryEscape(body.Buyer)
	if s.draw != nil || s.queue != nil {
		token = tokenOf(body.Buyer, inAnHour) // of which the page reads whose it is
	}
	answer(w, 200, map[string]any{"token": token})
}

func signedIn(w http.ResponseWriter, r *http.Request) bool {
	if len(r.Header.Get("Authorization")) > len("Bearer token-of-") {
		return true
	}
	answer(w, 401, map[string]any{"code": "unauthorized"})
	return false
}

func (s *shop) buy(w http.ResponseWriter, r *http.Request) {
	if !signedIn(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	s.bearers = append(s.bearers, r.Header.Get("Authorization"))
	s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
	if len(s.refuse) > 0 {
		refused := s.refuse[0]
		s.refuse = s.refuse[1:]
		if refused.status == 0 {
			// In the middle of the answer: before it, the browser itself asks again.
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"order_id":`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		if refused.code == "sold_out" {
			s.items[0]["available"] = 0
		}
		problem := map[string]any{"code": refused.code, "status": refused.status}
		for k, v := range refused.extra {
			problem[k] = v
		}
		answer(w, refused.status, problem)
		return
	}
	if !s.passed(w, r) {
		return
	}
	var asked struct{ Lines []map[string]any }
	_ = json.Unmarshal(body, &asked)
	asked.Lines[0]["price"] = 199900
	amount := int(asked.Lines[0]["quantity"].(float64)) * 199900
	s.order = map[string]any{"order_id": orderID, "sale_id": saleID, "status": "queued", "ticket": 17, "lines": asked.Lines,
		"amount": amount, "currency": "CNY", "created_at": s.now(), "hold_until": s.now().Add(15 * time.Minute)}
	answer(w, 202, s.order)
}

func (s *shop) orders(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []any{}
	if s.order != nil {
		all = append(all, s.order)
	}
	answer(w, 200, map[string]any{"orders": all})
}

// waitlist gives everybody who joins the third place.
func (s *shop) waitlist(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var want struct {
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	}
	switch r.Method {
	case http.MethodPost:
		_ = json.NewDecoder(r.Body).Decode(&want)
		s.place = map[string]any{"sale_id": saleID, "sku": want.SKU, "quantity": want.Quantity, "status": "waiting", "ahead": 2, "joined_at": s.now().Format(time.RFC3339Nano)}
	case http.MethodDelete:
		s.place = maps.Clone(s.place)
		s.place["status"] = "left"
		delete(s.place, "ahead")
	}
	if s.place == nil {
		answer(w, 404, map[string]any{"code": "not_found"})
		return
	}
	answer(w, 200, s.place)
}

func (s *shop) getOrder(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.order == nil || r.PathValue("id") != orderID {
		answer(w, 404, map[string]any{"code": "not_found"})
		return
	}
	answer(w, 200, s.order)
}

func (s *shop) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for n := 1; ; n++ {
		s.mu.Lock()
		body, _ := json.Marshal(s.order)
		status, changed := s.order["status"], s.changed
		s.mu.Unlock()
		_, _ = fmt.Fprintf(w, "id: %d\nevent: order\ndata: %s\n\n: heartbeat\n\n", n, body)
		w.(http.Flusher).Flush()
		if status != "queued" && status != "awaiting_payment" {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *shop) pay(w http.ResponseWriter, _ *http.Request) {
	s.move("paid")
	answer(w, 200, map[string]any{"payment_id": "pay_1", "payment_url": "/orders/" + orderID})
}

func (s *shop) cancel(w http.ResponseWriter, _ *http.Request) {
	s.move("cancelled")
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, 200, s.order)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// gateway is the stand-in payment page, at which the shop's one order can be paid.
func (s *shop) gateway() *mockpay.Handler {
	g, err := mockpay.New(mockpay.Config{Ledger: books{s, testkit.NewGatewayBook(time.Now)}, Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		WebhookURL: "http://" + s.Listener.Addr().String() + webhook, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	return g
}

const webhook = "/webhooks/payments/standard"

// callback takes what the gateway tells, as the service does.
func (s *shop) callback(w http.ResponseWriter, r *http.Request) {
	var event struct{ Type string }
	_ = json.NewDecoder(r.Body).Decode(&event)
	id, result := r.Header.Get("webhook-id"), "applied"
	s.mu.Lock()
	status := s.order["status"]
	if slices.Contains(s.told, id) {
		result = "duplicate"
	}
	s.told = append(s.told, id)
	s.mu.Unlock()
	switch {
	case result == "duplicate":
	case event.Type == "payment.failed":
		s.failPayment()
	case event.Type != "payment.succeeded":
	case status == "expired":
		s.move("refund_due")
	default:
		s.move("paid")
	}
	answer(w, 200, map[string]any{"result": result})
}

// books shows the gateway the shop's order.
type books struct {
	*shop
	*testkit.GatewayBook
}

func (b books) Payment(context.Context, string, string) (seckill.Payment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	status := "open"
	if b.order["status"] == "paid" {
		status = "succeeded"
	}
	return seckill.Payment{ID: "pay_1", OrderID: 9001, Provider: "standard", Amount: 199900, Currency: b.items[0]["currency"].(string), Status: status}, nil
}

func (b books) Order(context.Context, seckill.ID) (seckill.Order, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, _ := b.order["hold_until"].(time.Time)
	return seckill.Order{ID: 9001, SaleID: 7001, Status: seckill.OrderStatus(b.order["status"].(string)), Amount: 199900, Currency: b.items[0]["currency"].(string),
		HoldUntil: until, Lines: []seckill.Line{{SKU: "phone-1", Quantity: 1, Price: 199900}}}, nil
}

func (b books) Sale(context.Context, seckill.ID) (seckill.Sale, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return seckill.Sale{ID: 7001, Items: []seckill.Item{{SKU: "phone-1", Title: b.items[0]["title"].(string)}}}, nil
}
