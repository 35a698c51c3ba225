package seckill

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What an order is, in Redis and in the messages between admission and settlement:
//
//	body   <goods> <buyer>
//	goods  <currency> <sku>:<quantity>:<price>,...
//
// Only the buyer, who comes last, can contain spaces, and nothing a line feed.
// Redis's scripts read the lines and the buyer; prices pass through them as text,
// since Lua's numbers end at 2^53. The amount is the sum of the lines.

// AppendBody appends the body of an order.
func AppendBody(b []byte, currency string, lines []Line, buyer string) []byte {
	b = append(AppendGoods(b, currency, lines), ' ')
	return append(b, buyer...)
}

// AppendGoods appends the part of a body that says what is bought.
func AppendGoods(b []byte, currency string, lines []Line) []byte {
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

// ReadBody fills an order from its body.
func (o *Order) ReadBody(body string) error {
	currency, rest, _ := strings.Cut(body, " ")
	lines, buyer, whole := strings.Cut(rest, " ")
	if !whole {
		return errors.New("not the body of an order")
	}
	o.Currency, o.Buyer = currency, buyer
	o.Lines = make([]Line, 0, 1+strings.Count(lines, ","))
	for text := range strings.SplitSeq(lines, ",") {
		line, err := readLine(text)
		if err != nil {
			return err
		}
		o.Lines = append(o.Lines, line)
		o.Amount += line.Quantity * line.Price
	}
	return nil
}

func readLine(text string) (line Line, err error) {
	sku, rest, _ := strings.Cut(text, ":")
	quantity, price, whole := strings.Cut(rest, ":")
	if !whole {
		return Line{}, fmt.Errorf("order line %q", text)
	}
	line.SKU = sku
	if line.Quantity, err = strconv.ParseInt(quantity, 10, 64); err != nil {
		return Line{}, fmt.Errorf("quantity: %w", err)
	}
	if line.Price, err = strconv.ParseInt(price, 10, 64); err != nil {
		return Line{}, fmt.Errorf("price: %w", err)
	}
	return line, nil
}
