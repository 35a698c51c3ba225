package worker

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

var shopEvent = ledger.Announcement{ID: "17:paid", Type: "order.paid", Body: []byte(`{"id":"17:paid"}`)}

// endpointAt is an endpoint whose shop answers as the handler does.
func endpointAt(t *testing.T, timeout time.Duration, secrets []string, shop http.HandlerFunc) *Endpoint {
	t.Helper()
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	e, err := NewEndpoint(EndpointConfig{URL: server.URL + "/hook", Secrets: secrets, Timeout: timeout, Concurrency: 2})
	require.NoError(t, err)
	return e
}

func TestTheShopCanVerifyAnEventWithTheOldSecretAndTheNew(t *testing.T) {
	t.Parallel()
	secrets := []string{payment.NewSecret(), payment.NewSecret()}
	var ids []string
	e := endpointAt(t, time.Minute, secrets, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for _, secret := range secrets {
			v, err := payment.NewVerifier([]string{secret}, 0, nil)
			require.NoError(t, err)
			id, err := v.Verify(r.Header, body)
			if err != nil {
				t.Error(err)
			}
			ids = append(ids, id)
		}
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		require.Equal(t, string(shopEvent.Body), string(body))
		w.WriteHeader(http.StatusAccepted)
	})
	for range 2 {
		require.Equal(t, Answer{Status: 202}, e.Deliver(t.Context(), shopEvent))
	}
	require.Equal(t, []string{"17:paid", "17:paid", "17:paid", "17:paid"}, ids, "another id in a repetition")
}

func TestAnAnswerThatIsNoYesSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat)
	for name, c := range map[string]struct {
		status     int
		retryAfter string
		outcome    string
		failure    string
		wait       time.Duration // at least, and a minute less than at most
	}{
		"redirect":          {status: 302, outcome: "3xx", failure: "the endpoint answered 302 Found"},
		"refused":           {status: 422, outcome: "4xx", failure: "the endpoint answered 422 Unprocessable Entity"},
		"no such status":    {status: 599, outcome: "5xx", failure: "the endpoint answered 599"},
		"busy":              {status: 429, retryAfter: "7", outcome: "4xx", failure: "429", wait: 7 * time.Second},
		"busy until":        {status: 503, retryAfter: soon, outcome: "5xx", failure: "503", wait: time.Minute},
		"busy for ever":     {status: 503, retryAfter: "99999999999", outcome: "5xx", failure: "503", wait: maxLongPause},
		"busy for a year":   {status: 503, retryAfter: "31536000", outcome: "5xx", failure: "503", wait: maxLongPause},
		"busy since before": {status: 503, retryAfter: "-5", outcome: "5xx", failure: "503"},
		"not about waiting": {status: 500, retryAfter: "7", outcome: "5xx", failure: "500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			e := endpointAt(t, time.Minute, []string{payment.NewSecret()}, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Retry-After", c.retryAfter)
				w.WriteHeader(c.status)
			})
			a := e.Deliver(t.Context(), shopEvent)
			require.Equal(t, c.outcome, a.outcome())
			require.Contains(t, a.Failure, c.failure)
			if c.wait > 0 || c.retryAfter == "" {
				require.GreaterOrEqual(t, a.RetryAfter, c.wait)
			}
			require.LessOrEqual(t, a.RetryAfter, min(c.wait+time.Minute, maxLongPause))
			require.EqualValues(t, 1, calls.Load(), "a redirect was followed")
		})
	}
}

func TestAShopThatDoesNotAnswerHoldsNothingUpForEver(t *testing.T) {
	t.Parallel()
	e := endpointAt(t, 50*time.Millisecond, []string{payment.NewSecret()}, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // else the server does not see the client leave
		<-r.Context().Done()
	})
	a := e.Deliver(t.Context(), shopEvent)
	require.Equal(t, "no_answer", a.outcome())
	require.Equal(t, "the endpoint did not answer within 50ms", a.Failure)
}

func TestAnAnswerWithoutEndIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	e := endpointAt(t, time.Minute, []string{payment.NewSecret()}, func(w http.ResponseWriter, r *http.Request) {
		block := []byte(strings.Repeat("x", 1<<10))
		for r.Context().Err() == nil {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.Empty(t, e.Deliver(ctx, shopEvent).Failure)
	require.NoError(t, ctx.Err())
}

func TestTheAddressOfTheShopIsInNoMessage(t *testing.T) {
	t.Parallel()
	e, err := NewEndpoint(EndpointConfig{URL: "http://127.0.0.1:1/hooks/a-secret-path", Secrets: []string{payment.NewSecret()}, Timeout: time.Minute, Concurrency: 1})
	require.NoError(t, err)
	a := e.Deliver(t.Context(), shopEvent)
	require.Contains(t, a.Failure, "did not answer: dial tcp")
	require.NotContains(t, a.Failure, "a-secret-path")

	for _, secrets := range [][]string{nil, {"hunter2"}} {
		_, err = NewEndpoint(EndpointConfig{URL: "http://127.0.0.1:1", Secrets: secrets})
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
