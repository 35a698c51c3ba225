package payment

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seckill-go/seckill/seckill"
)

// maxCodeBytes bounds what of a provider's words reaches logs and operators.
const maxCodeBytes = 64

// parseState reads the answer about a payment as strictly as a callback.
func parseState(p seckill.Payment, body []byte) (State, error) {
	top, err := members(body)
	if err != nil {
		return State{}, err
	}
	s := State{Body: body}
	var paymentID string
	r := &reader{members: top}
	r.read("payment_id", &paymentID)
	r.read("order_id", &s.OrderID)
	r.read("status", &s.Status)
	r.read("amount", &s.Amount)
	r.read("currency", &s.Currency)
	if s.Status == StatusSucceeded {
		s.PaidAt = r.paidAt()
	}
	switch {
	case r.err != nil:
	case paymentID != p.ID:
		r.wrong("payment_id", "is not the one that was asked for")
	case !currencyCode(s.Currency):
		r.wrong("currency", "must be an ISO 4217 code of three capital letters")
	case s.Status != StatusOpen && s.Status != StatusSucceeded && s.Status != StatusFailed && s.Status != StatusRefunded:
		r.wrong("status", "must be open, succeeded, failed or refunded")
	}
	return s, r.err
}

// parseRefund reads the answer to a refund.
func parseRefund(refundID string, body []byte) (RefundState, error) {
	top, err := members(body)
	var id string
	var state RefundState
	r := &reader{members: top, err: err}
	r.read("refund_id", &id)
	r.read("status", &state)
	if r.err == nil && id != refundID {
		r.wrong("refund_id", "is not the one that was asked for")
	}
	if r.err != nil {
		return "", seckill.Unavailable(r.err, "the payment provider's answer is malformed")
	}
	switch state {
	case RefundDone, RefundPending:
		return state, nil
	case "failed":
		return "", seckill.Errorf(seckill.CodeConflict, "the payment provider says that the refund failed%s", withReason(top))
	}
	return "", seckill.Unavailable(fmt.Errorf("status %.64q", string(state)), "the payment provider's answer is malformed")
}

func withReason(answer map[string]jsontext.Value) string {
	var reason string
	if json.Unmarshal(answer["reason"], &reason, asProvidersWrite) != nil || !visible(reason, maxCodeBytes) {
		return ""
	}
	return ": " + reason
}

// problemCode is the "code" of an answer that is a problem, if it has a fit one.
func problemCode(body []byte) string {
	var problem struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(body, &problem, asProvidersWrite) != nil || !visible(problem.Code, maxCodeBytes) {
		return ""
	}
	return problem.Code
}
