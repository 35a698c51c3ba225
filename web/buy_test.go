package web_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

func TestBuyingAnswers202WithTheOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(10, 2))
	a := s.buy(sale, "alice", 2)
	require.Equal(t, 202, a.status, "%s", a.body)
	require.Equal(t, "queued", a.json["status"])
	require.Equal(t, sale, a.json["sale_id"])
	require.EqualValues(t, 1, a.json["ticket"])
	require.EqualValues(t, 39800, a.json["amount"])
	require.Equal(t, "CNY", a.json["currency"])
	require.Equal(t, []any{map[string]any{"sku": "phone-1", "quantity": 2.0, "price": 19900.0}}, a.json["lines"])
	created, err := time.Parse(time.RFC3339, a.json["created_at"].(string))
	require.NoError(t, err)
	hold, err := time.Parse(time.RFC3339, a.json["hold_until"].(string))
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, hold.Sub(created))
}

func TestRepeatedKeyAnswers200WithTheSameOrderAsItNowIs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(1, 1))
	first := s.buy(sale, "alice", 1, "Idempotency-Key: click-1")
	require.Equal(t, 202, first.status)
	again := s.buy(sale, "alice", 1, "Idempotency-Key: click-1")
	require.Equal(t, 200, again.status, "%s", again.body)
	require.Equal(t, first.json, again.json, "still queued, so the very same")
	s.settle(sale)
	again = s.buy(sale, "alice", 1, "Idempotency-Key: click-1")
	require.Equal(t, 200, again.status)
	require.Equal(t, first.json["order_id"], again.json["order_id"])
	require.Equal(t, "awaiting_payment", again.json["status"])
	s.must(200, "POST", "/api/v1/orders/"+first.json["order_id"].(string)+"/cancel", nil, as(t, "alice"))
	again = s.buy(sale, "alice", 1, "Idempotency-Key: click-1")
	require.Equal(t, "cancelled", again.json["status"])
	other := s.buy(sale, "bob", 1, "Idempotency-Key: click-1")
	require.NotEqual(t, 200, other.status, "a key is one buyer's own")
}

func TestSoldOutLimitAndWindowHaveTheirCodes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(1, 1))
	order := s.mustBuy(sale, "alice")
	a := s.buy(sale, "alice", 1)
	require.Equal(t, 409, a.status)
	require.Equal(t, "limit_exceeded", a.code())
	require.Equal(t, order, a.json["order_id"])
	a = s.buy(sale, "bob", 1)
	require.Equal(t, 409, a.status)
	require.Equal(t, "sold_out", a.code())
	require.Equal(t, "Sold out", a.json["title"])

	early := draft(1, 1)
	early["starts_at"] = time.Now().Add(30 * time.Minute).UTC().Format(time.RFC3339)
	a = s.buy(s.open(early), "alice", 1)
	require.Equal(t, 403, a.status)
	require.Equal(t, "not_started", a.code())
	starts, err := time.Parse(time.RFC3339, a.json["starts_at"].(string))
	require.NoError(t, err)
	require.Equal(t, early["starts_at"], starts.Format(time.RFC3339))
	var wait int
	_, err = fmt.Sscan(a.header.Get("Retry-After"), &wait)
	require.NoError(t, err)
	require.InDelta(t, 30*60, wait, 60)

	over := draft(1, 1)
	over["starts_at"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	over["ends_at"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	a = s.buy(s.open(over), "alice", 1)
	require.Equal(t, 410, a.status)
	require.Equal(t, "ended", a.code())
	ended, err := time.Parse(time.RFC3339, a.json["ended_at"].(string))
	require.NoError(t, err)
	require.Equal(t, over["ends_at"], ended.Format(time.RFC3339))
}

func TestPausedAndUnloadedSalesAreUnavailable(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(5, 5))
	s.must(200, "POST", "/api/v1/admin/sales/"+sale+"/pause", nil, admin)
	a := s.buy(sale, "alice", 1)
	require.Equal(t, 503, a.status)
	require.Equal(t, "unavailable", a.code())
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Equal(t, "paused", s.must(200, "GET", "/api/v1/sales/"+sale, nil).json["status"])
	s.must(200, "POST", "/api/v1/admin/sales/"+sale+"/resume", nil, admin)
	s.mustBuy(sale, "alice")

	draftID := s.must(201, "POST", "/api/v1/admin/sales", draft(1, 1), admin).json["id"].(string)
	require.Equal(t, 404, s.buy(draftID, "alice", 1).status, "a draft is not there yet")
	_, err := s.ledger.TransitionSale(t.Context(), mustID(t, draftID), seckill.SaleReady, "test")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.buy(draftID, "alice", 1).status == 503 }, deadline, 50*time.Millisecond,
		"ready in SQL, not in Redis yet")
}

