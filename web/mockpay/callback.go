package mockpay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

// maxAnswerBytes bounds what is read of the shop's answer.
const maxAnswerBytes = 64 << 10

// delivery is how one event got to the shop.
type delivery struct {
	Attempts int
	Status   int    // the last answer's; 0 when there was none
	Answer   string // result or code, as the shop gave it
}

// unheard tells whether the shop has said neither yes nor no.
func (d delivery) unheard() bool {
	return d.Status == 0 || d.Status == http.StatusTooManyRequests || d.Status >= 500
}

// tell sends an action's event as often as it says.
func (h *Handler) tell(ctx context.Context, a action, p seckill.Payment) ([]delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Wait)
	defer cancel()
	event := h.eventOf(a, p)
	body, err := payment.StandardBody(event)
	if err != nil {
		return nil, fmt.Errorf("callback of payment %s: %w", p.ID, err)
	}
	all := make([]delivery, 0, a.deliveries)
	for range a.deliveries {
		d, err := h.deliver(ctx, event.ID, body)
		if err != nil {
			return nil, fmt.Errorf("callback of payment %s: %w", p.ID, err)
		}
		h.cfg.Logger.Info("mock payment callback", "payment", p.ID, "event", event.ID, "type", event.Type,
			"attempts", d.Attempts, "status", d.Status, "answer", d.Answer)
		all = append(all, d)
	}
	return all, nil
}

// deliver sends one event until the shop says yes or no. An answer of 429 or
// 5xx, or none, means neither.
func (h *Handler) deliver(ctx context.Context, id string, body []byte) (delivery, error) {
	d := delivery{}
	for {
		d.Attempts++
		var err error
		d.Status, d.Answer, err = h.post(ctx, id, body)
		if err != nil {
			return d, err
		}
		if !d.unheard() || d.Attempts == h.cfg.Attempts || !h.pause(ctx, d.Attempts) {
			return d, nil
		}
	}
}

// pause waits before the attempt that follows the given one; false when there
// is no time left.
func (h *Handler) pause(ctx context.Context, attempt int) bool {
	wait := h.cfg.Backoff << min(attempt-1, 4)
	wait -= time.Duration(h.jitter() * float64(wait/2))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// post sends the callback once, signed anew: the timestamp is the attempt's.
// An error means that it could not be made at all; a shop that does not answer
// is status 0.
func (h *Handler) post(ctx context.Context, id string, body []byte) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.cfg.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if req.Header, err = payment.SignedHeader(h.cfg.Secret, id, h.cfg.Clock(), body); err != nil {
		return 0, "", err
	}
	resp, err := h.cfg.Client.Do(req)
	if err != nil {
		h.cfg.Logger.Warn("mock payment callback got no answer", "event", id, "error", err)
		return 0, "no answer", nil
	}
	defer func() { _ = resp.Body.Close() }()
	var said struct {
		Result string `json:"result"`
		Code   string `json:"code"`
	}
	if json.NewDecoder(io.LimitReader(resp.Body, maxAnswerBytes)).Decode(&said) != nil {
		return resp.StatusCode, http.StatusText(resp.StatusCode), nil
	}
	return resp.StatusCode, said.Result + said.Code, nil
}
