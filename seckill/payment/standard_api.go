package payment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// defaultAPITimeout bounds one call, the reading of its answer included.
	defaultAPITimeout = 10 * time.Second
	// maxAnswerBytes bounds an answer.
	maxAnswerBytes = 64 << 10
)

// StandardAPIConfig says how the built-in provider's API is reached.
type StandardAPIConfig struct {
	// URL is the address under which /payments/{payment_id} and /refunds are,
	// without a slash at its end: https, or http on this machine. Required.
	URL string
	// Secret signs the requests, as it does the callbacks: "whsec_" and the base64
	// of at least 24 bytes. Required.
	Secret string
	// Timeout bounds one call. Default: 10 s.
	Timeout time.Duration
	// Clock stamps the requests. Default: the system's.
	Clock seckill.Clock
}

// StandardAPI is the built-in provider's API: it is asked about payments, and to
// return money. docs/payments.md has the contract. Safe for use by many
// goroutines.
type StandardAPI struct {
	cfg    StandardAPIConfig
	client *http.Client
}

var (
	_ Querier  = (*StandardAPI)(nil)
	_ Refunder = (*StandardAPI)(nil)
)

// NewStandardAPI checks the config and makes the client. It calls nobody yet.
func NewStandardAPI(cfg StandardAPIConfig) (*StandardAPI, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultAPITimeout
	}
	if cfg.Clock == nil {
		cfg.Clock = seckill.SystemClock
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("payment: the timeout of the API must not be negative")
	}
	if _, err := parseSecret(cfg.Secret); err != nil {
		return nil, fmt.Errorf("payment: signing secret: %w", err)
	}
	if err := checkAPIURL(cfg.URL); err != nil {
		return nil, fmt.Errorf("payment: address of the API: %w", err)
	}
	return &StandardAPI{cfg: cfg, client: &http.Client{
		Timeout: cfg.Timeout,
		// Whoever answers elsewhere is not the provider.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// checkAPIURL wants answers about money to be the provider's own.
func checkAPIURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("is not an address")
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
	if u.Host == "" || u.Scheme != "https" && !local {
		return errors.New("must be an https address, or http on this machine")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(address, "/") {
		return errors.New("must have no user, query or slash at its end")
	}
	return nil
}

// Close closes the connections that are idle.
func (a *StandardAPI) Close() { a.client.CloseIdleConnections() }

// Query implements Querier with GET {URL}/payments/{payment_id}.
func (a *StandardAPI) Query(ctx context.Context, p seckill.Payment) (State, error) {
	status, body, err := a.call(ctx, http.MethodGet, "/payments/"+url.PathEscape(p.ID), nil)
	if err != nil {
		return State{}, err
	}
	// An address that is wrong answers 404 too, so the provider has to say it.
	if status == http.StatusNotFound && problemCode(body) == string(seckill.CodeNotFound) {
		return State{Status: StatusUnknown, Body: body}, nil
	}
	if status != http.StatusOK {
		return State{}, refused(status, body)
	}
	s, err := parseState(p, body)
	if err != nil {
		return State{}, seckill.Unavailable(err, "the payment provider's answer is malformed")
	}
	return s, nil
}

// Refund implements Refunder with POST {URL}/refunds.
func (a *StandardAPI) Refund(ctx context.Context, p seckill.Payment, refundID, reason string) (RefundState, error) {
	body, err := json.Marshal(RefundRequest{RefundID: refundID, PaymentID: p.ID, OrderID: p.OrderID,
		Amount: p.Amount, Currency: p.Currency, Reason: reason})
	if err != nil {
		return "", fmt.Errorf("payment: refund %s: %w", refundID, err)
	}
	status, answer, err := a.call(ctx, http.MethodPost, "/refunds", body)
	if err != nil {
		return "", err
	}
	if status/100 != 2 {
		return "", refused(status, answer)
	}
	return parseRefund(refundID, answer)
}

// RefundRequest is the body of POST /refunds.
type RefundRequest struct {
	RefundID  string     `json:"refund_id"`
	PaymentID string     `json:"payment_id"`
	OrderID   seckill.ID `json:"order_id"`
	Amount    int64      `json:"amount"`
	Currency  string     `json:"currency"`
	Reason    string     `json:"reason"`
}

// call sends a signed request; an error means that there is no whole answer.
func (a *StandardAPI) call(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, a.cfg.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("payment: %w", err)
	}
	if req.Header, err = SignedHeader(a.cfg.Secret, "req_"+randomHex(16), a.cfg.Clock(), body); err != nil {
		return 0, nil, fmt.Errorf("payment: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if body == nil {
		req.Header.Del("Content-Type")
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return 0, nil, seckill.Unavailable(err, "the payment provider does not answer")
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	if err != nil {
		return 0, nil, seckill.Unavailable(err, "the payment provider broke off its answer")
	}
	if len(answer) > maxAnswerBytes {
		return 0, nil, seckill.Unavailable(nil, "the payment provider's answer is longer than %d bytes", maxAnswerBytes)
	}
	return resp.StatusCode, answer, nil
}

// refused is the error of an answer that is no yes. What asking again may change
// is unavailable, the rest a conflict.
func refused(status int, body []byte) error {
	code := problemCode(body)
	if code != "" {
		code = ", " + code
	}
	if status/100 == 5 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout {
		return seckill.Unavailable(nil, "the payment provider answered %d%s", status, code)
	}
	return seckill.Errorf(seckill.CodeConflict, "the payment provider refused with %d%s", status, code)
}
