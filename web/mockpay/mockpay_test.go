package mockpay_test

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web/mockpay"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var (
	now   = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	open  = seckill.Payment{ID: "pay_1", OrderID: 42, Provider: "standard", Amount: 19900, Currency: "CNY", Status: "open"}
	order = seckill.Order{ID: 42, SaleID: 7, HoldUntil: now.Add(time.Minute), Status: seckill.OrderAwaitingPayment, Amount: 19900, Currency: "CNY",
		Lines: []seckill.Line{{SKU: "phone-1", Quantity: 1, Price: 19900}}}
)

// books is a ledger of one payment.
type books struct {
	*testkit.GatewayBook
	payment seckill.Payment
	status  seckill.OrderStatus // of its order; it awaits its payment by default
}

func booksOf(p seckill.Payment) books {
	return books{testkit.NewGatewayBook(func() time.Time { return now }), p, ""}
}

func (b books) Payment(_ context.Context, provider, id string) (seckill.Payment, error) {
	if provider != b.payment.Provider || id != b.payment.ID {
		return seckill.Payment{}, seckill.Errorf(seckill.CodeNotFound, "no such payment")
	}
	return b.payment, nil
}

func (b books) Order(context.Context, seckill.ID) (seckill.Order, error) {
	o := order
	o.Status = cmp.Or(b.status, o.Status)
	return o, nil
}

func (b books) Sale(_ context.Context, id seckill.ID) (seckill.Sale, error) {
	if id != order.SaleID {
		return seckill.Sale{}, seckill.Errorf(seckill.CodeNotFound, "no such sale")
	}
	return seckill.Sale{ID: id, Items: []seckill.Item{{SKU: "phone-1", Title: "Aurora phone <256 GB>"}}}, nil
}

// shop is the other side: it verifies each callback as the real one does.
type shop struct {
	*httptest.Server
	provider *payment.Standard

	mu      sync.Mutex
	answers []int // what the next calls get; 200 when there are none left
	events  []seckill.PaymentEvent
	refused []error
}

