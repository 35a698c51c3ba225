package payment

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seckill-go/seckill/seckill"
)

const (
	maxTypeBytes      = 64
	maxPaymentIDBytes = 128
)

// asProvidersWrite is lenient where a field may be one that we do not know.
var asProvidersWrite = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// parseStandard reads the body of a callback: the known fields strictly, each
// of its own JSON type; fields that it does not know are let be, since
// providers add some. Names count as they are written.
func parseStandard(body []byte) (seckill.PaymentEvent, error) {
	var e seckill.PaymentEvent
	top, err := members(body)
	if err != nil {
		return e, &seckill.Error{Code: seckill.CodeInvalidRequest, Detail: "the body must be one JSON object", Cause: err}
	}
	r := &reader{members: top}
	r.read("type", &e.Type)
	if r.err == nil && !visible(string(e.Type), maxTypeBytes) {
		r.wrong("type", "must be 1 to %d visible ASCII characters", maxTypeBytes)
	}
	if r.err != nil || !known(e.Type) {
		return e, r.err
	}
	data, err := members(top["data"])
	if err != nil {
		return e, seckill.Invalid("data", "must be a JSON object")
	}
	err = readData(&reader{members: data, prefix: "data."}, &e)
	return e, err
}

func readData(r *reader, e *seckill.PaymentEvent) error {
	r.read("payment_id", &e.PaymentID)
	r.read("order_id", &e.OrderID)
	r.read("amount", &e.Amount)
	r.read("currency", &e.Currency)
	// Only money that came has a time at which it came.
	if _, given := r.members["paid_at"]; given || e.Type == seckill.PaymentSucceeded {
		r.read("paid_at", &e.PaidAt)
		e.PaidAt = e.PaidAt.UTC().Truncate(time.Millisecond)
	}
	switch {
	case r.err != nil:
	case !visible(e.PaymentID, maxPaymentIDBytes):
		r.wrong("payment_id", "must be 1 to %d visible ASCII characters", maxPaymentIDBytes)
	case e.Amount < 0:
		r.wrong("amount", "must not be negative")
	case !currencyCode(e.Currency):
		r.wrong("currency", "must be an ISO 4217 code of three capital letters")
	}
	return r.err
}

// reader reads members of one JSON object until the first that is wrong.
type reader struct {
	members map[string]jsontext.Value
	prefix  string
	err     error
}

func (r *reader) read(name string, into any) {
	if r.err != nil {
		return
	}
	raw, ok := r.members[name]
	if !ok || string(raw) == "null" {
		r.wrong(name, "is required")
		return
	}
	if err := json.Unmarshal(raw, into, asProvidersWrite); err != nil {
		r.wrong(name, "%s", mustBe(into))
	}
}

func (r *reader) wrong(name, format string, args ...any) {
	r.err = seckill.Invalid(r.prefix+name, format, args...)
}

func mustBe(into any) string {
	switch into.(type) {
	case *int64:
		return "must be an integer, in minor units"
	case *time.Time:
		return "must be a time as RFC 3339 writes it"
	case *seckill.ID:
		return "must be an id as a string"
	default:
		return "must be a string"
	}
}

func members(object []byte) (map[string]jsontext.Value, error) {
	var m map[string]jsontext.Value
	if err := json.Unmarshal(object, &m, asProvidersWrite); err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("null is not an object")
	}
	return m, nil
}

func known(t seckill.PaymentEventType) bool {
	switch t {
	case seckill.PaymentSucceeded, seckill.PaymentFailed, seckill.RefundSucceeded, seckill.RefundFailed:
		return true
	}
	return false
}

func currencyCode(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

// StandardBody writes the body with which the provider tells of an event; the
// stand-in gateway and tests send it.
func StandardBody(e seckill.PaymentEvent) ([]byte, error) {
	type data struct {
		PaymentID string     `json:"payment_id"`
		OrderID   seckill.ID `json:"order_id"`
		Amount    int64      `json:"amount"`
		Currency  string     `json:"currency"`
		PaidAt    *time.Time `json:"paid_at,omitempty"`
	}
	d := data{PaymentID: e.PaymentID, OrderID: e.OrderID, Amount: e.Amount, Currency: e.Currency}
	if !e.PaidAt.IsZero() {
		at := e.PaidAt.UTC()
		d.PaidAt = &at
	}
	return json.Marshal(struct {
		Type seckill.PaymentEventType `json:"type"`
		Data data                     `json:"data"`
	}{e.Type, d})
}
