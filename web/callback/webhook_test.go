package callback_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

func TestACallbackPaysTheOrderOnce(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(5, 5))
	order := s.MustBuy(sale, "alice")
	s.Settle(sale)
	id := s.Must(200, "POST", "/api/v1/orders/"+order+"/pay", nil, webtest.As(t, "alice")).JSON["payment_id"].(string)
	body := webtest.PaymentBody("payment.succeeded", id, order, 19900, "CNY")
	send := func(status int, event, body string) webtest.Answer {
		t.Helper()
		return s.Must(status, "POST", webtest.WebhookPath, body, webtest.Callback(t, event, body, time.Now())...)
	}
	wrong := webtest.PaymentBody("payment.succeeded", id, order, 1, "CNY")
	require.Equal(t, "payment_mismatch", send(422, "e0", wrong).Code())
	require.Equal(t, "payment_mismatch", send(422, "e0", wrong).Code(), "told again")
	require.Equal(t, "payment_mismatch", send(422, "e1", webtest.PaymentBody("payment.succeeded", id, order, 19900, "USD")).Code())
	require.Equal(t, "payment_mismatch", send(422, "e2", webtest.PaymentBody("payment.succeeded", id, "12345", 19900, "CNY")).Code())
	require.Equal(t, "awaiting_payment", s.Must(200, "GET", "/api/v1/orders/"+order, nil, webtest.As(t, "alice")).JSON["status"])

	require.Equal(t, "applied", send(200, "e3", body).JSON["result"])
	require.Equal(t, "paid", s.Must(200, "GET", "/api/v1/orders/"+order, nil, webtest.As(t, "alice")).JSON["status"])
	require.Equal(t, "duplicate", send(200, "e3", body).JSON["result"])
	require.Equal(t, "duplicate", send(200, "e4", body).JSON["result"], "the same payment by another event")
	before := len(s.Must(200, "GET", "/api/v1/admin/callbacks", nil, webtest.Admin).JSON["callbacks"].([]any))
	almost := webtest.PaymentBody("payment.success", id, order, 19900, "CNY")
	require.Equal(t, "ignored", send(200, "e5", almost).JSON["result"])
	require.Equal(t, "ignored", send(200, "e5", almost).JSON["result"], "as ever")
	raised := s.Must(200, "GET", "/api/v1/admin/callbacks", nil, webtest.Admin).JSON["callbacks"].([]any)
	require.Len(t, raised, before+1)
	require.Equal(t, almost, raised[0].(map[string]any)["body"])
	require.Equal(t, "nothing is done for events of this type", raised[0].(map[string]any)["note"])
}

// cancelled is an order that was cancelled, with its unit back on sale.
func cancelled(s *webtest.Shop, sale, buyer string) (order string) {
	s.T.Helper()
	order = s.MustBuy(sale, buyer)
	s.Settle(sale)
	s.Must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, webtest.As(s.T, buyer))
	saleID, err := seckill.ParseID(sale)
	require.NoError(s.T, err)
	id, err := seckill.ParseID(order)
	require.NoError(s.T, err)
	epoch, err := s.Gate.Release(s.T.Context(), saleID, []seckill.ID{id})
	require.NoError(s.T, err)
	require.NoError(s.T, s.Ledger.MarkReleased(s.T.Context(), saleID, []seckill.ID{id}, epoch))
	return order
}

func TestALateCallbackPaysTheOrderWhileThereIsAUnit(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 5))
	late := cancelled(s, sale, "alice")
	later := cancelled(s, sale, "bob")
	send := func(event, payment, order string) webtest.Answer {
		t.Helper()
		body := webtest.PaymentBody("payment.succeeded", payment, order, 19900, "CNY")
		return s.Must(200, "POST", webtest.WebhookPath, body, webtest.Callback(t, event, body, time.Now())...)
	}
	require.Equal(t, "applied", send("e1", "p1", late).JSON["result"])
	require.Equal(t, "paid", s.Must(200, "GET", "/api/v1/orders/"+late, nil, webtest.As(t, "alice")).JSON["status"])
	require.Equal(t, "sold_out", s.Buy(sale, "carol", 1).Code(), "the unit is not sold again")
	require.Equal(t, "duplicate", send("e1", "p1", late).JSON["result"])

	require.Equal(t, "refund_due", send("e2", "p2", later).JSON["result"])
	a := s.Must(200, "GET", "/api/v1/orders/"+later, nil, webtest.As(t, "bob"))
	require.Equal(t, "refund_due", a.JSON["status"])
	require.Contains(t, a.JSON["reason"], "paid_late:")
	require.Equal(t, "duplicate", send("e2", "p2", later).JSON["result"])
}