func newShop(t *testing.T, answers ...int) *shop {
	t.Helper()
	p, err := payment.NewStandard(payment.StandardConfig{Secrets: []string{secret},
		CheckoutURL: mockpay.CheckoutURL, Clock: func() time.Time { return now }})
	require.NoError(t, err)
	s := &shop{provider: p, answers: answers}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	event, err := s.provider.Verify(r.Header, body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.refused = append(s.refused, err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.events = append(s.events, event)
	status := http.StatusOK
	if len(s.answers) > 0 {
		status, s.answers = s.answers[0], s.answers[1:]
	}
	w.WriteHeader(status)
	switch status {
	case http.StatusOK:
		_, _ = io.WriteString(w, `{"result":"applied"}`)
	case http.StatusUnprocessableEntity:
		_, _ = io.WriteString(w, `{"code":"payment_mismatch"}`)
	}
}

func (s *shop) seen() ([]seckill.PaymentEvent, []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events, s.refused
}

func gateway(t *testing.T, webhookURL string, change func(*mockpay.Config)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler(t, webhookURL, change))
	t.Cleanup(server.Close)
	return server
}

func handler(t *testing.T, webhookURL string, change func(*mockpay.Config)) *mockpay.Handler {
	t.Helper()
	cfg := mockpay.Config{
		Ledger: booksOf(open),
		Secret: secret, WebhookURL: webhookURL,
		Backoff: time.Millisecond,
		// Far more than a slow machine needs; what a test counts are attempts.
		Wait:   time.Minute,
		Clock:  func() time.Time { return now },
		Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	h, err := mockpay.New(cfg)
	require.NoError(t, err)
	return h
}

func press(t *testing.T, server *httptest.Server, action string) (resp *http.Response, page string) {
	t.Helper()
	client := *server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.PostForm(server.URL+"/mock-pay/pay_1", url.Values{"action": {action}})
	require.NoError(t, err)
	return resp, read(t, resp)
}

func read(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

func TestThePageShowsWhatIsToBePaid(t *testing.T) {
	server := gateway(t, newShop(t).URL, nil)
	resp, err := http.Get(server.URL + "/mock-pay/pay_1")
	require.NoError(t, err)
	page := read(t, resp)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	for _, want := range []string{"¥199.00", "Aurora phone &lt;256 GB&gt; &times; 1", `data-left="60000"`, "/orders/42", `data-testid="mock-pay"`, `data-testid="mock-fail"`} {
		assert.Contains(t, page, want)
	}
	assert.NotContains(t, page, `value="refund"`, "nothing is to be refunded")
}

func TestPagesNeedNothingThatThePolicyForbids(t *testing.T) {
	server := gateway(t, newShop(t, 503, 503, 503).URL, func(c *mockpay.Config) { c.Attempts = 1 })
	resp, err := http.Get(server.URL + "/mock-pay/pay_1")
	require.NoError(t, err)
	assert.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'self'")
	assert.NotContains(t, resp.Header.Get("Content-Security-Policy"), "unsafe")
	_, result := press(t, server, "pay_twice")
	_, problem := press(t, server, "rob")
	for _, page := range []string{read(t, resp), result, problem} {
		assert.NotRegexp(t, regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:|https?://`), page)
	}
	script, err := http.Get(server.URL + "/mock-pay/assets/pay.js")
	require.NoError(t, err)
	assert.Equal(t, "text/javascript; charset=utf-8", script.Header.Get("Content-Type"))
	assert.NotRegexp(t, `innerHTML|eval|https?:`, read(t, script))
	css, err := http.Get(server.URL + "/mock-pay/assets/pay.css")
	require.NoError(t, err)
	assert.Equal(t, "text/css; charset=utf-8", css.Header.Get("Content-Type"))
	assert.NotContains(t, read(t, css), "url(")
}

func TestButtonsTellTheShopAsAProviderWould(t *testing.T) {
	cases := []struct {
		action string
		kind   seckill.PaymentEventType
		amount int64
		events int
		status int
	}{
		{"pay", seckill.PaymentSucceeded, 19900, 1, http.StatusSeeOther},
		{"fail", seckill.PaymentFailed, 19900, 1, http.StatusSeeOther},
		{"pay_twice", seckill.PaymentSucceeded, 19900, 2, http.StatusOK},
		{"wrong_amount", seckill.PaymentSucceeded, 19901, 1, http.StatusOK},
	}
	for _, c := range cases {
		t.Run(c.action, func(t *testing.T) {
			s := newShop(t)
			resp, page := press(t, gateway(t, s.URL, nil), c.action)
			assert.Equal(t, c.status, resp.StatusCode)
			if c.status == http.StatusSeeOther {
				assert.Equal(t, "/orders/42", resp.Header.Get("Location"))
			} else {
				assert.Equal(t, c.events, strings.Count(page, `data-answer="applied"`))
			}
			events, refused := s.seen()
			require.Empty(t, refused, "each callback is signed")
			require.Len(t, events, c.events)
			for _, e := range events {
				assert.Equal(t, c.kind, e.Type)
				assert.Equal(t, c.amount, e.Amount)
				assert.Equal(t, seckill.ID(42), e.OrderID)
				assert.Equal(t, "pay_1", e.PaymentID)
				assert.Equal(t, events[0].ID, e.ID, "deliveries of one event share its id")
			}
		})
	}
}

// A buyer was promised a payment that comes late: it comes when the process that he
// asked has ended, and when the shop cannot take it at first.
func TestALatePaymentArrivesAfterTheHoldFromWhicheverProcess(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock(now)
	s, book := newShop(t, 503, 503), books{testkit.NewGatewayBook(clock.Now), open, ""}
	share := func(c *mockpay.Config) { c.Ledger, c.Clock, c.Attempts = book, clock.Now, 2 }
	resp, _ := press(t, gateway(t, s.URL, share), "pay_late")
	assert.Equal(t, "/orders/42", resp.Header.Get("Location"), "the buyer goes back at once")

	clock.Set(order.HoldUntil)
	due, _ := book.ClaimMockPayments(t.Context(), 1, time.Hour)
	require.Empty(t, due, "nothing is told before the time is up")
	clock.Advance(time.Minute)
	another := handler(t, s.URL, share)
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	running.Go(func() { _ = another.Run(ctx) })
	told := func(n int) func() bool {
		return func() bool { events, _ := s.seen(); return len(events) == n }
	}
	require.Eventually(t, told(2), time.Minute, 10*time.Millisecond, "the shop cannot take it")
	require.Eventually(t, func() bool {
		clock.Advance(time.Second)
		return told(3)()
	}, time.Minute, 10*time.Millisecond)
	events, refused := s.seen()
	require.Empty(t, refused)
	assert.Equal(t, seckill.PaymentSucceeded, events[2].Type)
	require.Eventually(t, func() bool {
		at, _ := book.MockPaidAt(t.Context(), "pay_1")
		return at.IsZero()
	}, time.Minute, 10*time.Millisecond, "what has arrived is forgotten, and so arrives once")
	stop()
	running.Wait()
}

func TestPagesSpeakTheReadersLanguage(t *testing.T) {
	server := gateway(t, newShop(t).URL, nil)
	for _, c := range []struct{ accept, chosen, says string }{
		{"", "", "To be paid"},
		{"fr, zh-TW;q=0.9, en;q=0.1", "", "应付金额"},
		{"zh-CN", "en", "To be paid"},
		{"en", "zh", "应付金额"},
		{"en", "klingon", "To be paid"},
	} {
		req, err := http.NewRequest(http.MethodGet, server.URL+"/mock-pay/pay_1", nil)
		require.NoError(t, err)
		req.Header.Set("Accept-Language", c.accept)
		if c.chosen != "" {
			req.AddCookie(&http.Cookie{Name: "seckill.language", Value: c.chosen})
		}
		resp, err := server.Client().Do(req)
		require.NoError(t, err)
		page := read(t, resp)
		assert.Contains(t, page, c.says, "%+v", c)
		assert.NotContains(t, page, "no value")
		assert.Regexp(t, `<html lang="(en|zh)">`, page)
	}
}

func TestEachPressIsAnEventOfItsOwn(t *testing.T) {
	s := newShop(t)
	server := gateway(t, s.URL, nil)
	press(t, server, "pay")
	press(t, server, "pay")
	events, _ := s.seen()
	require.Len(t, events, 2)
	assert.NotEqual(t, events[0].ID, events[1].ID)
}

func TestACallbackIsSentAgainWhileTheShopCannotTakeIt(t *testing.T) {
	cases := []struct {
		name    string
		answers []int
		sent    int
		paid    bool
	}{
		{"503, then 200", []int{503, 503, 200}, 3, true},
		{"429, then 200", []int{429}, 2, true},
		{"500, then 200", []int{500}, 2, true},
		{"a bounded number of times", []int{503, 503, 503, 503, 503, 503}, 4, false},
		{"a no is a no", []int{422}, 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t, c.answers...)
			resp, page := press(t, gateway(t, s.URL, func(cfg *mockpay.Config) { cfg.Attempts = 4 }), "pay")
			events, refused := s.seen()
			require.Empty(t, refused)
			require.Len(t, events, c.sent)
			for _, e := range events {
				assert.Equal(t, events[0].ID, e.ID)
			}
			if c.paid {
				assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
			} else {
				assert.Equal(t, http.StatusOK, resp.StatusCode)
				assert.Contains(t, page, `data-testid="mock-answer"`)
			}
		})
	}
}

func TestTheShopsNoIsShown(t *testing.T) {
	_, page := press(t, gateway(t, newShop(t, 422).URL, nil), "wrong_amount")
	assert.Contains(t, page, `data-status="422" data-answer="payment_mismatch"`)
}

func TestAShopThatIsGoneIsToldOf(t *testing.T) {
	s := newShop(t)
	s.Close()
	resp, page := press(t, gateway(t, s.URL, func(c *mockpay.Config) { c.Attempts = 2 }), "pay")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, page, `data-answer="no answer"`)
	assert.Contains(t, page, "2 attempts")
}

func TestWaitingEndsInItsTime(t *testing.T) {
	s := newShop(t, 503, 503)
	server := gateway(t, s.URL, func(c *mockpay.Config) { c.Backoff, c.Wait = time.Hour, 1500*time.Millisecond })
	_, page := press(t, server, "pay")
	assert.Contains(t, page, `data-status="503"`)
}

func TestARefundIsToldOfOnlyWhereOneIsDue(t *testing.T) {
	s := newShop(t)
	resp, _ := press(t, gateway(t, s.URL, nil), "refund")
	assert.Equal(t, http.StatusConflict, resp.StatusCode)
	events, _ := s.seen()
	assert.Empty(t, events)

	due := seckill.Payment{ID: "pay_1", OrderID: 42, Provider: "standard", Amount: 19900, Currency: "CNY", Status: "refund_due"}
	press(t, gateway(t, s.URL, func(c *mockpay.Config) { c.Ledger = booksOf(due) }), "refund")
	events, refused := s.seen()
	require.Empty(t, refused)
	require.Len(t, events, 1)
	assert.Equal(t, seckill.RefundSucceeded, events[0].Type)
}

func TestNothingElseIsAnswered(t *testing.T) {
	s := newShop(t)
	server := gateway(t, s.URL, nil)
	form := "application/x-www-form-urlencoded"
	cases := []struct {
		name, method, path, body string
		header                   http.Header
		status                   int
	}{
		{"unknown payment", "GET", "/mock-pay/pay_2", "", nil, 404},
		{"unknown payment paid", "POST", "/mock-pay/pay_2", "action=pay", nil, 404},
		{"unknown button", "POST", "/mock-pay/pay_1", "action=rob", nil, 400},
		{"no button", "POST", "/mock-pay/pay_1", "", nil, 400},
		{"a form too large", "POST", "/mock-pay/pay_1", "x=" + strings.Repeat("x", 5000) + "&action=pay", nil, 400},
		{"another method", "PUT", "/mock-pay/pay_1", "action=pay", nil, 405},
		{"another site's form", "POST", "/mock-pay/pay_1", "action=pay", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"deeper", "GET", "/mock-pay/pay_1/x", "", nil, 404},
		{"a file that is no asset", "GET", "/mock-pay/assets/pay.html", "", nil, 404},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequest(c.method, server.URL+c.path, strings.NewReader(c.body))
			require.NoError(t, err)
			if c.header != nil {
				req.Header = c.header
			}
			req.Header.Set("Content-Type", form)
			resp, err := server.Client().Do(req)
			require.NoError(t, err)
			_ = read(t, resp)
			assert.Equal(t, c.status, resp.StatusCode)
		})
	}
	events, refused := s.seen()
	assert.Empty(t, events)
	assert.Empty(t, refused)
}

