package web_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/ledger"
)

// owing makes orders that are paid by a second payment, which has to go back.
func (s *shop) owing(n int) {
	s.t.Helper()
	sale := s.open(draft(int64(n), 5))
	for i := range n {
		buyer := fmt.Sprintf("buyer-%d", i)
		order := s.mustBuy(sale, buyer)
		s.settle(sale)
		for _, id := range []string{fmt.Sprintf("first-%d", i), fmt.Sprintf("second-%d", i)} {
			body := paymentBody("payment.succeeded", id, order, 19900, "CNY")
			s.must(200, "POST", webhookPath, body, callback(s.t, "evt_"+id, body, time.Now())...)
		}
	}
}

func TestRefundsAreShownPageByPageAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	require.Empty(t, s.must(200, "GET", "/api/v1/admin/refunds", nil, admin).json["refunds"])
	s.owing(3)
	require.NoError(t, s.ledger.NoteRefund(t.Context(), "standard", "second-0", ledger.RefundTry{Failure: "the account is closed"}))
	require.NoError(t, s.ledger.NoteRefund(t.Context(), "standard", "second-1", ledger.RefundTry{Failure: "down", Again: time.Hour}))

	byID := map[string]map[string]any{}
	pages := 0
	for cursor := ""; ; pages++ {
		a := s.must(200, "GET", "/api/v1/admin/refunds?limit=1"+cursor, nil, admin)
		for _, r := range a.json["refunds"].([]any) {
			refund := r.(map[string]any)
			byID[refund["payment_id"].(string)] = refund
		}
		next, more := a.json["next_cursor"].(string)
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
		require.Equal(t, "invalid_request", s.must(400, "GET", "/api/v1/admin/refunds?"+query, nil, admin).code(), query)
	}

	const retry = "/api/v1/admin/refunds/retry"
	require.EqualValues(t, 1, s.must(200, "POST", retry, `{"ids":["second-0","first-0"]}`, admin).json["retried"])
	require.EqualValues(t, 3, s.must(200, "POST", retry, nil, admin).json["retried"])
	s.must(400, "POST", retry, `{"ids":[]}`, admin)
	s.must(400, "POST", retry, `{"id":"second-0"}`, admin)
	due, err := s.ledger.RefundsToTry(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, due, 3)
}