// Ordering, opening a payment and cancelling, again and again, and then paying all of
// them buys no more than one order would.
func TestLateCallbacksBuyNoMoreThanTheLimitPerBuyer(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(9, 1))
	var orders []string
	for range 3 {
		orders = append(orders, cancelled(s, sale, "alice"))
	}
	for i, want := range []string{"applied", "refund_due", "refund_due"} {
		id := strconv.Itoa(i)
		body := webtest.PaymentBody("payment.succeeded", "p"+id, orders[i], 19900, "CNY")
		require.Equal(t, want, s.Must(200, "POST", webtest.WebhookPath, body, webtest.Callback(t, "e"+id, body, time.Now())...).JSON["result"])
	}
	a := s.Must(200, "GET", "/api/v1/orders/"+orders[2], nil, webtest.As(t, "alice"))
	require.Equal(t, "refund_due", a.JSON["status"])
	require.Contains(t, a.JSON["reason"], "paid_late_limit:")
}

// brokenGate is Redis away just when units are to be taken again.
type brokenGate struct {
	webtest.Gate
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
	s := webtest.NewShop(t, func(c *webtest.Config) { broken.Gate, c.Gate = c.Gate, broken })
	sale := s.Open(webtest.Draft(1, 5))
	late := cancelled(s, sale, "alice")
	body := webtest.PaymentBody("payment.succeeded", "p1", late, 19900, "CNY")
	for _, event := range []string{"e1", "e1", "e2"} {
		a := s.Must(503, "POST", webtest.WebhookPath, body, webtest.Callback(t, event, body, time.Now())...)
		require.NotEmpty(t, a.Header.Get("Retry-After"))
		require.Equal(t, "cancelled", s.Must(200, "GET", "/api/v1/orders/"+late, nil, webtest.As(t, "alice")).JSON["status"])
	}
	broken.away = false
	a := s.Must(200, "POST", webtest.WebhookPath, body, webtest.Callback(t, "e1", body, time.Now())...)
	require.Equal(t, "applied", a.JSON["result"])
	require.Equal(t, "paid", s.Must(200, "GET", "/api/v1/orders/"+late, nil, webtest.As(t, "alice")).JSON["status"])
	a = s.Must(200, "POST", webtest.WebhookPath, body, webtest.Callback(t, "e2", body, time.Now())...)
	require.Equal(t, "duplicate", a.JSON["result"])
}

func TestEveryBadCallbackIsRefusedAndNothingIsApplied(t *testing.T) {
	t.Parallel()
	s := webtest.NewStubbed(t) // a ledger that panics if it is asked
	good := webtest.PaymentBody("payment.succeeded", "pay_1", "77", 100, "CNY")
	now := time.Now()
	without := func(name string) []string {
		var kept []string
		for _, h := range webtest.Callback(t, "e1", good, now) {
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
		"of another body":   {body: strings.Replace(good, "100", "101", 1), headers: webtest.Callback(t, "e1", good, now), status: 401, code: "unauthorized"},
		"old":               {body: good, headers: webtest.Callback(t, "e1", good, now.Add(-6*time.Minute)), status: 401, code: "unauthorized"},
		"from the future":   {body: good, headers: webtest.Callback(t, "e1", good, now.Add(time.Hour)), status: 401, code: "unauthorized"},
		"compressed":        {body: good, headers: append(webtest.Callback(t, "e1", good, now), "Content-Encoding: gzip"), status: 415, code: "invalid_request"},
		"too large":         {body: strings.Repeat("x", 64<<10+1), status: 413, code: "invalid_request"},
		"other provider":    {path: "/webhooks/payments/other", body: good, headers: webtest.Callback(t, "e1", good, now), status: 404, code: "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := c.path
			if path == "" {
				path = webtest.WebhookPath
			}
			a := webtest.Call(t, s, "POST", path, c.body, c.headers...)
			require.Equal(t, c.status, a.Status, "%s", a.Body)
			require.Equal(t, c.code, a.Code())
		})
	}
}