func TestABadConfigIsRefused(t *testing.T) {
	cases := map[string]func(*mockpay.Config){
		"no ledger":         func(c *mockpay.Config) { c.Ledger = nil },
		"no secret":         func(c *mockpay.Config) { c.Secret = "" },
		"no address":        func(c *mockpay.Config) { c.WebhookURL = "" },
		"address of a path": func(c *mockpay.Config) { c.WebhookURL = "/webhooks/payments/standard" },
		"endless attempts":  func(c *mockpay.Config) { c.Attempts = 1000 },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := mockpay.Config{Ledger: books{}, Secret: secret, WebhookURL: "http://127.0.0.1/x"}
			_, err := mockpay.New(cfg)
			require.NoError(t, err)
			change(&cfg)
			_, err = mockpay.New(cfg)
			require.Error(t, err)
		})
	}
}

func TestAmountsAreWrittenInTheirCurrency(t *testing.T) {
	for want, p := range map[string]seckill.Payment{
		"¥1,980": {Amount: 1980, Currency: "JPY"}, "¥0.05": {Amount: 5, Currency: "CNY"}, "KWD\u00a01.234": {Amount: 1234, Currency: "KWD"},
		"$1,234,567.00": {Amount: 123456700, Currency: "USD"}, "¥999.00": {Amount: 99900, Currency: "CNY"},
	} {
		p.ID, p.Provider, p.OrderID = "pay_1", "standard", 42
		server := gateway(t, "http://127.0.0.1:1", func(c *mockpay.Config) { c.Ledger = booksOf(p) })
		resp, err := http.Get(server.URL + "/mock-pay/pay_1")
		require.NoError(t, err)
		assert.Contains(t, read(t, resp), want)
	}
}

