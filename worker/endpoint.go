package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

// maxEndpointBytes bounds what is read of an answer: nothing of it is used.
const maxEndpointBytes = 16 << 10

// EndpointConfig says where the shop takes its events.
type EndpointConfig struct {
	// URL is https, or http on this machine. Required.
	URL string
	// Secrets sign each try, one signature each: "whsec_" and the base64 of at least
	// 24 bytes. Required.
	Secrets []string
	// Timeout bounds one try, the reading of its answer included. Required.
	Timeout time.Duration
	// Concurrency is how many connections are kept. Required.
	Concurrency int
	// Clock stamps the tries. Default: the system's.
	Clock seckill.Clock
}

// Endpoint is the address at which the shop takes its events, by the rules of
// Standard Webhooks. Safe for use by many goroutines.
type Endpoint struct {
	cfg    EndpointConfig
	client *http.Client
}

// NewEndpoint checks the secrets and makes the client. It calls nobody yet.
func NewEndpoint(cfg EndpointConfig) (*Endpoint, error) {
	if cfg.Clock == nil {
		cfg.Clock = seckill.SystemClock
	}
	e := &Endpoint{cfg: cfg}
	if _, err := e.header("check", nil); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = cfg.Concurrency
	transport.MaxResponseHeaderBytes = maxEndpointBytes
	e.client = &http.Client{
		Timeout:   cfg.Timeout,
		Transport: transport,
		// Whoever answers elsewhere is not the endpoint.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return e, nil
}

// Answer is what the endpoint made of a try.
type Answer struct {
	// Status of HTTP; 0: there was no answer.
	Status int
	// Failure says why the endpoint does not have the event; empty: it has it.
	Failure string
	// RetryAfter is how long it asks to be left alone, maxLongPause at most.
	RetryAfter time.Duration
}

// outcome names the answer for those who count.
func (a Answer) outcome() string {
	switch {
	case a.Failure == "":
		return "delivered"
	case a.Status == 0:
		return "no_answer"
	}
	return strconv.Itoa(a.Status/100) + "xx"
}

// aboutEvent tells whether the endpoint refuses this one event. Any other failure
// is the endpoint's own and would meet the next event too.
func (a Answer) aboutEvent() bool {
	switch a.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// Deliver tries once. The event's id is the same in every try; the timestamp is the
// try's own.
func (e *Endpoint) Deliver(ctx context.Context, event ledger.Announcement) Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.cfg.URL, bytes.NewReader(event.Body))
	if err != nil {
		return Answer{Failure: "the address cannot be called"}
	}
	if req.Header, err = e.header(event.ID, event.Body); err != nil {
		return Answer{Failure: err.Error()}
	}
	req.Header.Set("User-Agent", "seckill-webhooks")
	resp, err := e.client.Do(req)
	if err != nil {
		return Answer{Failure: e.noAnswer(err)}
	}
	// A connection can be used again only when its answer was read.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxEndpointBytes))
	_ = resp.Body.Close()
	a := Answer{Status: resp.StatusCode}
	if a.Status/100 == 2 {
		return a
	}
	a.Failure = strings.TrimSpace(fmt.Sprintf("the endpoint answered %d %s", a.Status, http.StatusText(a.Status)))
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		a.RetryAfter = e.retryAfter(resp.Header.Get("Retry-After"))
	}
	return a
}

// noAnswer says why there was none. The client's own words begin with the whole
// address, which is nobody's business in a log.
func (e *Endpoint) noAnswer(err error) string {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		if inURL.Timeout() {
			return "the endpoint did not answer within " + e.cfg.Timeout.String()
		}
		err = inURL.Err
	}
	return "the endpoint did not answer: " + err.Error()
}

// header has one signature for each secret, so that the shop can change its own
// from one to the other whenever it likes.
func (e *Endpoint) header(id string, body []byte) (http.Header, error) {
	at := e.cfg.Clock()
	var signatures []string
	for i, secret := range e.cfg.Secrets {
		signature, err := payment.Sign(secret, id, at, body)
		if err != nil {
			return nil, fmt.Errorf("secret %d: %w", i+1, err)
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) == 0 {
		return nil, errors.New("a secret is required")
	}
	h, err := payment.SignedHeader(e.cfg.Secrets[0], id, at, body)
	if err == nil {
		h.Set(payment.HeaderSignature, strings.Join(signatures, " "))
	}
	return h, err
}

// retryAfter reads seconds or a date.
func (e *Endpoint) retryAfter(value string) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(value); err == nil {
		wait = time.Duration(min(max(seconds, 0), int(maxLongPause/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(e.cfg.Clock())
	}
	return min(max(wait, 0), maxLongPause)
}