func TestEveryBadOrderIsRefusedWithTheFieldAtFault(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(10, 10))
	path := "/api/v1/sales/" + sale + "/orders"
	good := `{"lines":[{"sku":"phone-1","quantity":1}]}`
	long := strings.Repeat("k", 65)
	for name, c := range map[string]struct {
		path, body string
		headers    []string
		status     int
		code       string
		field      string
	}{
		"no body":                {body: "", status: 400, code: "invalid_request"},
		"no JSON":                {body: "{", status: 400, code: "invalid_request"},
		"an array":               {body: "[]", status: 400, code: "invalid_request", field: "body"},
		"null":                   {body: "null", status: 400, code: "invalid_request", field: "body"},
		"no lines":               {body: `{}`, status: 400, code: "invalid_request", field: "lines"},
		"empty lines":            {body: `{"lines":[]}`, status: 400, code: "invalid_request", field: "lines"},
		"too many lines":         {body: `{"lines":[` + strings.Repeat(`{"sku":"phone-1","quantity":1},`, 10) + `{"sku":"phone-1","quantity":1}]}`, status: 400, code: "invalid_request", field: "lines"},
		"unknown field":          {body: `{"lines":[{"sku":"phone-1","quantity":1}],"price":1}`, status: 400, code: "invalid_request", field: "price"},
		"unknown field within":   {body: `{"lines":[{"sku":"phone-1","quantity":1,"price":1}]}`, status: 400, code: "invalid_request", field: "lines[0].price"},
		"field in capitals":      {body: `{"Lines":[{"sku":"phone-1","quantity":1}]}`, status: 400, code: "invalid_request", field: "Lines"},
		"field twice":            {body: `{"lines":[],"lines":[{"sku":"phone-1","quantity":1}]}`, status: 400, code: "invalid_request", field: "lines"},
		"something after":        {body: good + `{}`, status: 400, code: "invalid_request"},
		"unknown sku":            {body: `{"lines":[{"sku":"tv","quantity":1}]}`, status: 400, code: "invalid_request", field: "lines[0].sku"},
		"sku twice":              {body: `{"lines":[{"sku":"phone-1","quantity":1},{"sku":"phone-1","quantity":1}]}`, status: 400, code: "invalid_request", field: "lines[1].sku"},
		"no quantity":            {body: `{"lines":[{"sku":"phone-1"}]}`, status: 400, code: "invalid_request", field: "lines[0].quantity"},
		"quantity zero":          {body: `{"lines":[{"sku":"phone-1","quantity":0}]}`, status: 400, code: "invalid_request", field: "lines[0].quantity"},
		"quantity negative":      {body: `{"lines":[{"sku":"phone-1","quantity":-1}]}`, status: 400, code: "invalid_request", field: "lines[0].quantity"},
		"quantity huge":          {body: `{"lines":[{"sku":"phone-1","quantity":99999999999999999999}]}`, status: 400, code: "invalid_request", field: "lines[0].quantity"},
		"quantity fraction":      {body: `{"lines":[{"sku":"phone-1","quantity":1.5}]}`, status: 400, code: "invalid_request", field: "lines[0].quantity"},
		"quantity text":          {body: `{"lines":[{"sku":"phone-1","quantity":"1"}]}`, status: 400, code: "invalid_request", field: "lines[0].quantity"},
		"key empty":              {body: good, headers: []string{"Idempotency-Key:  "}, status: 400, code: "invalid_request", field: "Idempotency-Key"},
		"key too long":           {body: good, headers: []string{"Idempotency-Key: " + long}, status: 400, code: "invalid_request", field: "Idempotency-Key"},
		"key with a space":       {body: good, headers: []string{"Idempotency-Key: a b"}, status: 400, code: "invalid_request", field: "Idempotency-Key"},
		"key twice":              {body: good, headers: []string{"Idempotency-Key: a", "Idempotency-Key: b"}, status: 400, code: "invalid_request", field: "Idempotency-Key"},
		"no content type":        {body: good, headers: []string{"Content-Type: "}, status: 400, code: "invalid_request", field: "Content-Type"},
		"other content type":     {body: good, headers: []string{"Content-Type: text/plain"}, status: 400, code: "invalid_request", field: "Content-Type"},
		"other charset":          {body: good, headers: []string{"Content-Type: application/json; charset=latin1"}, status: 400, code: "invalid_request", field: "Content-Type"},
		"a form":                 {body: "lines=1", headers: []string{"Content-Type: application/x-www-form-urlencoded"}, status: 400, code: "invalid_request", field: "Content-Type"},
		"compressed":             {body: good, headers: []string{"Content-Encoding: gzip"}, status: 415, code: "invalid_request"},
		"body over 64 KiB":       {body: `{"lines":"` + strings.Repeat("x", 64<<10) + `"}`, status: 413, code: "invalid_request"},
		"sale id with letters":   {path: "/api/v1/sales/abc/orders", body: good, status: 404, code: "not_found"},
		"sale id in other form":  {path: "/api/v1/sales/0" + sale + "/orders", body: good, status: 404, code: "not_found"},
		"sale id beyond 64 bits": {path: "/api/v1/sales/99999999999999999999/orders", body: good, status: 404, code: "not_found"},
		"unknown sale":           {path: "/api/v1/sales/1/orders", body: good, status: 404, code: "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.path == "" {
				c.path = path
			}
			a := call(t, s.server, "POST", c.path, c.body, append([]string{as(t, "alice")}, c.headers...)...)
			require.Equal(t, c.status, a.status, "%s", a.body)
			require.Equal(t, c.code, a.code())
			if c.field != "" {
				require.Equal(t, []string{c.field}, errorFields(a), "%s", a.body)
			}
		})
	}
	t.Run("charset utf-8 is fine", func(t *testing.T) {
		t.Parallel()
		a := call(t, s.server, "POST", path, good, as(t, "bob"), "Content-Type: application/json; charset=UTF-8", "Content-Encoding: identity")
		require.Equal(t, 202, a.status, "%s", a.body)
	})
}