// What is paid, or cannot be paid any more, has no button to pay it with; and one on
// a page from before pays nothing.
func TestAPaymentThatIsDoneIsNotPaidAgain(t *testing.T) {
	for status, order := range map[string]seckill.OrderStatus{"late": "expired", "succeeded": "paid", "refund_due": "refund_due", "refunded": "refunded",
		"open": "paid", "failed": "paid"} { // the last two: another payment of the order was faster
		s := newShop(t)
		b := bookOf(status)
		b.status = order
		server := gateway(t, s.URL, func(c *mockpay.Config) { c.Ledger = b })
		resp, err := http.Get(server.URL + "/mock-pay/pay_1")
		require.NoError(t, err)
		page := read(t, resp)
		assert.NotContains(t, page, `value="pay"`, status)
		assert.Contains(t, page, "There is nothing more to pay", status)
		assert.Equal(t, status == "refund_due", strings.Contains(page, `value="refund"`), status)
		for _, action := range []string{"pay", "pay_twice", "pay_late", "fail"} {
			resp, _ := press(t, server, action)
			assert.Equal(t, "/orders/42", resp.Header.Get("Location"), "%s of one that is %s", action, status)
		}
		events, _ := s.seen()
		assert.Empty(t, events, status)
	}
	server := gateway(t, newShop(t).URL, nil)
	press(t, server, "pay_silently")
	resp, err := http.Get(server.URL + "/mock-pay/pay_1")
	require.NoError(t, err)
	assert.NotContains(t, read(t, resp), `value="pay"`, "the gateway knows, though the shop does not")
}

