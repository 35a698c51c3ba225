package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
)

const webhookPath = "/webhooks/payments/standard"

// callback is a provider's body and the headers that sign it.
func callback(t *testing.T, eventID, body string, at time.Time) []string {
	t.Helper()
	h, err := payment.SignedHeader(webhookSecret, eventID, at, []byte(body))
	require.NoError(t, err)
	return headersOf(h)
}

func headersOf(h http.Header) []string {
	var list []string
	for name, values := range h {
		list = append(list, name+": "+values[0])
	}
	return list
}

func paymentBody(kind, paymentID, order string, amount int64, currency string) string {
	b, _ := json.Marshal(map[string]any{"type": kind, "data": map[string]any{"payment_id": paymentID, "order_id": order,
		"amount": amount, "currency": currency, "paid_at": time.Now().UTC().Format(time.RFC3339)}})
	return string(b)
}

func TestACallbackPaysTheOrderOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(5, 5))
	order := s.mustBuy(sale, "alice")
	s.settle(sale)
	id := s.must(200, "POST", "/api/v1/orders/"+order+"/pay", nil, as(t, "alice")).json["payment_id"].(string)
	body := paymentBody("payment.succeeded", id, order, 19900, "CNY")
	send := func(status int, event, body string) answer {
		t.Helper()
		return s.must(status, "POST", webhookPath, body, callback(t, event, body, time.Now())...)
	}
	wrong := paymentBody("payment.succeeded", id, order, 1, "CNY")
	require.Equal(t, "payment_mismatch", send(422, "e0", wrong).code())
	require.Equal(t, "payment_mismatch", send(422, "e0", wrong).code(), "told again")
	require.Equal(t, "payment_mismatch", send(422, "e1", paymentBody("payment.succeeded", id, order, 19900, "USD")).code())
	require.Equal(t, "payment_mismatch", send(422, "e2", paymentBody("payment.succeeded", id, "12345", 19900, "CNY")).code())
	require.Equal(t, "awaiting_payment", s.must(200, "GET", "/api/v1/orders/"+order, nil, as(t, "alice")).json["status"])

	require.Equal(t, "applied", send(200, "e3", body).json["result"])
	require.Equal(t, "paid", s.must(200, "GET", "/api/v1/orders/"+order, nil, as(t, "alice")).json["status"])
	require.Equal(t, "duplicate", send(200, "e3", body).json["result"])
	require.Equal(t, "duplicate", send(200, "e4", body).json["result"], "the same payment by another event")
	before := len(s.must(200, "GET", "/api/v1/admin/callbacks", nil, admin).json["callbacks"].([]any))
	almost := paymentBody("payment.success", id, order, 19900, "CNY")
	require.Equal(t, "ignored", send(200, "e5", almost).json["result"])
	require.Equal(t, "ignored", send(200, "e5", almost).json["result"], "as ever")
	raised := s.must(200, "GET", "/api/v1/admin/callbacks", nil, admin).json["callbacks"].([]any)
	require.Len(t, raised, before+1)
	require.Equal(t, almost, raised[0].(map[string]any)["body"])
	require.Equal(t, "nothing is done for events of this type", raised[0].(map[string]any)["note"])
}

// cancelled is an order that was cancelled, with its unit back on sale.
func (s *shop) cancelled(sale, buyer string) (order string) {
	s.t.Helper()
	order = s.mustBuy(sale, buyer)
	s.settle(sale)
	s.must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, as(s.t, buyer))
	saleID, err := seckill.ParseID(sale)
	require.NoError(s.t, err)
	id, err := seckill.ParseID(order)
	require.NoError(s.t, err)
	epoch, err := s.gate.Release(s.t.Context(), saleID, []seckill.ID{id})
	require.NoError(s.t, err)
	require.NoError(s.t, s.ledger.MarkReleased(s.t.Context(), saleID, []seckill.ID{id}, epoch))
	return order
}

