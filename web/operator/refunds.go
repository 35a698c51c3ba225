package operator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

// maxRefundRetry bounds how many ids one call may name.
const maxRefundRetry = 1_000

// refundBody is a payment whose money has to go back.
type refundBody struct {
	PaymentID string     `json:"payment_id"`
	Provider  string     `json:"provider"`
	OrderID   seckill.ID `json:"order_id"`
	Amount    int64      `json:"amount"`
	Currency  string     `json:"currency"`
	Since     string     `json:"since"`
	Attempts  int        `json:"attempts"`
	// NextTry is left out where nobody asks the provider any more.
	NextTry   string `json:"next_try_at,omitempty"`
	LastError string `json:"last_error,omitempty"`
}

func (s *API) refunds(c *gin.Context) {
	limit, ok := s.Limit(c)
	if !ok {
		return
	}
	after, err := parseRefundCursor(c.Query("cursor"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	refunds, err := s.cfg.Ledger.RefundsDue(c.Request.Context(), after, limit+1)
	if err != nil {
		s.Fail(c, err)
		return
	}
	next := ""
	if len(refunds) > limit {
		refunds = refunds[:limit]
		next = formatRefundCursor(refunds[limit-1].Cursor())
	}
	bodies := make([]refundBody, len(refunds))
	for i, r := range refunds {
		bodies[i] = refundBody{PaymentID: r.ID, Provider: r.Provider, OrderID: r.OrderID, Amount: r.Amount, Currency: r.Currency,
			Since: web.FormatTime(r.Since), Attempts: r.Attempts, NextTry: web.FormatTime(r.Next), LastError: r.LastError}
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Refunds    []refundBody `json:"refunds"`
		NextCursor string       `json:"next_cursor,omitempty"`
	}{bodies, next})
}

// retryRefunds lets the provider be asked again at once: for the payments
// that are named, or for all when there are no ids at all. An empty list is
// refused, since a script that found none does not mean all.
func (s *API) retryRefunds(c *gin.Context) {
	var in struct {
		IDs *[]string `json:"ids"`
	}
	if !s.ReadOptionalJSON(c, &in) {
		return
	}
	var ids []string
	if in.IDs != nil {
		ids = *in.IDs
		if len(ids) == 0 || len(ids) > maxRefundRetry {
			s.Fail(c, seckill.Invalid("ids", "must be 1 to %d ids; leave it out for all", maxRefundRetry))
			return
		}
	}
	n, err := s.cfg.Ledger.RetryRefunds(c.Request.Context(), ids...)
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Retried int64 `json:"retried"`
	}{n})
}

// A refund's cursor goes out as one word that means nothing to its reader.
type refundMark struct {
	Since     int64  `json:"s"` // unix ms
	Provider  string `json:"p"`
	PaymentID string `json:"i"`
}

func formatRefundCursor(c ledger.RefundCursor) string {
	b, _ := json.Marshal(refundMark{c.Since.UnixMilli(), c.Provider, c.PaymentID}) // it cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseRefundCursor(text string) (ledger.RefundCursor, error) {
	if text == "" {
		return ledger.RefundCursor{}, nil
	}
	var m refundMark
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, &m) != nil || m.Since < 0 || m.PaymentID == "" {
		return ledger.RefundCursor{}, seckill.Invalid("cursor", "is not one that a page before gave")
	}
	return ledger.RefundCursor{Since: time.UnixMilli(m.Since), Provider: m.Provider, PaymentID: m.PaymentID}, nil
}