// ofShop is the shop's client of the gateway's API.
func ofShop(t *testing.T, server *httptest.Server, secret string) *payment.StandardAPI {
	t.Helper()
	api, err := payment.NewStandardAPI(payment.StandardAPIConfig{URL: server.URL + mockpay.APIPrefix, Secret: secret,
		Timeout: time.Minute, Clock: func() time.Time { return now }})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	return api
}

func bookOf(status string) books {
	return booksOf(seckill.Payment{ID: "pay_1", OrderID: 42, Provider: "standard", Amount: 19900, Currency: "CNY", Status: status, CreatedAt: now})
}

func TestTheShopCanAskWhatBecameOfAPayment(t *testing.T) {
	for status, want := range map[string]payment.Status{
		"open": payment.StatusOpen, "failed": payment.StatusFailed, "succeeded": payment.StatusSucceeded,
		"refund_due": payment.StatusSucceeded, "refunded": payment.StatusRefunded,
	} {
		b := bookOf(status)
		server := gateway(t, newShop(t).URL, func(c *mockpay.Config) { c.Ledger = b })
		state, err := ofShop(t, server, secret).Query(t.Context(), b.payment)
		require.NoError(t, err)
		assert.Equal(t, want, state.Status)
		assert.EqualValues(t, 42, state.OrderID)
		assert.EqualValues(t, 19900, state.Amount)
	}
	server := gateway(t, newShop(t).URL, nil)
	state, err := ofShop(t, server, secret).Query(t.Context(), seckill.Payment{ID: "pay_2"})
	require.NoError(t, err)
	assert.Equal(t, payment.StatusUnknown, state.Status)
	_, err = ofShop(t, server, payment.NewSecret()).Query(t.Context(), bookOf("open").payment)
	require.ErrorContains(t, err, "401")
}

func TestAPaymentOfWhichTheShopWasNotToldIsFoundByAsking(t *testing.T) {
	s, book := newShop(t), booksOf(open)
	share := func(c *mockpay.Config) { c.Ledger = book }
	resp, _ := press(t, gateway(t, s.URL, share), "pay_silently")
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
	events, _ := s.seen()
	assert.Empty(t, events)
	state, err := ofShop(t, gateway(t, s.URL, share), secret).Query(t.Context(), bookOf("open").payment)
	require.NoError(t, err)
	assert.Equal(t, payment.StatusSucceeded, state.Status)
	assert.Equal(t, now, state.PaidAt)
}

func TestTheShopCanHaveMoneyReturned(t *testing.T) {
	for status, ok := range map[string]bool{"refund_due": true, "refunded": true, "open": false, "succeeded": false} {
		b := bookOf(status)
		api := ofShop(t, gateway(t, newShop(t).URL, func(c *mockpay.Config) { c.Ledger = b }), secret)
		for range 2 {
			state, err := api.Refund(t.Context(), b.payment, "refund_pay_1", "late")
			if ok {
				require.NoError(t, err)
				assert.Equal(t, payment.RefundDone, state)
			} else {
				require.ErrorContains(t, err, "conflict")
			}
		}
		other := b.payment
		other.Amount++
		_, err := api.Refund(t.Context(), other, "refund_pay_1", "late")
		require.ErrorContains(t, err, "payment_mismatch")
	}
}
