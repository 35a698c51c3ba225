package seckill

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What was admitted must come out of the message as it went in, whatever names and
// keys buyers have.
func TestAnEntryComesBackAsItWasWritten(t *testing.T) {
	buyers := rapid.StringMatching(`[!-~买🐉İ]([ -~买🐉]{0,14}[!-~买])?`).Filter(func(s string) bool { return ValidateBuyer(s) == nil })
	rapid.Check(t, func(t *rapid.T) {
		at := UnixMilli(rapid.Int64Range(1, 1<<42).Draw(t, "at"))
		e := OutboxEntry{SaleID: 7, ID: "1790000000000-3", Epoch: rapid.Int64Range(1, 9).Draw(t, "epoch"), At: at,
			Hold: time.Duration(rapid.Int64Range(1, 1<<40).Draw(t, "hold")) * time.Millisecond}
		var ticket int64
		for i := range rapid.IntRange(1, 4).Draw(t, "orders") {
			ticket += rapid.Int64Range(1, 2).Draw(t, "ticket") // orders that were lost have gaps
			o := Order{ID: ID(100 + i), SaleID: 7, Ticket: ticket, Buyer: buyers.Draw(t, "buyer"), Currency: "CNY", Status: OrderQueued,
				RequestKey: rapid.StringMatching(`[!-~]{0,12}`).Draw(t, "key"), CreatedAt: at, HoldUntil: at.Add(e.Hold)}
			for l := range rapid.IntRange(1, 3).Draw(t, "lines") {
				line := Line{SKU: "item-" + string(rune('a'+l)), Quantity: rapid.Int64Range(1, 99).Draw(t, "quantity"),
					Price: rapid.Int64Range(0, 1<<50).Draw(t, "price")}
				o.Lines, o.Amount = append(o.Lines, line), o.Amount+line.Quantity*line.Price
			}
			if i > 0 && rapid.Bool().Draw(t, "same goods") {
				o.Lines, o.Amount = e.Orders[i-1].Lines, e.Orders[i-1].Amount
			}
			e.Orders = append(e.Orders, o)
		}
		text, err := e.MarshalText()
		require.NoError(t, err)
		var back OutboxEntry
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, e, back)
	})
}

func TestATextThatIsNoEntryIsAnError(t *testing.T) {
	t.Parallel()
	const good = "7 1-0 1 1000 60000\n1 9 =k CNY a:1:5 b c\n+ z1 = \" d e"
	var e OutboxEntry
	require.NoError(t, e.UnmarshalText([]byte(good)))
	require.Equal(t, "b c", e.Orders[0].Buyer)
	require.Equal(t, "d e", e.Orders[1].Buyer)
	require.Equal(t, int64(2), e.Orders[1].Ticket)
	require.Equal(t, e.Orders[0].Lines, e.Orders[1].Lines)
	for _, change := range [][2]string{
		{"7 1-0", "x 1-0"}, {"7 1-0", "1-0"}, {" 60000", ""}, {"60000", "y"}, {"1 9", "z 9"}, {"1 9", "1 0"}, {"=k", "k"},
		{" =k", ""}, {"a:1:5", "a:1"}, {"a:1:5", "a:q:5"}, {"a:1:5", "a:1:p"}, {" b c", ""}, {"b c", "b c\n2"}, {"\n1 9 =k CNY a:1:5 b c", ""},
		{"z1", "Z1"}, {"z1", "0z1"}, {"z1", "1y2p0ij32e8e8"}, {"1 9", "+ 9"}, {`= " d`, `= "d`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		require.NotEqual(t, good, bad)
		require.Error(t, e.UnmarshalText([]byte(bad)), "%q", bad)
	}
	require.Error(t, e.UnmarshalText(nil))
}

// Whatever a queue or a stream holds, reading it ends in an entry or an error, and an
// entry comes back as it is.
func FuzzOutboxEntry(f *testing.F) {
	f.Add([]byte("7 1-0 1 1000 60000\n1 9 =k CNY a:1:5 b c\n+ z1 = \" d e"))
	f.Add([]byte("7 1-0 1 9223372036854775807 9223372036854775807\n9223372036854775807 9 = CNY a:9223372036854775807:9223372036854775807 b\n+ a = \" b"))
	f.Add([]byte("1 1-0 1 1000 10000000000000\n1 1 = CNY a:1:5 b")) // a hold of more than there can be
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var e, back OutboxEntry
		if e.UnmarshalText(text) != nil {
			return
		}
		again, err := e.MarshalText()
		require.NoError(t, err)
		require.NoError(t, back.UnmarshalText(again), "%q of %q", again, text)
		require.Equal(t, e, back)
	})
}