func TestALateCallbackPaysTheOrderWhileThereIsAUnit(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(1, 5))
	late := s.cancelled(sale, "alice")
	later := s.cancelled(sale, "bob")
	send := func(event, payment, order string) answer {
		t.Helper()
		body := paymentBody("payment.succeeded", payment, order, 19900, "CNY")
		return s.must(200, "POST", webhookPath, body, callback(t, event, body, time.Now())...)
	}
	require.Equal(t, "applied", send("e1", "p1", late).json["result"])
	require.Equal(t, "paid", s.must(200, "GET", "/api/v1/orders/"+late, nil, as(t, "alice")).json["status"])
	require.Equal(t, "sold_out", s.buy(sale, "carol", 1).code(), "the unit is not sold again")
	require.Equal(t, "duplicate", send("e1", "p1", late).json["result"])

	require.Equal(t, "refund_due", send("e2", "p2", later).json["result"])
	a := s.must(200, "GET", "/api/v1/orders/"+later, nil, as(t, "bob"))
	require.Equal(t, "refund_due", a.json["status"])
	require.Contains(t, a.json["reason"], "paid_late:")
	require.Equal(t, "duplicate", send("e2", "p2", later).json["result"])
}

// Ordering, opening a payment and cancelling, again and again, and then paying all of
// them buys no more than one order would.
func TestLateCallbacksBuyNoMoreThanTheLimitPerBuyer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(9, 1))
	var orders []string
	for range 3 {
		orders = append(orders, s.cancelled(sale, "alice"))
	}
	for i, want := range []string{"applied", "refund_due", "refund_due"} {
		id := strconv.Itoa(i)
		body := paymentBody("payment.succeeded", "p"+id, orders[i], 19900, "CNY")
		require.Equal(t, want, s.must(200, "POST", webhookPath, body, callback(t, "e"+id, body, time.Now())...).json["result"])
	}
	a := s.must(200, "GET", "/api/v1/orders/"+orders[2], nil, as(t, "alice"))
	require.Equal(t, "refund_due", a.json["status"])
	require.Contains(t, a.json["reason"], "paid_late_limit:")
}

// brokenGate is Redis away just when units are to be taken again.
type brokenGate struct {
	web.Gate
	away bool
}

func (g *brokenGate) Retake(ctx context.Context, o seckill.Order) (string, int64, error) {
	if g.away {
		return "", 0, seckill.Unavailable(errors.New("down"), "down")
	}
	return g.Gate.Retake(ctx, o)
}

func TestALateCallbackIsNotAnsweredBeforeItIsDecided(t *testing.T) {
	t.Parallel()
	broken := &brokenGate{away: true}
	s := newShop(t, func(c *web.Config) { broken.Gate, c.Gate = c.Gate, broken })
	sale := s.open(draft(1, 5))
	late := s.cancelled(sale, "alice")
	body := paymentBody("payment.succeeded", "p1", late, 19900, "CNY")
	for _, event := range []string{"e1", "e1", "e2"} {
		a := s.must(503, "POST", webhookPath, body, callback(t, event, body, time.Now())...)
		require.NotEmpty(t, a.header.Get("Retry-After"))
		require.Equal(t, "cancelled", s.must(200, "GET", "/api/v1/orders/"+late, nil, as(t, "alice")).json["status"])
	}
	broken.away = false
	a := s.must(200, "POST", webhookPath, body, callback(t, "e1", body, time.Now())...)
	require.Equal(t, "applied", a.json["result"])
	require.Equal(t, "paid", s.must(200, "GET", "/api/v1/orders/"+late, nil, as(t, "alice")).json["status"])
	a = s.must(200, "POST", webhookPath, body, callback(t, "e2", body, time.Now())...)
	require.Equal(t, "duplicate", a.json["result"])
}

