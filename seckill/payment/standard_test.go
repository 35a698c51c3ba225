package payment_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

const (
	present = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	former  = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	foreign = "whsec_cGxlYXNlIGRvbid0IHVzZSB0aGlzIGtleQ=="
	eventID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	good    = `{"type":"payment.succeeded","data":{"payment_id":"pay_1","order_id":"42","amount":19900,` +
		`"currency":"CNY","paid_at":"2026-11-21T12:00:00.123Z"}}`
)

var now = time.Date(2026, 11, 21, 12, 0, 5, 0, time.UTC)

func standard(t *testing.T) *payment.Standard {
	t.Helper()
	p, err := payment.NewStandard(payment.StandardConfig{
		Secrets:     []string{present, former},
		CheckoutURL: "https://pay.example/checkout?payment={payment_id}&order={order_id}",
		Clock:       func() time.Time { return now },
	})
	require.NoError(t, err)
	return p
}

// idAt is the id of an order that was made then.
func idAt(at time.Time) string {
	since := at.Sub(seckill.ID(0).Time()).Milliseconds()
	return seckill.ID(since << 22).String()
}

func signed(t *testing.T, secret, id string, at time.Time, body string) http.Header {
	t.Helper()
	h, err := payment.SignedHeader(secret, id, at, []byte(body))
	require.NoError(t, err)
	return h
}

func TestASignedCallbackIsRead(t *testing.T) {
	event, err := standard(t).Verify(signed(t, present, eventID, now, good), []byte(good))
	require.NoError(t, err)
	assert.Equal(t, seckill.PaymentEvent{
		Provider: "standard", ID: eventID, Type: seckill.PaymentSucceeded,
		PaymentID: "pay_1", OrderID: 42, Amount: 19900, Currency: "CNY",
		PaidAt: time.Date(2026, 11, 21, 12, 0, 0, 123e6, time.UTC),
		Body:   []byte(good),
	}, event)
}

func TestOnlyWhatIsSignedInItsTimeIsAccepted(t *testing.T) {
	const tolerance = 5 * time.Minute
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	signature := func(secret string, at time.Time) string {
		s, err := payment.Sign(secret, eventID, at, []byte(good))
		require.NoError(t, err)
		return s
	}
	mine := signature(present, now)

	cases := []struct {
		name   string
		secret string
		at     time.Time
		change func(http.Header)
		body   string
		ok     bool
	}{
		{name: "the present secret", ok: true},
		{name: "the former secret, while it is being changed", secret: former, ok: true},
		{name: "an unknown secret", secret: foreign},
		{name: "as old as is allowed", at: now.Add(-tolerance), ok: true},
		{name: "too old", at: now.Add(-tolerance - time.Second)},
		{name: "as early as is allowed", at: now.Add(tolerance), ok: true},
		{name: "from the future", at: now.Add(tolerance + time.Second)},
		{name: "an old signature under a new timestamp", at: now.Add(-time.Hour), change: set(payment.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))},
		{name: "another body", body: strings.Replace(good, "19900", "1", 1)},
		{name: "one byte more", body: good + " "},
		{name: "another id: a replay as a new event", change: set(payment.HeaderID, "msg_other")},
		{name: "no id", change: func(h http.Header) { h.Del(payment.HeaderID) }},
		{name: "no timestamp", change: func(h http.Header) { h.Del(payment.HeaderTimestamp) }},
		{name: "no signature", change: func(h http.Header) { h.Del(payment.HeaderSignature) }},
		{name: "empty signature", change: set(payment.HeaderSignature, "")},
		{name: "a version without a value", change: set(payment.HeaderSignature, "v1,")},
		{name: "cut short", change: set(payment.HeaderSignature, mine[:len(mine)-4])},
		{name: "without its version", change: set(payment.HeaderSignature, strings.TrimPrefix(mine, "v1,"))},
		{name: "of another version", change: set(payment.HeaderSignature, "v2"+strings.TrimPrefix(mine, "v1"))},
		{name: "not base64", change: set(payment.HeaderSignature, "v1,%%%")},
		{name: "among others", change: set(payment.HeaderSignature, "v1a,x "+signature(foreign, now)+" v2,y "+mine), ok: true},
		{name: "behind more than are looked at", change: set(payment.HeaderSignature, strings.Repeat(signature(foreign, now)+" ", 16)+mine)},
		{name: "id twice", change: func(h http.Header) { h.Add(payment.HeaderID, eventID) }},
		{name: "timestamp twice", change: func(h http.Header) { h.Add(payment.HeaderTimestamp, "1") }},
		{name: "signature twice", change: func(h http.Header) { h.Add(payment.HeaderSignature, "v1,x") }},
		{name: "timestamp with a sign", change: set(payment.HeaderTimestamp, "+"+strconv.FormatInt(now.Unix(), 10))},
		{name: "timestamp with a fraction", change: set(payment.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10)+".0")},
		{name: "timestamp in words", change: set(payment.HeaderTimestamp, now.Format(time.RFC3339))},
		{name: "timestamp beyond 64 bits", change: set(payment.HeaderTimestamp, "99999999999999999999")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			secret, at, body := c.secret, c.at, c.body
			if secret == "" {
				secret = present
			}
			if at.IsZero() {
				at = now
			}
			if body == "" {
				body = good
			}
			h := signed(t, secret, eventID, at, good)
			if c.change != nil {
				c.change(h)
			}
			event, err := standard(t).Verify(h, []byte(body))
			if c.ok {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, seckill.CodeUnauthorized, seckill.CodeOf(err), "%v", err)
			assert.Zero(t, event, "nothing of an unproven callback is handed on")
			for _, s := range []string{present, former} {
				assert.NotContains(t, err.Error(), strings.TrimPrefix(s, "whsec_"))
			}
		})
	}
}