// Whoever tells a buyer of an order has to know it when Redis forgets it, also one
// that another call admitted.
func TestAnOrderThatARepetitionTellsOfIsRemembered(t *testing.T) {
	t.Parallel()
	cfg, g, l := stubConfig(t)
	g.sale = func(seckill.ID) (seckill.Sale, error) { return liveSale(), nil }
	g.admit = func(seckill.Request) (seckill.Admission, error) {
		return seckill.Admission{OrderID: 5, Repeated: true}, nil
	}
	l.order = func(seckill.ID) (seckill.Order, error) { return seckill.Order{}, notFound("") }
	queued := seckill.Order{ID: 5, SaleID: 7, Buyer: "alice", Ticket: 3, Lines: []seckill.Line{{SKU: "phone-1", Quantity: 1, Price: 19900}},
		Amount: 19900, Currency: "CNY", Status: seckill.OrderQueued, CreatedAt: time.Now(), HoldUntil: time.Now().Add(time.Minute)}
	g.queued = func(seckill.ID, seckill.ID) (seckill.Order, error) { return queued, nil }
	a := call(t, serverOf(t, cfg), "POST", "/api/v1/sales/7/orders", lines(1), as(t, "alice"), "Idempotency-Key: k")
	require.Equal(t, 200, a.status, "%s", a.body)
	queued.RequestKey = "k"
	require.Equal(t, []seckill.Order{queued}, g.remembered)
}