func TestACallbackIsAnswered200OnlyWhenItIsDurable(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	var announced []seckill.Change
	g.OnAnnounce = func(c seckill.Change) { announced = append(announced, c) }
	s := webtest.NewServer(t, cfg)
	body := webtest.PaymentBody("payment.succeeded", "pay_1", "77", 100, "CNY")
	send := func() webtest.Answer {
		return webtest.Call(t, s, "POST", webtest.WebhookPath, body, webtest.Callback(t, "e1", body, time.Now())...)
	}
	for _, err := range []error{
		seckill.Unavailable(errors.New("down"), "down"),
		errors.New("a defect"),
		seckill.Errorf(seckill.CodeInternal, "a defect"),
		seckill.ErrOutcomeUnknown,
	} {
		l.OnApplyPayment = func(seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
			return "", seckill.Order{}, err
		}
		a := send()
		require.Equal(t, 503, a.Status, "%v: %s", err, a.Body)
		require.NotEmpty(t, a.Header.Get("Retry-After"))
		require.NotContains(t, string(a.Body), "defect")
	}
	require.Empty(t, announced)
	l.OnApplyPayment = func(e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
		require.Equal(t, "standard", e.Provider)
		require.Equal(t, "e1", e.ID)
		require.EqualValues(t, 77, e.OrderID)
		return seckill.PaymentApplied, webtest.SampleOrder(77, seckill.OrderPaid), nil
	}
	require.Equal(t, 200, send().Status)
	require.Equal(t, []seckill.Change{{OrderID: 77, Status: seckill.OrderPaid}}, announced)
}

// Money may have moved, so it is recorded whatever is wrong with it.
func TestWhatIsSignedAndMalformedIsAnsweredOnceItIsRecorded(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(5, 5))
	order := s.MustBuy(sale, "alice")
	s.Settle(sale)
	good := webtest.PaymentBody("payment.succeeded", "pay_1", order, 19900, "CNY")
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
			a := s.Must(400, "POST", webtest.WebhookPath, c.body, webtest.Callback(t, "e1", c.body, time.Now())...)
			require.Equal(t, "invalid_request", a.Code(), name)
			if c.field != "" {
				require.Equal(t, c.field, a.JSON["errors"].([]any)[0].(map[string]any)["field"], name)
			}
		}
		if c.finds {
			seen++
		}
		h := s.Must(200, "GET", "/api/v1/admin/orders/"+order, nil, webtest.Admin)
		require.Len(t, h.JSON["callbacks"], seen, name)
	}
	var bodies []any
	for path := "/api/v1/admin/callbacks?limit=5"; path != ""; {
		page := s.Must(200, "GET", path, nil, webtest.Admin).JSON
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
	require.Equal(t, "applied", s.Must(200, "POST", webtest.WebhookPath, good, webtest.Callback(t, "e1", good, time.Now())...).JSON["result"],
		"the provider mends it and sends it again")
}

func TestWhatIsMalformedIsSentAgainUntilItIsRecorded(t *testing.T) {
	t.Parallel()
	cfg, _, l := webtest.StubConfig(t)
	s := webtest.NewServer(t, cfg)
	body := `{"type":"payment.succeeded","data":{"currency":"cny"}}`
	l.OnApplyPayment = func(e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
		require.NotNil(t, e.Malformed)
		require.Equal(t, body, string(e.Body))
		return "", seckill.Order{}, seckill.ErrOutcomeUnknown
	}
	a := webtest.Call(t, s, "POST", webtest.WebhookPath, body, webtest.Callback(t, "e1", body, time.Now())...)
	require.Equal(t, 503, a.Status)
	require.NotEmpty(t, a.Header.Get("Retry-After"))
}

func TestAnEventIDThatComesForAnotherOrderIsRefused(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(5, 5))
	one, other := s.MustBuy(sale, "alice"), s.MustBuy(sale, "bob")
	s.Settle(sale)
	send := func(status int, payment, order string) webtest.Answer {
		t.Helper()
		body := webtest.PaymentBody("payment.succeeded", payment, order, 19900, "CNY")
		return s.Must(status, "POST", webtest.WebhookPath, body, webtest.Callback(t, "e1", body, time.Now())...)
	}
	require.Equal(t, "applied", send(200, "p1", one).JSON["result"])
	require.Equal(t, "payment_mismatch", send(422, "p2", other).Code())
	require.Equal(t, "payment_mismatch", send(422, "p2", other).Code(), "told again")
	require.Equal(t, "duplicate", send(200, "p1", one).JSON["result"])
	require.Equal(t, "awaiting_payment", s.Must(200, "GET", "/api/v1/orders/"+other, nil, webtest.As(t, "bob")).JSON["status"])
	h := s.Must(200, "GET", "/api/v1/admin/orders/"+other, nil, webtest.Admin)
	require.Len(t, h.JSON["callbacks"], 1)
}