func TestSignedBodiesThatAreMalformedAreEventsThatSaySo(t *testing.T) {
	put := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, replacement, 1)
	}
	cases := []struct{ name, body, field string }{
		{"empty", "", ""},
		{"not JSON", "paid!", ""},
		{"two values", good + good, ""},
		{"null", "null", ""},
		{"an array", "[" + good + "]", ""},
		{"no type", put(`"type":"payment.succeeded",`, ""), "type"},
		{"type in capitals", put(`"type"`, `"Type"`), "type"},
		{"type is a number", put(`"payment.succeeded"`, "1"), "type"},
		{"type is empty", put(`"payment.succeeded"`, `""`), "type"},
		{"no data", `{"type":"payment.succeeded"}`, "data"},
		{"data is null", `{"type":"payment.succeeded","data":null}`, "data"},
		{"data is a string", `{"type":"payment.succeeded","data":"x"}`, "data"},
		{"no payment", put(`"payment_id":"pay_1",`, ""), "data.payment_id"},
		{"payment is a number", put(`"pay_1"`, "1"), "data.payment_id"},
		{"payment is empty", put(`"pay_1"`, `""`), "data.payment_id"},
		{"payment is too long", put("pay_1", strings.Repeat("p", 129)), "data.payment_id"},
		{"payment has a space", put("pay_1", "pay 1"), "data.payment_id"},
		{"no order", put(`"order_id":"42",`, ""), "data.order_id"},
		{"order is a number", put(`"42"`, "42"), "data.order_id"},
		{"order is not an id", put(`"42"`, `"042"`), "data.order_id"},
		{"no amount", put(`"amount":19900,`, ""), "data.amount"},
		{"amount in capitals", put(`"amount"`, `"Amount"`), "data.amount"},
		{"amount is null", put("19900", "null"), "data.amount"},
		{"amount is a string", put("19900", `"19900"`), "data.amount"},
		{"amount in major units", put("19900", "199.00"), "data.amount"},
		{"amount with an exponent", put("19900", "199e2"), "data.amount"},
		{"amount beyond 64 bits", put("19900", "9223372036854775808"), "data.amount"},
		{"amount below zero", put("19900", "-1"), "data.amount"},
		{"no currency", put(`"currency":"CNY",`, ""), "data.currency"},
		{"currency in small letters", put("CNY", "cny"), "data.currency"},
		{"currency is a sign", put("CNY", "¥"), "data.currency"},
		{"no time", put(`,"paid_at":"2026-11-21T12:00:00.123Z"`, ""), "data.paid_at"},
		{"time is a number", put(`"2026-11-21T12:00:00.123Z"`, "1763726400"), "data.paid_at"},
		{"time without a zone", put("00.123Z", "00.123"), "data.paid_at"},
		{"time in small letters", put("T12:00:00.123Z", "t12:00:00.123z"), "data.paid_at"},
		{"amount twice", put("19900", `19900,"amount":1`), ""},
		{"data twice", put(`"data":`, `"data":{},"data":`), ""},
		{"a field of its own twice", put(`"CNY"`, `"CNY","fee":{"amount":1,"amount":2}`), ""},
		{"our type in other letters", put("payment.succeeded", "Payment.Succeeded"), "type"},
		{"nested without end", put("19900", strings.Repeat("[", 20_000)), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			event, err := standard(t).Verify(signed(t, present, eventID, now, c.body), []byte(c.body))
			require.NoError(t, err)
			e := event.Malformed
			require.NotNil(t, e)
			require.Equal(t, seckill.CodeInvalidRequest, e.Code)
			require.Equal(t, []any{"standard", eventID, c.body}, []any{event.Provider, event.ID, string(event.Body)})
			if c.field != "" {
				require.Len(t, e.Fields, 1)
				assert.Equal(t, c.field, e.Fields[0].Field)
			}
		})
	}
}

