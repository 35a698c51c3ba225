package operator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// owing makes orders that are paid by a second payment, which has to go back.
func owing(s *webtest.Shop, n int) {
	s.T.Helper()
	sale := s.Open(webtest.Draft(int64(n), 5))
	for i := range n {
		buyer := fmt.Sprintf("buyer-%d", i)
		order := s.MustBuy(sale, buyer)
		s.Settle(sale)
		for _, id := range []string{fmt.Sprintf("first-%d", i), fmt.Sprintf("second-%d", i)} {
			body := webtest.PaymentBody("payment.succeeded", id, order, 19900, "CNY")
			s.Must(200, "POST", webtest.WebhookPath, body, webtest.Callback(s.T, "evt_"+id, body, time.Now())...)
		}
	}
}

func TestRefundsAreShownPageByPageAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	require.Empty(t, s.Must(200, "GET", "/api/v1/admin/refunds", nil, webtest.Admin).JSON["refunds"])
	owing(s, 3)
	require.NoError(t, s.Ledger.NoteRefund(t.Context(), "standard", "second-0", ledger.RefundTry{Failure: "the account is closed"}))
	require.NoError(t, s.Ledger.NoteRefund(t.Context(), "standard", "second-1", ledger.RefundTry{Failure: "down", Again: time.Hour}))

	byID := map[string]map[string]any{}
	pages := 0
	for cursor := ""; ; pages++ {
		a := s.Must(200, "GET", "/api/v1/admin/refunds?limit=1"+cursor, nil, webtest.Admin)
		for _, r := range a.JSON["refunds"].([]any) {
			refund := r.(map[string]any)
			byID[refund["payment_id"].(string)] = refund
		}
		next, more := a.JSON["next_cursor"].(string)
		if !more {
			break
		}
		cursor = "&cursor=" + next
	}
	require.Equal(t, 2, pages)
	require.Len(t, byID, 3)
	require.EqualValues(t, 19900, byID["second-0"]["amount"])
	require.EqualValues(t, 1, byID["second-0"]["attempts"])
	require.Equal(t, "the account is closed", byID["second-0"]["last_error"])
	require.NotContains(t, byID["second-0"], "next_try_at", "it waits for a person")
	require.Contains(t, byID["second-1"], "next_try_at")
	require.NotContains(t, byID["second-2"], "last_error")
	for _, query := range []string{"cursor=x", "cursor=e30", "limit=0", "limit=101", "cursor=7"} {
		require.Equal(t, "invalid_request", s.Must(400, "GET", "/api/v1/admin/refunds?"+query, nil, webtest.Admin).Code(), query)
	}

	const retry = "/api/v1/admin/refunds/retry"
	require.EqualValues(t, 1, s.Must(200, "POST", retry, `{"ids":["second-0","first-0"]}`, webtest.Admin).JSON["retried"])
	require.EqualValues(t, 3, s.Must(200, "POST", retry, nil, webtest.Admin).JSON["retried"])
	s.Must(400, "POST", retry, `{"ids":[]}`, webtest.Admin)
	s.Must(400, "POST", retry, `{"id":"second-0"}`, webtest.Admin)
	due, err := s.Ledger.RefundsToTry(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, due, 3)
}
