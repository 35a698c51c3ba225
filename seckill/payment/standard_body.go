package payment

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seckill-go/seckill/seckill"
)

const (
	maxTypeBytes      = 64
	maxPaymentIDBytes = 128
)

// asProvidersWrite is lenient where a field may be one that we do not know. A name that
// is there twice is refused: whoever else reads it may take the other value.
var asProvidersWrite = jsontext.AllowInvalidUTF8(true)

// parseStandard reads the body of a callback: the known fields strictly, each
// of its own JSON type; fields that it does not know are let be, since
// providers add some. Names count as they are written. Of a malformed body it
// reads what it can.
func parseStandard(body []byte) (e seckill.PaymentEvent) {
	top, err := members(body)
	if err != nil {
		e.Malformed = &seckill.Error{Code: seckill.CodeInvalidRequest, Detail: "the body must be one JSON object, and no name in it twice", Cause: err}
		return e
	}
	r := &reader{members: top}
	r.read("type", &e.Type)
	switch meant := asKnown(e.Type); {
	case !visible(string(e.Type), maxTypeBytes):
		r.wrong("type", "must be 1 to %d visible ASCII characters", maxTypeBytes)
	case meant == "":
		return e
	case e.Type != meant:
		r.wrong("type", "must be written %s", meant)
	}
	if data, err := members(top["data"]); err != nil {
		r.wrong("data", "must be a JSON object")
	} else {
		r.members, r.prefix = data, "data."
		readData(r, &e)
	}
	errors.As(r.err, &e.Malformed)
	return e
}

func readData(r *reader, e *seckill.PaymentEvent) {
	r.read("payment_id", &e.PaymentID)
	r.read("order_id", &e.OrderID)
	r.read("amount", &e.Amount)
	r.read("currency", &e.Currency)
	// Only money that came has a time at which it came.
	if _, given := r.members["paid_at"]; given || e.Type == seckill.PaymentSucceeded {
		e.PaidAt = r.paidAt()
	}
	if !visible(e.PaymentID, maxPaymentIDBytes) {
		r.wrong("payment_id", "must be 1 to %d visible ASCII characters", maxPaymentIDBytes)
	}
	if e.Amount < 0 {
		r.wrong("amount", "must not be negative")
	}
	if !currencyCode(e.Currency) {
		r.wrong("currency", "must be an ISO 4217 code of three capital letters")
	}
}

// reader reads members of one JSON object, all that can be read, and keeps the
// first thing that is wrong.
type reader struct {
	members map[string]jsontext.Value
	prefix  string
	err     error
}

func (r *reader) read(name string, into any) {
	raw, ok := r.members[name]
	if !ok || string(raw) == "null" {
		r.wrong(name, "is required")
		return
	}
	if err := json.Unmarshal(raw, into, asProvidersWrite); err != nil {
		r.wrong(name, "%s", mustBe(into))
	}
}

// paidAt reads when the money came.
func (r *reader) paidAt() (at time.Time) {
	r.read("paid_at", &at)
	return at.UTC().Truncate(time.Millisecond)
}

func (r *reader) wrong(name, format string, args ...any) {
	if r.err == nil {
		r.err = seckill.Invalid(r.prefix+name, format, args...)
	}
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

// asKnown gives the type of the contract that one means, though it may write it in
// other letters; empty for any that is not ours.
func asKnown(t seckill.PaymentEventType) seckill.PaymentEventType {
	for _, ours := range seckill.PaymentEventTypes {
		if strings.EqualFold(string(t), string(ours)) {
			return ours
		}
	}
	return ""
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