// An operator finds it with its order.
func TestOfAMalformedBodyIsReadWhatCanBe(t *testing.T) {
	body := strings.NewReplacer("CNY", "cny", "12:00", "noon").Replace(good)
	event, err := standard(t).Verify(signed(t, present, eventID, now, body), []byte(body))
	require.NoError(t, err)
	assert.Equal(t, "data.paid_at: must be a time as RFC 3339 writes it", event.Malformed.Detail)
	assert.Equal(t, seckill.PaymentEvent{Provider: "standard", ID: eventID, Type: seckill.PaymentSucceeded, PaymentID: "pay_1", OrderID: 42,
		Amount: 19900, Currency: "cny", Body: []byte(body), Malformed: event.Malformed}, event)
}

func TestEventIDsAreBounded(t *testing.T) {
	for id, ok := range map[string]bool{
		"1": true, strings.Repeat("m", 128): true, strings.Repeat("m", 129): false, "a b": false, "é": false,
	} {
		event, err := standard(t).Verify(signed(t, present, id, now, good), []byte(good))
		require.NoError(t, err, id)
		assert.Equal(t, ok, event.Malformed == nil, id)
		assert.Equal(t, id, event.ID)
	}
}

func TestWhatAProviderAddsIsLetBe(t *testing.T) {
	cases := map[string]struct {
		body string
		want seckill.PaymentEventType
	}{
		"a field above": {strings.Replace(good, "{", `{"timestamp":"2026-11-21T12:00:00Z",`, 1), seckill.PaymentSucceeded},
		"a field in data": {strings.Replace(good, `"data":{`, `"data":{"fee":{"amount":3},`, 1),
			seckill.PaymentSucceeded},
		"a failure has no time": {`{"type":"payment.failed","data":{"payment_id":"p","order_id":"42","amount":1,"currency":"CNY"}}`,
			seckill.PaymentFailed},
		"a clock that is a day ahead": {strings.Replace(good, "11-21T12:00:00", "11-22T12:00:04", 1), seckill.PaymentSucceeded},
		"a zone that is a day behind": {strings.NewReplacer(`"42"`, strconv.Quote(idAt(now)), "11-21T12:00:00", "11-20T12:00:06").Replace(good),
			seckill.PaymentSucceeded},
		"a type of its own": {`{"type":"payout.created","data":[1]}`, "payout.created"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			event, err := standard(t).Verify(signed(t, present, eventID, now, c.body), []byte(c.body))
			require.NoError(t, err)
			assert.Nil(t, event.Malformed)
			assert.Equal(t, c.want, event.Type)
			assert.Equal(t, eventID, event.ID)
		})
	}
}

func TestABodyComesBackAsItWasWritten(t *testing.T) {
	for _, kind := range []seckill.PaymentEventType{
		seckill.PaymentSucceeded, seckill.PaymentFailed, seckill.RefundSucceeded, seckill.RefundFailed,
	} {
		want := seckill.PaymentEvent{Provider: "standard", ID: eventID, Type: kind,
			PaymentID: "pay_9", OrderID: 7, Amount: 0, Currency: "JPY", PaidAt: now}
		body, err := payment.StandardBody(want)
		require.NoError(t, err)
		got, err := standard(t).Verify(signed(t, present, eventID, now, string(body)), body)
		require.NoError(t, err)
		want.Body = body
		assert.Equal(t, want, got)
	}
}

