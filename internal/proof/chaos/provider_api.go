package chaos

import (
	"crypto/hmac"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// serve opens the provider's API, on which the service asks about payments and
// has money returned.
func (p *provider) serve() (err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /payments/{id}", p.signed(p.tell))
	mux.HandleFunc("POST /refunds", p.signed(p.refund))
	p.api = &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	p.url = "http://" + l.Addr().String()
	go func() { _ = p.api.Serve(l) }()
	return nil
}

// close ends the API and what the provider still had to tell.
func (p *provider) close() {
	if p.api != nil {
		p.api.Close()
	}
	p.late.Wait()
}

// signed lets in what the service signed, and is away now and then.
func (p *provider) signed(handle func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		seconds, parseErr := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
		want := sign(r.Header.Get("webhook-id"), time.Unix(seconds, 0), body)
		p.mu.Lock()
		p.asked++
		away := p.asked%5 == 0
		p.mu.Unlock()
		switch {
		case err != nil || parseErr != nil || !hmac.Equal([]byte(want), []byte(r.Header.Get("webhook-signature"))):
			reply(w, http.StatusUnauthorized, map[string]any{"code": "unauthorized"})
		case away:
			reply(w, http.StatusServiceUnavailable, map[string]any{"code": "unavailable"})
		default:
			handle(w, r, body)
		}
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// tell answers what became of a payment.
func (p *provider) tell(w http.ResponseWriter, r *http.Request, _ []byte) {
	id := r.PathValue("id")
	c, known := p.find(id)
	if !known || c.forged { // a forger's money was never there
		reply(w, http.StatusNotFound, map[string]any{"code": "not_found"})
		return
	}
	status := "succeeded"
	if p.refundsOf(id) > 0 {
		status = "refunded"
	}
	reply(w, http.StatusOK, map[string]any{"payment_id": id, "order_id": c.order, "status": status,
		"amount": c.amount, "currency": c.currency, "paid_at": c.at.UTC().Format(time.RFC3339)})
}

// refund returns money, once for each refund id; sometimes it takes its time and
// tells later.
func (p *provider) refund(w http.ResponseWriter, _ *http.Request, body []byte) {
	var in struct {
		RefundID  string `json:"refund_id"`
		PaymentID string `json:"payment_id"`
	}
	if json.Unmarshal(body, &in) != nil {
		reply(w, http.StatusBadRequest, map[string]any{"code": "invalid_request"})
		return
	}
	c, known := p.find(in.PaymentID)
	if !known || c.forged {
		reply(w, http.StatusConflict, map[string]any{"code": "no_such_payment"})
		return
	}
	p.mu.Lock()
	if p.refunds[in.PaymentID] == nil {
		p.refunds[in.PaymentID] = map[string]bool{}
	}
	first := !p.refunds[in.PaymentID][in.RefundID]
	p.refunds[in.PaymentID][in.RefundID] = true
	later := first && len(p.refunds)%2 == 0
	p.mu.Unlock()
	p.run.history.note("provider", c.order, "refund %s of %s", in.RefundID, in.PaymentID)
	if later {
		p.late.Go(func() { p.insist(300*time.Millisecond, "evt_"+in.RefundID, "refund.succeeded", c) })
		reply(w, http.StatusOK, map[string]any{"refund_id": in.RefundID, "status": "pending"})
		return
	}
	reply(w, http.StatusOK, map[string]any{"refund_id": in.RefundID, "status": "succeeded"})
}

func (p *provider) find(payment string) (charge, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.charges {
		if c.payment == payment {
			return c, true
		}
	}
	return charge{}, false
}

// refundsOf counts how often a payment's money was returned.
func (p *provider) refundsOf(payment string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.refunds[payment])
}

// returned counts the refunds of every payment.
func (p *provider) returned() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	for payment, refunds := range p.refunds {
		n[payment] = len(refunds)
	}
	return n
}
