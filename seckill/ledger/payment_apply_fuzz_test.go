package ledger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// Whatever a provider has signed, SQL can keep it, and finds it again.
func FuzzSignedEventsCanBeRecorded(f *testing.F) {
	f.Add("e1", "payment.succeeded", "p1", "CNY", int64(42), int64(19900), []byte("{}"), false)
	f.Add("", "", "", "", int64(0), int64(0), []byte(nil), true)
	f.Add(strings.Repeat("é", 100), " \x00 ", "\xff\x00 ", strings.Repeat("€", 9), int64(-1), int64(-1), []byte("\x00"), false)
	f.Fuzz(func(t *testing.T, id, kind, payment, currency string, order, amount int64, body []byte, malformed bool) {
		e := seckill.PaymentEvent{Provider: "standard", ID: id, Type: seckill.PaymentEventType(kind), PaymentID: payment,
			Currency: currency, OrderID: seckill.ID(order), Amount: amount, Body: body}
		if malformed {
			e.Malformed = seckill.Invalid("body", "is odd")
		}
		kept := recordable(e)
		require.Equal(t, kept, recordable(kept), "it stays as it is")
		for _, c := range []struct {
			text, was string
			most      int
		}{
			{kept.ID, id, maxEventIDBytes}, {string(kept.Type), kind, maxEventTypeBytes}, {kept.PaymentID, payment, maxProviderID},
		} {
			require.True(t, c.text == "" || validName(c.text, c.most), "%q", c.text)
			require.True(t, c.text == c.was || kept.Malformed != nil, "what is cut is raised")
		}
		require.LessOrEqual(t, len(kept.Currency), maxCurrencyBytes)
		aside := beside(kept)
		require.LessOrEqual(t, len(aside), maxProviderID)
		require.Equal(t, aside, strings.TrimRight(aside, " "))
		require.Equal(t, aside, beside(kept))
		require.NotEqual(t, kept.ID, aside)
		if kept.Malformed == nil {
			r := eventRow{Type: kind, PaymentID: payment, Currency: currency, OrderID: order, Amount: amount}
			require.True(t, r.says(kept))
			r.Amount++
			require.False(t, r.says(kept))
			require.LessOrEqual(t, len([]rune(legible(r.difference(kept), maxNoteBytes))), 200)
		}
	})
}
