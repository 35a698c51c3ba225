package buyer_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

func TestBuyingAnswers202WithTheOrder(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(10, 2))
	a := s.Buy(sale, "alice", 2)
	require.Equal(t, 202, a.Status, "%s", a.Body)
	require.Equal(t, "queued", a.JSON["status"])
	require.Equal(t, sale, a.JSON["sale_id"])
	require.EqualValues(t, 1, a.JSON["ticket"])
	require.EqualValues(t, 39800, a.JSON["amount"])
	require.Equal(t, "CNY", a.JSON["currency"])
	require.Equal(t, []any{map[string]any{"sku": "phone-1", "quantity": 2.0, "price": 19900.0}}, a.JSON["lines"])
	created, err := time.Parse(time.RFC3339, a.JSON["created_at"].(string))
	require.NoError(t, err)
	hold, err := time.Parse(time.RFC3339, a.JSON["hold_until"].(string))
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, hold.Sub(created))
}

func TestRepeatedKeyAnswers200WithTheSameOrderAsItNowIs(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	first := s.Buy(sale, "alice", 1, "Idempotency-Key: click-1")
	require.Equal(t, 202, first.Status)
	again := s.Buy(sale, "alice", 1, "Idempotency-Key: click-1")
	require.Equal(t, 200, again.Status, "%s", again.Body)
	require.Equal(t, first.JSON, again.JSON, "still queued, so the very same")
	s.Settle(sale)
	again = s.Buy(sale, "alice", 1, "Idempotency-Key: click-1")
	require.Equal(t, 200, again.Status)
	require.Equal(t, first.JSON["order_id"], again.JSON["order_id"])
	require.Equal(t, "awaiting_payment", again.JSON["status"])
	s.Must(200, "POST", "/api/v1/orders/"+first.JSON["order_id"].(string)+"/cancel", nil, webtest.As(t, "alice"))
	again = s.Buy(sale, "alice", 1, "Idempotency-Key: click-1")
	require.Equal(t, "cancelled", again.JSON["status"])
	other := s.Buy(sale, "bob", 1, "Idempotency-Key: click-1")
	require.NotEqual(t, 200, other.Status, "a key is one buyer's own")
}

func TestSoldOutLimitAndWindowHaveTheirCodes(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	order := s.MustBuy(sale, "alice")
	a := s.Buy(sale, "alice", 1)
	require.Equal(t, 409, a.Status)
	require.Equal(t, "limit_exceeded", a.Code())
	require.Equal(t, order, a.JSON["order_id"])
	a = s.Buy(sale, "bob", 1)
	require.Equal(t, 409, a.Status)
	require.Equal(t, "sold_out", a.Code())
	require.Equal(t, "Sold out", a.JSON["title"])

	early := webtest.Draft(1, 1)
	early["starts_at"] = time.Now().Add(30 * time.Minute).UTC().Format(time.RFC3339)
	a = s.Buy(s.Open(early), "alice", 1)
	require.Equal(t, 403, a.Status)
	require.Equal(t, "not_started", a.Code())
	starts, err := time.Parse(time.RFC3339, a.JSON["starts_at"].(string))
	require.NoError(t, err)
	require.Equal(t, early["starts_at"], starts.Format(time.RFC3339))
	var wait int
	_, err = fmt.Sscan(a.Header.Get("Retry-After"), &wait)
	require.NoError(t, err)
	require.InDelta(t, 30*60, wait, 60)

	over := webtest.Draft(1, 1)
	over["starts_at"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	over["ends_at"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	a = s.Buy(s.Open(over), "alice", 1)
	require.Equal(t, 410, a.Status)
	require.Equal(t, "ended", a.Code())
	ended, err := time.Parse(time.RFC3339, a.JSON["ended_at"].(string))
	require.NoError(t, err)
	require.Equal(t, over["ends_at"], ended.Format(time.RFC3339))
}

func TestPausedAndUnloadedSalesAreUnavailable(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(5, 5))
	s.Must(200, "POST", "/api/v1/admin/sales/"+sale+"/pause", nil, webtest.Admin)
	a := s.Buy(sale, "alice", 1)
	require.Equal(t, 503, a.Status)
	require.Equal(t, "unavailable", a.Code())
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	require.Equal(t, "paused", s.Must(200, "GET", "/api/v1/sales/"+sale, nil).JSON["status"])
	s.Must(200, "POST", "/api/v1/admin/sales/"+sale+"/resume", nil, webtest.Admin)
	s.MustBuy(sale, "alice")

	draftID := s.Must(201, "POST", "/api/v1/admin/sales", webtest.Draft(1, 1), webtest.Admin).JSON["id"].(string)
	require.Equal(t, 404, s.Buy(draftID, "alice", 1).Status, "a draft is not there yet")
	_, err := s.Ledger.TransitionSale(t.Context(), webtest.ID(t, draftID), seckill.SaleReady, "test")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.Buy(draftID, "alice", 1).Status == 503 }, webtest.Deadline, 50*time.Millisecond,
		"ready in SQL, not in Redis yet")
}

