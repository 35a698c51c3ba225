package gate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seckill-go/seckill/seckill"
)

func orderBody(o seckill.Order) string {
	return string(seckill.AppendBody(make([]byte, 0, 32+len(o.Buyer)+32*len(o.Lines)), o.Currency, o.Lines, o.Buyer))
}

func goods(r seckill.Request) string {
	return string(seckill.AppendGoods(make([]byte, 0, 16+32*len(r.Lines)), r.Currency, r.Lines))
}

func turnText(t seckill.Turn) string {
	b := strconv.AppendInt(make([]byte, 0, 32), t.Epoch, 10)
	return string(strconv.AppendInt(append(b, ' '), t.Number, 10))
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
	return string(seckill.AppendBody(append(b, ' '), o.Currency, o.Lines, o.Buyer))
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
	return o, o.ReadBody(part[3])
}