func TestEveryBadCallbackIsRefusedAndNothingIsApplied(t *testing.T) {
	t.Parallel()
	s := newStubbed(t) // a ledger that panics if it is asked
	good := paymentBody("payment.succeeded", "pay_1", "77", 100, "CNY")
	now := time.Now()
	without := func(name string) []string {
		var kept []string
		for _, h := range callback(t, "e1", good, now) {
			if !strings.HasPrefix(strings.ToLower(h), name+": ") {
				kept = append(kept, h)
			}
		}
		return kept
	}
	for name, c := range map[string]struct {
		path, body string
		headers    []string
		status     int
		code       string
	}{
		"no signature":      {body: good, status: 401, code: "unauthorized"},
		"without id":        {body: good, headers: without("webhook-id"), status: 401, code: "unauthorized"},
		"without timestamp": {body: good, headers: without("webhook-timestamp"), status: 401, code: "unauthorized"},
		"of another body":   {body: strings.Replace(good, "100", "101", 1), headers: callback(t, "e1", good, now), status: 401, code: "unauthorized"},
		"old":               {body: good, headers: callback(t, "e1", good, now.Add(-6*time.Minute)), status: 401, code: "unauthorized"},
		"from the future":   {body: good, headers: callback(t, "e1", good, now.Add(time.Hour)), status: 401, code: "unauthorized"},
		"compressed":        {body: good, headers: append(callback(t, "e1", good, now), "Content-Encoding: gzip"), status: 415, code: "invalid_request"},
		"too large":         {body: strings.Repeat("x", 64<<10+1), status: 413, code: "invalid_request"},
		"other provider":    {path: "/webhooks/payments/other", body: good, headers: callback(t, "e1", good, now), status: 404, code: "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := c.path
			if path == "" {
				path = webhookPath
			}
			a := call(t, s, "POST", path, c.body, c.headers...)
			require.Equal(t, c.status, a.status, "%s", a.body)
			require.Equal(t, c.code, a.code())
		})
	}
}

func TestACallbackIsAnswered200OnlyWhenItIsDurable(t *testing.T) {
	t.Parallel()
	cfg, g, l := stubConfig(t)
	var announced []seckill.Change
	g.announce = func(c seckill.Change) { announced = append(announced, c) }
	s := serverOf(t, cfg)
	body := paymentBody("payment.succeeded", "pay_1", "77", 100, "CNY")
	send := func() answer { return call(t, s, "POST", webhookPath, body, callback(t, "e1", body, time.Now())...) }
	for _, err := range []error{
		seckill.Unavailable(errors.New("down"), "down"),
		errors.New("a defect"),
		seckill.Errorf(seckill.CodeInternal, "a defect"),
		seckill.ErrOutcomeUnknown,
	} {
		l.apply = func(seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
			return "", seckill.Order{}, err
		}
		a := send()
		require.Equal(t, 503, a.status, "%v: %s", err, a.body)
		require.NotEmpty(t, a.header.Get("Retry-After"))
		require.NotContains(t, string(a.body), "defect")
	}
	require.Empty(t, announced)
	l.apply = func(e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
		require.Equal(t, "standard", e.Provider)
		require.Equal(t, "e1", e.ID)
		require.EqualValues(t, 77, e.OrderID)
		return seckill.PaymentApplied, sampleOrder(77, seckill.OrderPaid), nil
	}
	require.Equal(t, 200, send().status)
	require.Equal(t, []seckill.Change{{OrderID: 77, Status: seckill.OrderPaid}}, announced)
}

