package payment_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

// Whatever is signed is an event: one to act upon, which can be written and read again
// as the same, one of a type that is not ours, or a malformed one.
func FuzzSignedBodies(f *testing.F) {
	for _, body := range []string{
		good, "", "null", "nonsense", `{"type":"payout.created","data":[1]}`, `{"type":"Payment.Failed","data":{}}`,
		strings.Replace(good, "CNY", "cny", 1), strings.Replace(good, "19900", "199.00", 1), strings.Replace(good, "T12", "t12", 1),
		strings.Replace(good, "19900", `19900,"amount":1`, 1), strings.Replace(good, "pay_1", "pay\xff", 1), strings.Repeat(`{"data":`, 200),
	} {
		f.Add([]byte(body))
	}
	provider, err := payment.NewStandard(payment.StandardConfig{Secrets: []string{present}, CheckoutURL: "/{payment_id}",
		Clock: func() time.Time { return now }})
	require.NoError(f, err)
	verify := func(t *testing.T, body []byte) seckill.PaymentEvent {
		t.Helper()
		h, err := payment.SignedHeader(present, eventID, now, body)
		require.NoError(t, err)
		e, err := provider.Verify(h, body)
		require.NoError(t, err)
		return e
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e := verify(t, body)
		require.Equal(t, []any{"standard", eventID, string(body)}, []any{e.Provider, e.ID, string(e.Body)})
		if e.Malformed != nil {
			require.Equal(t, seckill.CodeInvalidRequest, e.Malformed.Code)
			require.NotEmpty(t, e.Malformed.Detail)
			return
		}
		if ours := []seckill.PaymentEventType{seckill.PaymentSucceeded, seckill.PaymentFailed, seckill.RefundSucceeded, seckill.RefundFailed}; !slices.Contains(ours, e.Type) {
			require.Equal(t, seckill.PaymentEvent{Provider: e.Provider, ID: e.ID, Type: e.Type, Body: e.Body}, e, "of another type nothing is read")
			return
		}
		require.Positive(t, e.OrderID)
		require.NotEmpty(t, e.PaymentID)
		require.GreaterOrEqual(t, e.Amount, int64(0))
		require.Regexp(t, "^[A-Z]{3}$", e.Currency)
		again, err := payment.StandardBody(e)
		require.NoError(t, err)
		same := verify(t, again)
		require.Nil(t, same.Malformed, "%s", again)
		same.Body = e.Body
		require.Equal(t, e, same)
	})
}

// A request is believed only with a signature that the secret gives it.
func FuzzSignatureHeaders(f *testing.F) {
	h, err := payment.SignedHeader(present, eventID, now, []byte(good))
	require.NoError(f, err)
	right := h.Get(payment.HeaderSignature)
	at := strconv.FormatInt(now.Unix(), 10)
	for _, signature := range []string{right, "", "v1,", "v1," + right, "v2," + right, right + " " + right, right[:len(right)-1], strings.ToUpper(right), " " + right, right[:20] + "\r" + right[20:]} {
		f.Add(eventID, at, signature, []byte(good))
	}
	f.Add("", at, right, []byte(good))
	f.Add(eventID, "+"+at, right, []byte(good))
	f.Add(eventID, "-9223372036854775808", right, []byte(good))
	verifier, err := payment.NewVerifier([]string{former, present}, 0, func() time.Time { return now })
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		h := http.Header{payment.HeaderID: {id}, payment.HeaderTimestamp: {at}, payment.HeaderSignature: {signature}}
		got, err := verifier.Verify(h, body)
		if err != nil {
			require.Equal(t, seckill.CodeUnauthorized, seckill.CodeOf(err))
			require.Empty(t, got)
			return
		}
		require.Equal(t, id, got)
		seconds, err := strconv.ParseInt(at, 10, 64)
		require.NoError(t, err)
		require.LessOrEqual(t, now.Sub(time.Unix(seconds, 0)).Abs(), payment.DefaultTolerance)
		var fits []string
		for _, secret := range []string{former, present} {
			s, err := payment.Sign(secret, id, time.Unix(seconds, 0), body)
			require.NoError(t, err)
			fits = append(fits, s)
		}
		require.True(t, slices.ContainsFunc(strings.Split(signature, " "), func(s string) bool { return slices.Contains(fits, s) }), signature)
	})
}
