package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/payment"
)

// provider is a payment provider with an API: it tells what became of payments,
// and returns money.
type provider struct {
	*httptest.Server
	t        *testing.T
	verifier *payment.Verifier

	mu      sync.Mutex
	away    bool
	orderOf func(paymentID string) string // set where every buyer has paid
	asked   map[string]int
	refunds map[string]payment.RefundRequest // by refund id
}

func newProvider(t *testing.T) *provider {
	verifier, err := payment.NewVerifier([]string{paymentSecret}, 0, nil)
	require.NoError(t, err)
	p := &provider{t: t, verifier: verifier, asked: map[string]int{},
		refunds: map[string]payment.RefundRequest{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/payments/{id}", p.query)
	mux.HandleFunc("POST /v1/refunds", p.refund)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// env makes an installation ask the provider, and soon again.
func (p *provider) env() []string {
	return []string{"SECKILL_PAYMENT_STANDARD_API_URL=" + p.URL + "/v1", "SECKILL_INQUIRER_EVERY=50ms",
		"SECKILL_REFUNDER_EVERY=50ms", "SECKILL_REFUNDER_BACKOFF=50ms"}
}

// takeAll makes every buyer who went to pay have paid, and nobody told of it.
func (p *provider) takeAll(s *stage) {
	l := s.openLedger()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.orderOf = func(paymentID string) string {
		payment, err := l.Payment(context.Background(), "standard", paymentID)
		if err != nil {
			p.t.Errorf("payment %s: %v", paymentID, err)
		}
		return payment.OrderID.String()
	}
}

func (p *provider) setAway(away bool) { p.mu.Lock(); defer p.mu.Unlock(); p.away = away }

func (p *provider) refunded() map[string]payment.RefundRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make(map[string]payment.RefundRequest, len(p.refunds))
	for id, r := range p.refunds {
		list[id] = r
	}
	return list
}

func (p *provider) query(w http.ResponseWriter, r *http.Request) {
	if !p.open(w, r, nil) {
		return
	}
	defer p.mu.Unlock()
	id := r.PathValue("id")
	p.asked[id]++
	if p.orderOf == nil {
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "not_found"})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"payment_id": id, "order_id": p.orderOf(id), "amount": price, "currency": "CNY",
		"status": "succeeded", "paid_at": time.Now().UTC()})
}

func (p *provider) refund(w http.ResponseWriter, r *http.Request) {
	var in payment.RefundRequest
	if !p.open(w, r, &in) {
		return
	}
	defer p.mu.Unlock()
	if before, again := p.refunds[in.RefundID]; again && before != in {
		p.t.Errorf("the refund %s is another one now: %+v, before %+v", in.RefundID, in, before)
	}
	p.refunds[in.RefundID] = in
	_ = json.NewEncoder(w).Encode(map[string]string{"refund_id": in.RefundID, "status": "succeeded"})
}

// open lets a signed request in, with the lock held.
func (p *provider) open(w http.ResponseWriter, r *http.Request, into any) bool {
	body, _ := io.ReadAll(r.Body)
	if _, err := p.verifier.Verify(r.Header, body); err != nil {
		p.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			p.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
	}
	p.mu.Lock()
	if p.away {
		p.mu.Unlock()
		w.WriteHeader(http.StatusServiceUnavailable)
		return false
	}
	return true
}

// withProvider starts an installation of each kind that has a provider's API.
var withProvider = map[string]func(t *testing.T) (*stage, *provider){
	"embedded": func(t *testing.T) (*stage, *provider) {
		p := newProvider(t)
		s := onData(t)
		s.env = append(s.env, p.env()...)
		s.webs = []*process{start(t, s.env, "serve")}
		s.awaitReady()
		return s, p
	},
	"external": func(t *testing.T) (*stage, *provider) {
		p := newProvider(t)
		s := onServices(t)
		s.env = append(s.env, p.env()...)
		s.launch(1, 1)
		return s, p
	},
}

func (p *provider) askedAbout(paymentID string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[paymentID]
}

// begun is an order whose buyer has gone to pay. On a slow machine a hold can end
// before that; then he buys again.
func (s sale) begun(buyer string) (token, order, paymentID string) {
	s.t.Helper()
	token = buyerToken(buyer)
	tries := 0
	testkit.Eventually(s.t, func() bool {
		tries++
		a := s.insist(0, token, fmt.Sprintf("key-%d", tries), "phone-1")
		if a.HTTP != 200 && a.HTTP != 202 {
			return false
		}
		order = a.OrderID
		p := s.persistently("POST", "/api/v1/orders/"+order+"/pay", token, nil)
		paymentID = p.PaymentID
		return p.HTTP == 200
	}, buyer+" has gone to pay")
	return token, order, paymentID
}

