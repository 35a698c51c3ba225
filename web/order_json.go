package web

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seckill-go/seckill/seckill"
)

// OrderJSON is an order as its buyer sees it. It is the answer of the hot path and
// costs an eighth there of what an encoder costs that looks at types.
func OrderJSON(o seckill.Order) json.RawMessage {
	return append(appendOrder(make([]byte, 0, 256+64*len(o.Lines)), o), '}')
}

// OrderJSONForOperator is an order as an operator sees it.
func OrderJSONForOperator(o seckill.Order) json.RawMessage {
	b := appendText(appendOrder(make([]byte, 0, 384+64*len(o.Lines)), o), `,"buyer":`, o.Buyer)
	if o.RequestKey != "" {
		b = appendText(b, `,"key":`, o.RequestKey)
	}
	return append(b, '}')
}

// appendOrder writes an order's object and leaves it open for more members.
func appendOrder(b []byte, o seckill.Order) []byte {
	b = append(append(append(b, `{"order_id":"`...), o.ID.String()...), '"')
	b = append(append(append(b, `,"sale_id":"`...), o.SaleID.String()...), '"')
	b = appendText(b, `,"status":`, string(o.Status))
	b = strconv.AppendInt(append(b, `,"ticket":`...), o.Ticket, 10)
	b = append(b, `,"lines":[`...)
	for i, l := range o.Lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, `{"sku":`, l.SKU)
		b = strconv.AppendInt(append(b, `,"quantity":`...), l.Quantity, 10)
		b = strconv.AppendInt(append(b, `,"price":`...), l.Price, 10)
		b = append(b, '}')
	}
	b = strconv.AppendInt(append(b, `],"amount":`...), o.Amount, 10)
	b = appendText(b, `,"currency":`, o.Currency)
	b = appendTime(append(b, `,"hold_until":`...), o.HoldUntil)
	b = appendTime(append(b, `,"created_at":`...), o.CreatedAt)
	if o.Reason != "" {
		b = appendText(b, `,"reason":`, o.Reason)
	}
	if failed := o.Standing().PaymentFailedAt; !failed.IsZero() {
		b = append(appendTime(append(b, `,"last_payment":{"status":"failed","at":`...), failed), '}')
	}
	return b
}

func appendText(b []byte, name, text string) []byte {
	b, _ = jsontext.AppendQuote(append(b, name...), text) // what is no UTF-8 is replaced
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	if !t.IsZero() {
		b = t.UTC().AppendFormat(b, timeFormat)
	}
	return append(b, '"')
}