// Redis had forgotten the first order of a key and admitted a second, which failed in
// SQL: whoever asks with the key means the first.
func TestAKeyLeadsToTheOrderThatSQLHasForIt(t *testing.T) {
	t.Parallel()
	for name, repeated := range map[string]bool{"asked again": true, "settled at once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, g, l := stubConfig(t)
			if !repeated {
				settledAck(&cfg)
			}
			g.sale = func(seckill.ID) (seckill.Sale, error) { return liveSale(), nil }
			second := sampleOrder(5, seckill.OrderFailed)
			second.Reason = seckill.ReasonDuplicateRequest
			g.admit = func(r seckill.Request) (seckill.Admission, error) {
				if !repeated {
					second.ID = r.OrderID
					g.changes <- seckill.Change{OrderID: r.OrderID, Status: second.Status}
				}
				return seckill.Admission{OrderID: second.ID, Repeated: repeated}, nil
			}
			l.order = func(seckill.ID) (seckill.Order, error) { return second, nil }
			l.ofKey = func(key string) (seckill.Order, error) {
				require.Equal(t, "k", key)
				return sampleOrder(4, seckill.OrderAwaitingPayment), nil
			}
			a := call(t, serverOf(t, cfg), "POST", "/api/v1/sales/7/orders", lines(1), as(t, "alice"), "Idempotency-Key: k")
			require.Equal(t, 200, a.status, "%s", a.body)
			require.Equal(t, "4", a.json["order_id"])
			require.Equal(t, "awaiting_payment", a.json["status"])

			a = call(t, serverOf(t, cfg), "POST", "/api/v1/sales/7/orders", lines(2), as(t, "alice"), "Idempotency-Key: k")
			require.Equal(t, 422, a.status, "the first was of something else: %s", a.body)
			require.Equal(t, "4", a.json["order_id"])
		})
	}
}

func TestWithoutAnIDLeaseBuyingIsUnavailable(t *testing.T) {
	t.Parallel()
	cfg, g, _ := stubConfig(t)
	cfg.IDs = seckill.NewIDGenerator(seckill.SystemClock)
	g.sale = func(seckill.ID) (seckill.Sale, error) { return liveSale(), nil }
	a := call(t, serverOf(t, cfg), "POST", "/api/v1/sales/7/orders", lines(1), as(t, "alice"))
	require.Equal(t, 503, a.status)
	require.Equal(t, "1", a.header.Get("Retry-After"))
}

func TestACrowdCostsOneLookAtTheSale(t *testing.T) {
	t.Parallel()
	cfg, g, _ := stubConfig(t)
	var mu sync.Mutex
	looks := 0
	g.sale = func(seckill.ID) (seckill.Sale, error) {
		mu.Lock()
		defer mu.Unlock()
		looks++
		return liveSale(), nil
	}
	g.admit = func(seckill.Request) (seckill.Admission, error) {
		return seckill.Admission{}, seckill.Errorf(seckill.CodeSoldOut, "gone")
	}
	now := time.Now()
	cfg.Clock = func() time.Time { return now } // so that nothing grows old
	s := serverOf(t, cfg)
	token := "Authorization: Bearer " + login(t, s, "alice")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { call(t, s, "POST", "/api/v1/sales/7/orders", lines(1), token) })
	}
	wg.Wait()
	require.Equal(t, 1, looks)
}

func liveSale() seckill.Sale {
	return seckill.Sale{ID: 7, Name: "A sale", State: seckill.SaleReady, StartsAt: time.Now().Add(-time.Minute), EndsAt: time.Now().Add(time.Hour),
		Hold: time.Minute, Revision: 3, CreatedAt: time.Now(), Items: []seckill.Item{{SKU: "phone-1", Title: "A phone", Price: 100, Currency: "CNY", Total: 10, LimitPerBuyer: 1}}}
}

func login(t *testing.T, s *web.Server, buyer string) string {
	t.Helper()
	a := call(t, s, "POST", "/api/v1/demo/login", map[string]string{"buyer": buyer})
	require.Equal(t, 200, a.status, "%s", a.body)
	return a.json["token"].(string)
}

func mustID(t *testing.T, s string) seckill.ID {
	t.Helper()
	id, err := seckill.ParseID(s)
	require.NoError(t, err)
	return id
}