func TestEveryBadOrderIsRefusedWithTheFieldAtFault(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(10, 10))
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
			a := webtest.Call(t, s.Server, "POST", c.path, c.body, append([]string{webtest.As(t, "alice")}, c.headers...)...)
			require.Equal(t, c.status, a.Status, "%s", a.Body)
			require.Equal(t, c.code, a.Code())
			if c.field != "" {
				require.Equal(t, []string{c.field}, webtest.ErrorFields(a), "%s", a.Body)
			}
		})
	}
	t.Run("charset utf-8 is fine", func(t *testing.T) {
		t.Parallel()
		a := webtest.Call(t, s.Server, "POST", path, good, webtest.As(t, "bob"), "Content-Type: application/json; charset=UTF-8", "Content-Encoding: identity")
		require.Equal(t, 202, a.Status, "%s", a.Body)
	})
}

// Whoever tells a buyer of an order has to know it when Redis forgets it, also one
// that another call admitted.
func TestAnOrderThatARepetitionTellsOfIsRemembered(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	g.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	g.OnAdmit = func(seckill.Request) (seckill.Admission, error) {
		return seckill.Admission{OrderID: 5, Repeated: true}, nil
	}
	l.OnOrder = func(seckill.ID) (seckill.Order, error) { return seckill.Order{}, webtest.NotFound("") }
	queued := seckill.Order{ID: 5, SaleID: 7, Buyer: "alice", Ticket: 3, Lines: []seckill.Line{{SKU: "phone-1", Quantity: 1, Price: 19900}},
		Amount: 19900, Currency: "CNY", Status: seckill.OrderQueued, CreatedAt: time.Now(), HoldUntil: time.Now().Add(time.Minute)}
	g.OnQueuedOrder = func(seckill.ID, seckill.ID) (seckill.Order, error) { return queued, nil }
	a := webtest.Call(t, webtest.NewServer(t, cfg), "POST", "/api/v1/sales/7/orders", webtest.Lines(1), webtest.As(t, "alice"), "Idempotency-Key: k")
	require.Equal(t, 200, a.Status, "%s", a.Body)
	queued.RequestKey = "k"
	require.Equal(t, []seckill.Order{queued}, g.Remembered)
}

// Redis had forgotten the first order of a key and admitted a second, which failed in
// SQL: whoever asks with the key means the first.
func TestAKeyLeadsToTheOrderThatSQLHasForIt(t *testing.T) {
	t.Parallel()
	for name, repeated := range map[string]bool{"asked again": true, "settled at once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, g, l := webtest.StubConfig(t)
			if !repeated {
				settledAck(&cfg)
			}
			g.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
			second := webtest.SampleOrder(5, seckill.OrderFailed)
			second.Reason = seckill.ReasonDuplicateRequest
			g.OnAdmit = func(r seckill.Request) (seckill.Admission, error) {
				if !repeated {
					second.ID = r.OrderID
					g.Changes <- seckill.Change{OrderID: r.OrderID, Status: second.Status}
				}
				return seckill.Admission{OrderID: second.ID, Repeated: repeated}, nil
			}
			l.OnOrder = func(seckill.ID) (seckill.Order, error) { return second, nil }
			l.OnOrderOfKey = func(key string) (seckill.Order, error) {
				require.Equal(t, "k", key)
				return webtest.SampleOrder(4, seckill.OrderAwaitingPayment), nil
			}
			a := webtest.Call(t, webtest.NewServer(t, cfg), "POST", "/api/v1/sales/7/orders", webtest.Lines(1), webtest.As(t, "alice"), "Idempotency-Key: k")
			require.Equal(t, 200, a.Status, "%s", a.Body)
			require.Equal(t, "4", a.JSON["order_id"])
			require.Equal(t, "awaiting_payment", a.JSON["status"])

			a = webtest.Call(t, webtest.NewServer(t, cfg), "POST", "/api/v1/sales/7/orders", webtest.Lines(2), webtest.As(t, "alice"), "Idempotency-Key: k")
			require.Equal(t, 422, a.Status, "the first was of something else: %s", a.Body)
			require.Equal(t, "4", a.JSON["order_id"])
		})
	}
}

func TestWithoutAnIDLeaseBuyingIsUnavailable(t *testing.T) {
	t.Parallel()
	cfg, g, _ := webtest.StubConfig(t)
	cfg.IDs = seckill.NewIDGenerator(seckill.SystemClock)
	g.OnSale = func(seckill.ID) (seckill.Sale, error) { return webtest.LiveSale(), nil }
	a := webtest.Call(t, webtest.NewServer(t, cfg), "POST", "/api/v1/sales/7/orders", webtest.Lines(1), webtest.As(t, "alice"))
	require.Equal(t, 503, a.Status)
	require.Equal(t, "1", a.Header.Get("Retry-After"))
}

func TestACrowdCostsOneLookAtTheSale(t *testing.T) {
	t.Parallel()
	cfg, g, _ := webtest.StubConfig(t)
	var mu sync.Mutex
	looks := 0
	g.OnSale = func(seckill.ID) (seckill.Sale, error) {
		mu.Lock()
		defer mu.Unlock()
		looks++
		return webtest.LiveSale(), nil
	}
	g.OnAdmit = func(seckill.Request) (seckill.Admission, error) {
		return seckill.Admission{}, seckill.Errorf(seckill.CodeSoldOut, "gone")
	}
	now := time.Now()
	cfg.Clock = func() time.Time { return now } // so that nothing grows old
	s := webtest.NewServer(t, cfg)
	token := "Authorization: Bearer " + webtest.Login(t, s, "alice")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { webtest.Call(t, s, "POST", "/api/v1/sales/7/orders", webtest.Lines(1), token) })
	}
	wg.Wait()
	require.Equal(t, 1, looks)
}
