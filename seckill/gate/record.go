package gate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seckill-go/seckill/seckill"
)

// An order body is what Redis keeps of an order beside its id, ticket and time:
//
//	<currency> <sku>:<quantity>:<price>,... <buyer>
//
// Only the buyer, who comes last, can contain spaces. Scripts read the lines and
// the buyer; prices pass through them as text, since Lua's numbers end at 2^53.
// The amount is the sum of the lines.
func orderBody(currency string, lines []seckill.Line, buyer string) string {
	return string(appendBody(make([]byte, 0, 32+len(buyer)+32*len(lines)), currency, lines, buyer))
}

func appendBody(b []byte, currency string, lines []seckill.Line, buyer string) []byte {
	b = append(appendGoods(b, currency, lines), ' ')
	return append(b, buyer...)
}

// goods are the part of a body that says what is bought.
func goods(currency string, lines []seckill.Line) string {
	return string(appendGoods(make([]byte, 0, 16+32*len(lines)), currency, lines))
}

func appendGoods(b []byte, currency string, lines []seckill.Line) []byte {
	b = append(b, currency...)
	for i, l := range lines {
		b = append(b, " ,"[min(i, 1)])
		b = append(b, l.SKU...)
		b = append(b, ':')
		b = strconv.AppendInt(b, l.Quantity, 10)
		b = append(b, ':')
		b = strconv.AppendInt(b, l.Price, 10)
	}
	return b
}

// readBody fills an order from its body.
func readBody(o *seckill.Order, body string) error {
	part := strings.SplitN(body, " ", 3)
	if len(part) != 3 {
		return fmt.Errorf("order body has %d parts", len(part))
	}
	o.Currency, o.Buyer = part[0], part[2]
	for text := range strings.SplitSeq(part[1], ",") {
		line, err := readLine(text)
		if err != nil {
			return err
		}
		o.Lines = append(o.Lines, line)
		o.Amount += line.Quantity * line.Price
	}
	return nil
}

func readLine(text string) (seckill.Line, error) {
	field := strings.Split(text, ":")
	if len(field) != 3 {
		return seckill.Line{}, fmt.Errorf("order line %q", text)
	}
	quantity, err := strconv.ParseInt(field[1], 10, 64)
	if err != nil {
		return seckill.Line{}, fmt.Errorf("quantity: %w", err)
	}
	price, err := strconv.ParseInt(field[2], 10, 64)
	if err != nil {
		return seckill.Line{}, fmt.Errorf("price: %w", err)
	}
	return seckill.Line{SKU: field[0], Quantity: quantity, Price: price}, nil
}

// The states of an order in Redis. One that was paid after it had ended may hold
// its units once more, and is released for good if it does not get them.
const (
	held            = "h"
	released        = "x"
	heldAgain       = "k"
	releasedForGood = "z"
)

// holds tells whether the units of an order with this value are not available.
func holds(value string) bool {
	return strings.HasPrefix(value, held+" ") || strings.HasPrefix(value, heldAgain+" ")
}

// orderValue is an order as the orders hash has it.
func orderValue(state string, o seckill.Order) string {
	b := append(make([]byte, 0, 128), state...)
	b = strconv.AppendInt(append(b, ' '), o.Ticket, 10)
	b = strconv.AppendInt(append(b, ' '), o.CreatedAt.UnixMilli(), 10)
	return string(appendBody(append(b, ' '), o.Currency, o.Lines, o.Buyer))
}

// readOrderValue is the way back, for an order that is held; its hold is left open.
func readOrderValue(value string) (o seckill.Order, err error) {
	part := strings.SplitN(value, " ", 4)
	if len(part) != 4 {
		return o, fmt.Errorf("order value has %d parts", len(part))
	}
	if o.Ticket, err = strconv.ParseInt(part[1], 10, 64); err != nil {
		return o, fmt.Errorf("ticket: %w", err)
	}
	at, err := strconv.ParseInt(part[2], 10, 64)
	if err != nil {
		return o, fmt.Errorf("time: %w", err)
	}
	o.CreatedAt = seckill.UnixMilli(at)
	return o, readBody(&o, part[3])
}