// lapsed is an order whose hold has ended although its buyer had gone to pay.
func (s sale) lapsed(buyer string) (token, order, paymentID string) {
	s.t.Helper()
	token, order, paymentID = s.begun(buyer)
	testkit.Eventually(s.t, func() bool { return s.isStatus(told{buyer, order}, "expired") }, "the hold has ended")
	return token, order, paymentID
}

func TestALatePaymentTakesAUnitThatIsStillThere(t *testing.T) {
	t.Parallel()
	for name, make := range withProvider {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage, p := make(t)
			s := stage.openSale(shortHold, item{"phone-1", 3, 1})
			token, order, paymentID := s.lapsed("alice")
			require.NotZero(t, p.askedAbout(paymentID), "the provider was asked before")
			testkit.Eventually(t, func() bool { return s.audit()["phone-1"].Available == 3 }, "the unit is back on sale")

			body := succeeded(paymentID, order, price)
			require.Equal(t, "applied", s.callback("evt-late", time.Now(), body).Result)
			require.Equal(t, "paid", s.order(token, order).Status)
			require.Equal(t, "duplicate", s.callback("evt-late", time.Now(), body).Result)
			it := s.auditOnceSold("phone-1", 1)
			require.EqualValues(t, 2, it.Available)
			s.historyAddsUp("phone-1", []told{{"alice", order}}, 1)
			require.Empty(t, p.refunded())
		})
	}
}

func TestALatePaymentForWhichNoUnitIsLeftIsReturned(t *testing.T) {
	t.Parallel()
	for name, make := range withProvider {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage, p := make(t)
			s := stage.openSale(shortHold, item{"phone-1", 1, 1})
			token, order, paymentID := s.lapsed("alice")
			s.buyAndPay("phone-1", 1) // the unit is another's

			p.setAway(true)
			a := s.callback("evt-late", time.Now(), succeeded(paymentID, order, price))
			require.Equal(t, "refund_due", a.Result, "%s", a.Body)
			a = s.order(token, order)
			require.Equal(t, "refund_due", a.Status)
			require.Contains(t, a.Reason, "paid_late")
			worker := append(stage.workers, stage.webs[0])[0]
			testkit.Eventually(t, func() bool {
				due, ok := worker.metric("seckill_refunds_due")
				return ok && due == 1
			}, "the metric shows it")
			testkit.Eventually(t, func() bool {
				_, out, _ := s.command("refunds", "list", "--url", s.url(0))
				return strings.Contains(out, paymentID) && strings.Contains(out, order) && strings.Contains(out, "503")
			}, "operators see why it does not go")
			require.Empty(t, p.refunded())

			p.setAway(false)
			code, out, errs := s.command("refunds", "retry", "--all", "--url", s.url(0))
			require.Zero(t, code, "%s", errs)
			require.Contains(t, out, "asked for again")
			testkit.Eventually(t, func() bool { return s.isStatus(told{"alice", order}, "refunded") }, "the money is back")
			refunds := p.refunded()
			require.Len(t, refunds, 1)
			for _, r := range refunds {
				require.Equal(t, paymentID, r.PaymentID)
				require.EqualValues(t, price, r.Amount)
			}
			code, out, _ = s.command("refunds", "list", "--url", s.url(0))
			require.Zero(t, code)
			require.Contains(t, out, "no refunds are due")
			it := s.auditOnceSold("phone-1", 1)
			require.Zero(t, it.Available)
		})
	}
}

func TestAPaymentWhoseCallbackIsLostIsFoundBeforeTheOrderExpires(t *testing.T) {
	t.Parallel()
	for name, make := range withProvider {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage, p := make(t)
			s := stage.openSale(shortHold, item{"phone-1", 1, 1})
			p.takeAll(stage)
			_, order, _ := s.begun("alice")
			testkit.Eventually(t, func() bool { return s.isStatus(told{"alice", order}, "paid") }, "the payment is found")
			it := s.auditOnceSold("phone-1", 1)
			require.Zero(t, it.Available)
			s.historyAddsUp("phone-1", []told{{"alice", order}}, 1)
		})
	}
}