// Money may have moved, so it is recorded whatever is wrong with it.
func TestWhatIsSignedAndMalformedIsAnsweredOnceItIsRecorded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(5, 5))
	order := s.mustBuy(sale, "alice")
	s.settle(sale)
	good := paymentBody("payment.succeeded", "pay_1", order, 19900, "CNY")
	put := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, replacement, 1)
	}
	seen := 0
	for name, c := range map[string]struct {
		body  string
		field string
		finds bool // the operator finds it with its order
	}{
		"currency in small letters": {put(`"CNY"`, `"cny"`), "data.currency", true},
		"amount as text":            {put("19900", `"19900"`), "data.amount", true},
		"amount in major units":     {put("19900", "199.00"), "data.amount", true},
		"amount beyond 64 bits":     {put("19900", "99999999999999999999"), "data.amount", true},
		"no amount":                 {put(`"amount":19900,`, ""), "data.amount", true},
		"time in small letters":     {strings.NewReplacer("T", "t", "Z", "z").Replace(good), "data.paid_at", true},
		"amount twice":              {put("19900", `19900,"amount":1`), "", false},
		"type in other letters":     {put("payment.succeeded", "Payment.Succeeded"), "type", true},
		"no type":                   {put(`"type":"payment.succeeded"`, `"kind":1`), "type", true},
		"no order":                  {`{"type":"payment.succeeded","data":{}}`, "data.payment_id", false},
		"not JSON":                  {"nonsense", "", false},
		"nothing":                   {"", "", false},
		"nested without end":        {strings.Repeat(`{"data":`, 8_000), "", false},
	} {
		for range 2 {
			a := s.must(400, "POST", webhookPath, c.body, callback(t, "e1", c.body, time.Now())...)
			require.Equal(t, "invalid_request", a.code(), name)
			if c.field != "" {
				require.Equal(t, c.field, a.json["errors"].([]any)[0].(map[string]any)["field"], name)
			}
		}
		if c.finds {
			seen++
		}
		h := s.must(200, "GET", "/api/v1/admin/orders/"+order, nil, admin)
		require.Len(t, h.json["callbacks"], seen, name)
	}
	var bodies []any
	for path := "/api/v1/admin/callbacks?limit=5"; path != ""; {
		page := s.must(200, "GET", path, nil, admin).json
		for _, raised := range page["callbacks"].([]any) {
			raised := raised.(map[string]any)
			require.Equal(t, "malformed", raised["outcome"])
			bodies = append(bodies, raised["body"])
			require.Equal(t, "e1", raised["event_id"], "as the provider has it")
		}
		if path = ""; page["next_cursor"] != nil {
			path = "/api/v1/admin/callbacks?limit=5&cursor=" + page["next_cursor"].(string)
		}
	}
	require.Len(t, bodies, 13, "the operator finds each once")
	require.Contains(t, bodies, "nonsense")
	require.Equal(t, "applied", s.must(200, "POST", webhookPath, good, callback(t, "e1", good, time.Now())...).json["result"],
		"the provider mends it and sends it again")
}

func TestWhatIsMalformedIsSentAgainUntilItIsRecorded(t *testing.T) {
	t.Parallel()
	cfg, _, l := stubConfig(t)
	s := serverOf(t, cfg)
	body := `{"type":"payment.succeeded","data":{"currency":"cny"}}`
	l.apply = func(e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
		require.NotNil(t, e.Malformed)
		require.Equal(t, body, string(e.Body))
		return "", seckill.Order{}, seckill.ErrOutcomeUnknown
	}
	a := call(t, s, "POST", webhookPath, body, callback(t, "e1", body, time.Now())...)
	require.Equal(t, 503, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))
}

func TestAnEventIDThatComesForAnotherOrderIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(5, 5))
	one, other := s.mustBuy(sale, "alice"), s.mustBuy(sale, "bob")
	s.settle(sale)
	send := func(status int, payment, order string) answer {
		t.Helper()
		body := paymentBody("payment.succeeded", payment, order, 19900, "CNY")
		return s.must(status, "POST", webhookPath, body, callback(t, "e1", body, time.Now())...)
	}
	require.Equal(t, "applied", send(200, "p1", one).json["result"])
	require.Equal(t, "payment_mismatch", send(422, "p2", other).code())
	require.Equal(t, "payment_mismatch", send(422, "p2", other).code(), "told again")
	require.Equal(t, "duplicate", send(200, "p1", one).json["result"])
	require.Equal(t, "awaiting_payment", s.must(200, "GET", "/api/v1/orders/"+other, nil, as(t, "bob")).json["status"])
	h := s.must(200, "GET", "/api/v1/admin/orders/"+other, nil, admin)
	require.Len(t, h.json["callbacks"], 1)
}