// The specification's own library must read what we sign, and we what it signs.
func TestSignaturesAreThoseOfTheSpecification(t *testing.T) {
	s, err := payment.Sign(present, eventID, time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	require.NoError(t, err)
	assert.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", s, "the specification's example")

	theirs, err := webhooks.NewWebhook(present)
	require.NoError(t, err)
	require.NoError(t, theirs.VerifyIgnoringTimestamp([]byte(good), signed(t, present, eventID, now, good)))

	h := signed(t, present, eventID, now, good)
	s, err = theirs.Sign(eventID, now, []byte(good))
	require.NoError(t, err)
	h.Set(payment.HeaderSignature, s)
	_, err = standard(t).Verify(h, []byte(good))
	require.NoError(t, err)
}

func TestABadConfigIsNamed(t *testing.T) {
	short := "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 23))
	const url = "/mock-pay/{payment_id}"
	cases := []struct {
		name string
		cfg  payment.StandardConfig
		want string
	}{
		{"no secret", payment.StandardConfig{CheckoutURL: url}, "signing secret is required"},
		{"short secret", payment.StandardConfig{Secrets: []string{short}, CheckoutURL: url}, "signing secret 1"},
		{"secret without its prefix", payment.StandardConfig{Secrets: []string{present, strings.TrimPrefix(present, "whsec_")}, CheckoutURL: url}, "signing secret 2"},
		{"secret not base64", payment.StandardConfig{Secrets: []string{"whsec_" + strings.Repeat("!", 40)}, CheckoutURL: url}, "signing secret 1"},
		{"no address", payment.StandardConfig{Secrets: []string{present}}, "{payment_id}"},
		{"address without the payment", payment.StandardConfig{Secrets: []string{present}, CheckoutURL: "https://pay.example/"}, "{payment_id}"},
		{"script address", payment.StandardConfig{Secrets: []string{present}, CheckoutURL: "javascript:{payment_id}"}, "http"},
		{"address of nobody knows where", payment.StandardConfig{Secrets: []string{present}, CheckoutURL: "//pay.example/{payment_id}"}, "http"},
		{"unknown placeholder", payment.StandardConfig{Secrets: []string{present}, CheckoutURL: "/{payment_id}/{buyer}"}, "{buyer}"},
		{"endless tolerance", payment.StandardConfig{Secrets: []string{present}, CheckoutURL: url, Tolerance: 2 * time.Hour}, "tolerance"},
		{"tolerance below zero", payment.StandardConfig{Secrets: []string{present}, CheckoutURL: url, Tolerance: -time.Minute}, "tolerance"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := payment.NewStandard(c.cfg)
			require.ErrorContains(t, err, c.want)
			for _, s := range c.cfg.Secrets {
				assert.NotContains(t, err.Error(), strings.TrimPrefix(s, "whsec_"))
			}
		})
	}
}

func TestBuyersAreSentToTheirPayment(t *testing.T) {
	p := seckill.Payment{ID: "pay/1&x=1", OrderID: 42, Amount: 19900, Currency: "CNY"}
	for template, want := range map[string]string{
		"https://pay.example/checkout?payment={payment_id}&order={order_id}": "https://pay.example/checkout?payment=pay%2F1%26x%3D1&order=42",
		"/mock-pay/{payment_id}":                                "/mock-pay/pay%2F1%26x%3D1",
		"https://pay.example/{amount}{currency}?p={payment_id}": "https://pay.example/19900CNY?p=pay%2F1%26x%3D1",
	} {
		s, err := payment.NewStandard(payment.StandardConfig{Secrets: []string{present}, CheckoutURL: template})
		require.NoError(t, err)
		got, err := s.Create(context.Background(), p)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestMadeIDsAndSecretsAreFitForUse(t *testing.T) {
	assert.Regexp(t, `^pay_[0-9a-f]{32}$`, payment.NewPaymentID())
	assert.Regexp(t, `^evt_[0-9a-f]{32}$`, payment.NewEventID())
	assert.NotEqual(t, payment.NewPaymentID(), payment.NewPaymentID())
	_, err := payment.Sign(payment.NewSecret(), eventID, now, nil)
	assert.NoError(t, err)
	_, err = payment.Sign("whsec_short", eventID, now, nil)
	assert.ErrorIs(t, err, payment.ErrSecret)
}
